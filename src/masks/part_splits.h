#pragma once

#include <cstdint>
#include <vector>

#include "core/segmentation/mask_set.h"
#include "masks/part_cells.h"

namespace maquette {

/// Cells of one part become a new one, numbered after those that are there.
struct PartSplit {
  std::uint32_t from = 0;
  std::vector<std::uint32_t> cells;
  double strength = 0.;  ///< [0, 1], never more than that of the split before
};

/// In which order parts are split by masks that lie mostly within one part and leave some of it: by
/// quality times the share of the mask that lies in the part.
///
/// @param most  splits, at most
/// @throws Cancelled
std::vector<PartSplit> splitOrder(const PartCells& cells, const MaskSet& masks, std::size_t most,
                                  const Context& ctx);

}  // namespace maquette
