#include "neural/nn/embeddings.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/exp.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/silu.h>

#include <cmath>
#include <numbers>

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr std::int64_t kScaledChannels = 256;

/// exp(-ln(period) k / count) for k < count, single precision, computed on the processor: other
/// devices round exp differently, and large arguments make one unit visible.
Tensor frequencies(double period, std::int64_t count, c10::Device device) {
  const Tensor k = at::arange(count, at::TensorOptions(c10::kFloat));
  return at::exp(k.mul(-std::log(period)).div(double(count))).to(device);
}

}  // namespace

Tensor fourierFeatures(const Tensor& points, std::int64_t octaves, bool withPi) {
  Tensor f = at::pow(2., at::arange(octaves, at::TensorOptions(c10::kFloat)));
  if (withPi) f = f.mul(std::numbers::pi);
  f = f.to(points.device(), points.scalar_type());
  const Tensor waves = points.unsqueeze(-1).mul(f).flatten(-2);  // [..., D * octaves]
  return at::cat({points, waves.sin(), waves.cos()}, -1);
}

Tensor timeWaves(const Tensor& t, std::int64_t channels) {
  const Tensor f = frequencies(10000., channels / 2, t.device());
  const Tensor angles = t.to(c10::kFloat).unsqueeze(-1).mul(f);  // [B, C/2]
  return at::cat({angles.sin(), angles.cos()}, -1);
}

Tensor scaledTimeWaves(const Tensor& t) {
  const Tensor scaled = t.mul(1000.);
  const Tensor f = frequencies(1000., kScaledChannels / 2, t.device());
  const Tensor angles = scaled.to(c10::kFloat).unsqueeze(-1).mul(f);  // [B, 128]
  return at::cat({angles.cos(), angles.sin()}, -1).to(t.scalar_type());
}

TimeToken::TimeToken(const Parameters& p, std::int64_t width)
    : mlp(inside(p, "mlp"), width, 4 * width, "0", "2"), channels(width) {}

Tensor TimeToken::operator()(const Tensor& t) const {
  const Tensor waves = timeWaves(t, channels).to(mlp.up.dtype);
  return mlp(waves).unsqueeze(1);
}

NumberEmbedder::NumberEmbedder(const Parameters& p, std::int64_t width)
    : in(inside(p, "in_layer"), kScaledChannels, width),
      out(inside(p, "out_layer"), width, width) {}

Tensor NumberEmbedder::operator()(const Tensor& t) const {
  const Tensor waves = scaledTimeWaves(t).to(in.dtype);
  return out(at::silu(in(waves)));
}

}  // namespace maquette::neural
