#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>

#include "core/jobs/context.h"
#include "neural/segment/sonata.h"

// From the features of points and the place of a prompt to three masks and how good each is.
//
// Source: part-segmentation specification 3.

namespace maquette::neural {

struct MaskHeadsConfig {
  std::int64_t features = 512;
  std::int64_t firstInner = 512;   ///< of the layers that see features, point and prompt
  std::int64_t secondInner = 256;  ///< of those that also see logits and the whole

  static MaskHeadsConfig of(const Parameters& p);  ///< read off the weights
};

/// Three layers whose first is applied in pieces: what a point says, the same for all prompts; what
/// a prompt and the whole say, the same for all points; what the logits say. Their sum is the
/// layer.
struct PiecewiseLayers {
  ThreeLayers layers;
  at::Tensor whole, features, point, prompt, logits;  // columns of the first layer; some are none

  PiecewiseLayers() = default;

  /// @param wholeWidth, logitsWidth  0 where the layer does not see them
  PiecewiseLayers(const Parameters& p, std::int64_t wholeWidth, std::int64_t featureWidth,
                  std::int64_t logitsWidth, std::int64_t inner, std::int64_t out);

  at::Tensor ofPoints(const at::Tensor& f, const at::Tensor& places) const;  // [n, C]
  /// @param g  [K, wholeWidth], or none
  at::Tensor ofPrompts(const at::Tensor& prompts, const at::Tensor& g = {}) const;  // [K, C]
  /// @param z  [K, n, 3], or none
  at::Tensor operator()(const at::Tensor& points, const at::Tensor& prompts,
                        const at::Tensor& z = {}) const;  // [n, C], [K, C] -> [K, n, out]
};

/// What the points say in every layer: the same for all prompts on one mesh, so worth keeping while
/// there is room (2,816 numbers a point at the official size).
struct PointPieces {
  std::array<at::Tensor, 3> first, second;
  at::Tensor whole, quality;
};

/// What K prompts find among N points.
struct MaskAnswers {
  at::Tensor firstLogits;  // [K, N, 3]
  at::Tensor whole;        // [K, 256]
  at::Tensor logits;       // [K, N, 3]; a point is inside where its probability is above 0.5
  at::Tensor pooled;       // [K, 256]
  at::Tensor quality;      // [K, 3], in (0, 1)
};

struct MaskHeads {
  std::array<PiecewiseLayers, 3> first, second;
  PiecewiseLayers whole, quality;
  ThreeLayers qualityOut;

  MaskHeads(const Parameters& p, const MaskHeadsConfig& config);

  PointPieces pieces(const at::Tensor& features, const at::Tensor& places) const;

  /// The answers are those to the whole cloud, however it is chunked.
  ///
  /// @param features  [N, F]
  /// @param places    [N, 3], in the frame of the encoder's input
  /// @param prompts   [K, 3]
  /// @param chunk     so many points at a time
  /// @throws Cancelled  between two chunks
  MaskAnswers operator()(const at::Tensor& features, const at::Tensor& places,
                         const at::Tensor& prompts, std::int64_t chunk, const Context& ctx,
                         int iterations = 1) const;
};

}  // namespace maquette::neural
