#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "neural/nn/layers.h"

// DINOv2 without register tokens: what a picture looks like, one token for every 14 x 14 pixels.
//
// Source: shape-generation specification 3.2.

namespace maquette::neural {

struct Dinov2Config {
  std::int64_t width = 1024, layers = 24, heads = 16;
  std::int64_t inner = 4096;  ///< of the feed-forward part
  bool gated = false;         ///< SwiGLU instead of GELU
  std::int64_t grid = 37;     ///< patches along a side for which positions were learnt
  std::int64_t patch = 14;

  static Dinov2Config large() { return {}; }
  static Dinov2Config giant() { return {1536, 40, 24, 4096, true, 37, 14}; }

  /// Read off the weights. @param p  at the model: names "embeddings.", "encoder.", "layernorm."
  static Dinov2Config of(const Parameters& p);
};

struct Dinov2Layer {
  LayerNorm norm1, norm2;
  Linear query, key, value, out;
  Linear up, down;  // gated: up makes twice the inner width, the first half opens the second
  at::Tensor scale1, scale2;
  std::int64_t heads = 0;
  bool gated = false;

  Dinov2Layer(const Parameters& p, const Dinov2Config& config);

  at::Tensor attention(const at::Tensor& x) const;  // of a normed x
  at::Tensor feedForward(const at::Tensor& x) const;
  at::Tensor operator()(at::Tensor x) const;  // [B, T, C]
};

struct Dinov2 {
  Dinov2Config config;
  at::Tensor classToken, positions;  // [1, 1, C], [1, 1 + grid^2, C]
  Linear patchInput;                 // of 3 * 14 * 14 numbers
  std::vector<Dinov2Layer> layers;
  LayerNorm norm;

  Dinov2(const Parameters& p, const Dinov2Config& shape);

  /// @param pixels  normalised, [B, 3, h * 14, w * 14]
  at::Tensor patches(const at::Tensor& pixels) const;  // [B, h * w, C]

  /// What is added to say where a token is: the learnt table, stretched (bicubic, in single
  /// precision) where the grid is another one.
  at::Tensor positionsFor(std::int64_t rows, std::int64_t columns) const;  // [1, 1 + h * w, C]

  at::Tensor embed(const at::Tensor& pixels) const;       // [B, 1 + h * w, C]
  at::Tensor operator()(const at::Tensor& pixels) const;  // [B, 1 + h * w, C]
};

}  // namespace maquette::neural
