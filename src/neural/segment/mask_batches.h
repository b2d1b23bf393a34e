#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "core/jobs/context.h"
#include "neural/nn/watch.h"
#include "neural/segment/mask_heads.h"

// Mask heads as a product needs them: answers as bits, in little memory, the same however the work
// is cut.

namespace maquette::neural {

/// What the heads see of a surface.
struct HeadPoints {
  at::Tensor cells;    // [M, F], features
  at::Tensor cellOf;   // int64 [N], the cell of each point
  at::Tensor places;   // [N, 3]
  PointPieces pieces;  ///< [N, ...] each, or none: then computed with every batch

  std::int64_t count() const { return cellOf.size(0); }
  bool kept() const { return pieces.whole.defined(); }
};

/// The answers to K prompts, three for each.
struct MaskBatch {
  std::int64_t words = 0;           ///< of a row
  std::vector<std::uint64_t> bits;  ///< 3 K rows: bit i of a row is point i; rest zero
  std::vector<float> quality;       ///< 3 K, in (0, 1)
};

/// Points are worked on in tiles of so many, always: what a tile comes to does not depend on what
/// else is computed.
inline constexpr std::int64_t kTile = 256;

/// Fills `points.pieces`. @throws Cancelled  between two tiles
void keepPieces(const MaskHeads& heads, HeadPoints& points, const Context& ctx);

/// On the processor the same bits for a prompt whatever its companions are, and whether pieces are
/// kept or not.
///
/// @param prompts  [K, 3], on the device of the points
/// @param pairs    of a prompt and a point at once, on a graphics card
/// @param watch    sees "whole" and "pooled", [K, C]
/// @throws Cancelled  between two tiles
MaskBatch askedAt(const MaskHeads& heads, const HeadPoints& points, const at::Tensor& prompts,
                  std::int64_t pairs, const Context& ctx, const Watch& watch = {});

}  // namespace maquette::neural
