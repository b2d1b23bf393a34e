#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"
#include "solid/rank_mask.h"
#include "solid/voxel_grid.h"

namespace maquette {

/// The unsigned distance to a surface, and the nearest triangle, at the grid nodes near it.
struct DistanceBand {
  struct Entry {
    float distance = 0.f;  ///< voxels
    std::uint32_t face = 0;
  };
  RankMask nodes;
  std::vector<Entry> entries;  ///< one per node of the mask

  const Entry* find(std::size_t node) const {
    return nodes.contains(node) ? &entries[nodes.rank(node)] : nullptr;
  }
};

/// @param mesh   in grid units
/// @param width  voxels
DistanceBand distanceBand(const Mesh& mesh, const VoxelGrid& grid, float width, const Context& ctx);

}  // namespace maquette
