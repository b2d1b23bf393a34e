#include "neural/nn/dinov2.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/upsample_bicubic2d.h>
#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "neural/nn/attention.h"

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr double kEps = 1e-6;

/// A convolution whose stride is its size is a product with the patch laid flat.
Linear patchInputOf(const Parameters& p, const Dinov2Config& config) {
  Linear linear;
  linear.weight = p.take("weight", {config.width, 3, config.patch, config.patch}).flatten(1);
  linear.bias = p.take("bias", {config.width});
  return linear;
}

}  // namespace

Dinov2Config Dinov2Config::of(const Parameters& p) {
  Dinov2Config config;
  config.width = p.size("embeddings.cls_token", 2);
  config.patch = p.size("embeddings.patch_embeddings.projection.weight", 2);
  config.grid = std::llround(std::sqrt(double(p.size("embeddings.position_embeddings", 1) - 1)));
  config.layers = std::int64_t(p.layers("encoder.layer"));
  config.gated = p.has("encoder.layer.0.mlp.weights_in.weight");
  config.inner = config.gated ? p.size("encoder.layer.0.mlp.weights_out.weight", 1)
                              : p.size("encoder.layer.0.mlp.fc1.weight", 0);
  config.heads = config.width / 64;
  return config;
}

Dinov2Layer::Dinov2Layer(const Parameters& p, const Dinov2Config& config)
    : norm1(inside(p, "norm1"), config.width, kEps),
      norm2(inside(p, "norm2"), config.width, kEps),
      query(inside(p, "attention.attention.query"), config.width, config.width),
      key(inside(p, "attention.attention.key"), config.width, config.width),
      value(inside(p, "attention.attention.value"), config.width, config.width),
      out(inside(p, "attention.output.dense"), config.width, config.width),
      up(inside(p, config.gated ? "mlp.weights_in" : "mlp.fc1"), config.width,
         config.gated ? 2 * config.inner : config.inner),
      down(inside(p, config.gated ? "mlp.weights_out" : "mlp.fc2"), config.inner, config.width),
      scale1(p.take("layer_scale1.lambda1", {config.width})),
      scale2(p.take("layer_scale2.lambda1", {config.width})),
      heads(config.heads),
      gated(config.gated) {}

Tensor Dinov2Layer::attention(const Tensor& x) const {
  return out(attend(
      {splitHeads(query(x), heads), splitHeads(key(x), heads), splitHeads(value(x), heads)}));
}

Tensor Dinov2Layer::feedForward(const Tensor& x) const {
  const Tensor wide = up(x);
  if (!gated) return down(gelu(wide));
  const auto halves = wide.chunk(2, -1);
  return down(at::silu(halves[0]).mul(halves[1]));
}

Tensor Dinov2Layer::operator()(Tensor x) const {
  x = x.add(attention(norm1(x)).mul(scale1));
  return x.add(feedForward(norm2(x)).mul(scale2));
}

Dinov2::Dinov2(const Parameters& p, const Dinov2Config& shape)
    : config(shape),
      classToken(p.take("embeddings.cls_token", {1, 1, shape.width})),
      positions(
          p.take("embeddings.position_embeddings", {1, 1 + shape.grid * shape.grid, shape.width})),
      patchInput(patchInputOf(inside(p, "embeddings.patch_embeddings.projection"), shape)),
      norm(inside(p, "layernorm"), shape.width, kEps) {
  p.ignore("embeddings.mask_token");  // of training
  for (std::int64_t i = 0; i < shape.layers; ++i)
    layers.emplace_back(p.at(fmt::format("encoder.layer.{}.", i)), shape);
}

Tensor Dinov2::patches(const Tensor& pixels) const {
  const std::int64_t size = config.patch, b = pixels.size(0), c = pixels.size(1);
  const std::int64_t rows = pixels.size(2) / size, columns = pixels.size(3) / size;
  const Tensor flat = pixels.view({b, c, rows, size, columns, size})
                          .permute({0, 2, 4, 1, 3, 5})  // [B, h, w, 3, 14, 14]
                          .reshape({b, rows * columns, c * size * size});
  return patchInput(flat);
}

Tensor Dinov2::positionsFor(std::int64_t rows, std::int64_t columns) const {
  if (rows == config.grid && columns == config.grid) return positions;
  const Tensor table = positions.narrow(1, 1, config.grid * config.grid)
                           .to(c10::kFloat)
                           .view({1, config.grid, config.grid, config.width})
                           .permute({0, 3, 1, 2})  // [1, C, 37, 37]
                           .contiguous();
  const Tensor stretched = at::upsample_bicubic2d(table, {rows, columns}, false)
                               .permute({0, 2, 3, 1})
                               .reshape({1, rows * columns, config.width})
                               .to(positions.scalar_type());
  return at::cat({positions.narrow(1, 0, 1), stretched}, 1);
}

Tensor Dinov2::embed(const Tensor& pixels) const {
  const Tensor places = positionsFor(pixels.size(2) / config.patch, pixels.size(3) / config.patch);
  const Tensor first = classToken.expand({pixels.size(0), 1, config.width});
  return at::cat({first, patches(pixels)}, 1).add(places);
}

Tensor Dinov2::operator()(const Tensor& pixels) const {
  Tensor x = embed(pixels);
  for (const Dinov2Layer& layer : layers) x = layer(x);
  return norm(x);
}

}  // namespace maquette::neural
