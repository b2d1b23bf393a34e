#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/segmentation/mask_set.h"
#include "masks/part_cells.h"

namespace maquette {

/// One part becomes part of another.
struct PartMerge {
  std::uint32_t goes = 0, stays = 0;
  double strength = 0.;  ///< [0, 1], never more than that of the merge before; 0: they do not touch
};

/// In which order parts are joined until one is left: those first that touch and that masks show
/// together, and small ones before; then what does not touch, small ones first, to the nearest.
///
/// Together means the sum over masks of the smaller share that a mask covers of one of the two,
/// over the sum of the larger share, each by the mask's quality. Below a hundredth of the surface,
/// a part is joined as if it were shown together more often, by as much as it is smaller.
///
/// @throws Cancelled
std::vector<PartMerge> mergeOrder(const PartCells& cells, const MaskSet& masks, const Context& ctx);

}  // namespace maquette
