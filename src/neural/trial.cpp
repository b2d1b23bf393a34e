#include "neural/trial.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cmath>
#include <vector>

#include "core/base/error.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr int kHeads = 8;

/// Numbers that look random and are the same everywhere, in double precision on the CPU.
Tensor wavy(at::IntArrayRef sizes, double scale, double pace) {
  std::int64_t count = 1;
  for (const std::int64_t size : sizes) count *= size;
  return at::arange(count, at::kDouble).mul(pace).sin().mul(scale).reshape(sizes);
}

struct Block {
  Tensor qkv, out;  // [3C, C], [C, C]
  Tensor up, down;  // [4C, C], [C, 4C]

  Block(std::int64_t c, int index) {
    const double scale = 1.4 / std::sqrt(double(c)), pace = 1.7 + 0.1 * index;
    qkv = wavy({3 * c, c}, scale, pace);
    out = wavy({c, c}, scale, pace + 0.013);
    up = wavy({4 * c, c}, scale, pace + 0.029);
    down = wavy({c, 4 * c}, scale / 2., pace + 0.041);
  }
  void to(const at::TensorOptions& options) {
    for (Tensor* weight : {&qkv, &out, &up, &down}) *weight = weight->to(options);
  }
  Tensor forward(Tensor x) const {  // x [N, C]
    const std::int64_t n = x.size(0), c = x.size(1);
    const Tensor heads = at::linear(at::layer_norm(x, {c}), qkv)
                             .view({n, 3, kHeads, c / kHeads})
                             .permute({1, 2, 0, 3})
                             .unsqueeze(1);  // [3, 1, H, N, C/H]
    const Tensor seen = at::scaled_dot_product_attention(heads[0], heads[1], heads[2]);
    x = x + at::linear(seen.squeeze(0).transpose(0, 1).reshape({n, c}), out);
    return x + at::linear(at::gelu(at::linear(at::layer_norm(x, {c}), up)), down);
  }
};

at::ScalarType typeOf(Precision precision) {
  switch (precision) {
    case Precision::f16:
      return at::kHalf;
    case Precision::bf16:
      return at::kBFloat16;
    case Precision::f32:
      break;
  }
  return at::kFloat;
}

Tensor forward(std::vector<Block> blocks, Tensor x, const at::TensorOptions& options,
               const Context& ctx, double& seconds) {
  for (Block& block : blocks) block.to(options);
  x = x.to(options);
  const auto begin = std::chrono::steady_clock::now();
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    ctx.report(float(i) / float(blocks.size()));
    x = blocks[i].forward(x);
  }
  x = x.to(at::TensorOptions(at::kDouble).device(at::kCPU));  // waits for the device, too
  seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return x;
}

}  // namespace

NeuralTrialResult runTrial(const NeuralTrial& trial, const Context& ctx) {
  if (trial.blocks < 1 || trial.tokens < 1 || trial.channels < kHeads || trial.channels % kHeads)
    throw InvalidInput("A trial has at least one block, one token and 8 channels per 8 heads.");
  const c10::InferenceMode inference;
  std::vector<Block> blocks;
  for (int i = 0; i < trial.blocks; ++i) blocks.emplace_back(trial.channels, i);
  const Tensor x = wavy({trial.tokens, trial.channels}, 1., 0.917);  // [N, C]
  NeuralTrialResult result;
  const auto options = at::TensorOptions(typeOf(trial.precision))
                           .device(trial.device == NeuralDevice::cuda ? at::kCUDA : at::kCPU);
  const Tensor y = forward(blocks, x, options, ctx.part(0.f, 0.5f), result.seconds);
  double unused = 0.;
  const Tensor exact =
      forward(blocks, x, at::TensorOptions(at::kDouble), ctx.part(0.5f, 1.f), unused);
  result.relativeError =
      (at::linalg_vector_norm(y - exact) / at::linalg_vector_norm(exact)).item<double>();
  return result;
}

}  // namespace maquette::neural
