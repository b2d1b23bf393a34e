#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/jobs/context.h"
#include "core/segmentation/mask_set.h"

// From overlapping masks to one label for every sample, on packed bits.
//
// Source: part-segmentation specification 4.1, steps A6 to A12.

namespace maquette {

/// Thresholds, as published.
struct MergeRules {
  double same = 0.9;       ///< masks whose IoU is above are one cluster
  int members = 3;         ///< that a cluster needs to count
  double sameBox = 0.5;    ///< a mask whose box has an IoU above with an earlier one's is dropped
  double uncovered = 0.7;  ///< a mask with more of it uncovered is taken after all
};

/// A rank is a mask's place by quality, from the best.
struct MergedMasks {
  std::vector<std::uint32_t> order;           ///< K: the mask of each rank
  std::vector<std::uint32_t> representative;  ///< K: the rank that stands for a rank's cluster
  std::vector<std::uint32_t> kept;            ///< ranks whose clusters count
  std::vector<std::uint32_t> unboxed;         ///< of those, the ones that no earlier box swallowed
  std::uint32_t uncovered = 0;                ///< samples in none of them
  std::vector<std::uint32_t> taken;           ///< those, then the ones taken after all
  std::vector<std::uint32_t> painted;         ///< the same by area, largest first
  std::vector<std::int32_t> labels;           ///< N: rank painted last, -1 where none was
};

/// @param masks  every quality is finite
/// @throws Cancelled
MergedMasks mergedMasks(const MaskSet& masks, const Context& ctx, const MergeRules& rules = {});

}  // namespace maquette
