#pragma once

#include <vector>

#include "core/jobs/context.h"
#include "solid/distance_band.h"
#include "solid/rank_mask.h"
#include "solid/shell.h"
#include "solid/voxel_grid.h"

namespace maquette {

/// Which grid nodes lie in the object.
struct Inside {
  std::vector<Material> material;  ///< one per node: kUndecided inside, kOutside outside
  RankMask wound;                  ///< nodes with a winding number kept; empty for a closed shell
  std::vector<float> winding;      ///< one per node of `wound`
  bool overlaps = false;           ///< a closed shell runs through itself or another
};

/// For a closed shell: crossings counted along grid rows, in exact integer arithmetic, so shells
/// that overlap themselves or each other are united. For a ragged one: where it winds more than
/// half around.
///
/// @param shell  in grid units
Inside insideNodes(const Shell& shell, const VoxelGrid& grid, const DistanceBand& band,
                   const Context& ctx);

}  // namespace maquette
