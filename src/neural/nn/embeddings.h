#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "neural/nn/layers.h"

namespace maquette::neural {

/// The octaves of every coordinate: [x.., sin(x f0).. sin(x f7), sin(y f0).., cos in the same
/// order], f_k = 2^k, times pi if asked. Computed in the type of the points: products with powers
/// of two are exact.
///
/// @param points  [..., D]
/// @return        [..., D * (1 + 2 * octaves)]; 51 channels for three coordinates and 8 octaves
at::Tensor fourierFeatures(const at::Tensor& points, std::int64_t octaves = 8, bool withPi = false);

/// Waves of a time in [0, 1], sine first, periods up to 10000, in single precision: what the
/// networks with a time token are told.
///
/// @param t  [B]
/// @return   [B, channels]
at::Tensor timeWaves(const at::Tensor& t, std::int64_t channels);

/// Waves of 1000 t, cosine first, periods up to 1000 (not 10000: the weights were trained with this
/// slip), 256 channels: what the two-stream denoiser is told of the time and of the guidance.
/// 1000 t is evaluated in the type of t; frequencies and waves in single precision.
///
/// @param t  [B]
/// @return   [B, 256], in the type of t
at::Tensor scaledTimeWaves(const at::Tensor& t);

/// A token that says what time it is: two layers over timeWaves. Names: mlp.0, mlp.2.
struct TimeToken {
  Mlp mlp;
  std::int64_t channels = 0;

  TimeToken() = default;
  TimeToken(const Parameters& p, std::int64_t width);

  at::Tensor operator()(const at::Tensor& t) const;  // [B] -> [B, 1, C]
};

/// What a number means to the two-stream denoiser: two layers with SiLU over scaledTimeWaves.
/// Names: in_layer, out_layer.
struct NumberEmbedder {
  Linear in, out;

  NumberEmbedder() = default;
  NumberEmbedder(const Parameters& p, std::int64_t width);

  at::Tensor operator()(const at::Tensor& t) const;  // [B] -> [B, C]
};

}  // namespace maquette::neural
