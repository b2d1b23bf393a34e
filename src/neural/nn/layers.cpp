#include "neural/nn/layers.h"

#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/rms_norm.h>
#include <ATen/ops/rsqrt.h>

#include <string>
#include <utility>

namespace maquette::neural {

using at::Tensor;

Parameters inside(const Parameters& p, std::string_view layer) {
  return p.at(std::string(layer) + ".");
}

Linear::Linear(const Parameters& p, std::int64_t in, std::int64_t out, bool hasBias)
    : dtype(p.placement().dtype) {
  auto [full, kept] = p.takeMatrix("weight", {out, in});
  weight = std::move(full);
  rounded = std::move(kept);
  if (hasBias) bias = p.take("bias", {out});
}

Tensor Linear::operator()(const Tensor& x) const {
  if (rounded.defined()) return linearOf(x, rounded, bias);
  return at::linear(x, weight, bias.defined() ? std::optional<Tensor>(bias) : std::nullopt);
}

LayerNorm::LayerNorm(const Parameters& p, std::int64_t channels, double epsilon)
    : weight(p.take("weight", {channels})), bias(p.take("bias", {channels})), eps(epsilon) {}

Tensor LayerNorm::operator()(const Tensor& x) const {
  const std::int64_t channels = x.size(-1);
  if (!weight.defined()) return at::layer_norm(x, {channels}, {}, {}, eps);
  return at::layer_norm(x, {channels}, weight, bias, eps);
}

RmsNorm::RmsNorm(const Parameters& p, std::int64_t channels, Rounding rounded,
                 std::string_view name)
    : weight(p.take(name, {channels})), rounding(rounded) {}

Tensor RmsNorm::operator()(const Tensor& x) const {
  if (rounding == Rounding::once) return at::rms_norm(x, {x.size(-1)}, weight, eps);
  const Tensor wide = x.to(c10::kFloat);
  const Tensor scale = at::rsqrt(wide.square().mean(-1, true).add(eps));
  return wide.mul(scale).to(x.scalar_type()).mul(weight);
}

Tensor gelu(const Tensor& x, Gelu kind) {
  return at::gelu(x, kind == Gelu::tanh ? "tanh" : "none");
}

Mlp::Mlp(const Parameters& p, std::int64_t channels, std::int64_t inner, std::string_view upName,
         std::string_view downName, Gelu gelu)
    : up(inside(p, upName), channels, inner),
      down(inside(p, downName), inner, channels),
      kind(gelu) {}

Tensor Mlp::operator()(const Tensor& x) const { return down(gelu(up(x), kind)); }

}  // namespace maquette::neural
