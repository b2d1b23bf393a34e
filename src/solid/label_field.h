#pragma once

#include <vector>

#include "core/jobs/context.h"
#include "solid/label_levels.h"
#include "solid/rank_mask.h"
#include "solid/voxel_grid.h"

namespace maquette {

/// An inside node beside the outside, and the part that the skin there belongs to.
struct SkinNode {
  std::size_t node = 0;
  Material part = 0;
};

/// Who owns the inside, and how clearly.
struct LabelField {
  std::vector<Material> material;  ///< one per node, kOutside or a part
  RankMask stored;                 ///< nodes near a cut
  std::vector<Claims> claims;      ///< one per stored node

  /// How much more `mine` than `other` owns a node, in [-1, 1].
  float lead(std::size_t node, Material mine, Material other) const {
    if (stored.contains(node)) {
      const Claims& c = claims[stored.rank(node)];
      return c.of(mine) - c.of(other);
    }
    return material[node] == mine ? 1.f : material[node] == other ? -1.f : 0.f;
  }
};

/// Shares out the inside among the parts: each part's claim is harmonic, 1 on its own skin and 0 on
/// the others', and the strongest claim wins. Solved coarse to fine; on the finest grid only near
/// the cuts.
///
/// @param material   kOutside or kUndecided per node
/// @param skin       every inside node with an outside neighbour among the 14 of the tetrahedra
/// @param smoothing  how far claims blend along the skin; 0 keeps the exact labels
LabelField shareOut(std::vector<Material> material, const VoxelGrid& grid,
                    const std::vector<SkinNode>& skin, float smoothing, const Context& ctx);

}  // namespace maquette
