#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "neural/nn/dinov2.h"

// How Hunyuan3D looks at pictures.
//
// Source: shape-generation specification 3.1, 3.3.

namespace maquette::neural {

/// A picture in [-1, 1] as DINOv2 wants it: resized (bilinear, antialiased), cut square,
/// normalised.
///
/// @param image  float [B, 3, H, W]
/// @param size   pixels along a side of the result
/// @param dtype  rounded to it before anything else, as the official program does
at::Tensor pixelsFor(const at::Tensor& image, std::int64_t size, c10::ScalarType dtype);

/// What is added to the tokens of view 0, 1, 2, 3 (front, left, back, right): float [4, C].
at::Tensor viewEmbedding(std::int64_t channels);

/// What the denoiser is told of one picture: [B, T, C], class token first.
at::Tensor lookAt(const Dinov2& model, const at::Tensor& image, std::int64_t size);

/// Of several views of one thing, side by side: [B, V * T, C].
///
/// @param images  float [B, V, 3, H, W], sorted by view
/// @param views   V numbers, < 4
at::Tensor lookAtViews(const Dinov2& model, const at::Tensor& images,
                       const std::vector<std::int64_t>& views, std::int64_t size);

}  // namespace maquette::neural
