#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "classical/normal_fit.h"
#include "classical/sight.h"
#include "classical/superfaces.h"

namespace maquette {

/// A binary hierarchy of regions: leaves are superfaces, the root is everything.
struct MergeTree {
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  /// Joins of separate shells stand above every join within a shell.
  static constexpr float kShellHeight = 1e6f;

  struct Node {
    std::uint32_t parent = kNone;
    std::uint32_t left = kNone, right = kNone;  ///< kNone for a leaf
    std::uint32_t begin = 0, end = 0;           ///< the leaves below it, as a range of `place`
    float height = 0.f;                         ///< what the join cost; never below a child's
    float area = 0.f;                           ///< mm^2
    float perimeter = 0.f;                      ///< mm, shared with other regions
    float crease = 0.f;                         ///< mm of it, weighted by creases
    bool leaf() const { return left == kNone; }
  };
  std::vector<Node> nodes;           ///< 2K - 1; the first K are the superfaces, the last the root
  std::vector<std::uint32_t> place;  ///< K: superface -> its position in the order of leaves
  std::vector<std::uint32_t> order;  ///< K: position -> superface

  std::uint32_t root() const { return static_cast<std::uint32_t>(nodes.size() - 1); }
  std::uint32_t leaves() const { return static_cast<std::uint32_t>(place.size()); }
  bool contains(std::uint32_t node, std::uint32_t leaf) const {
    return place[leaf] >= nodes[node].begin && place[leaf] < nodes[node].end;
  }
};

/// Joins patches with RegionMerging; then the shells, nearest first.
///
/// @param fits     K: of the patches
/// @param shellOf  K: the shell of each patch
/// @throws Cancelled
MergeTree mergeTreeOf(const Superfaces& faces, const std::vector<NormalFit>& fits,
                      const Sight& sight, const std::vector<std::uint32_t>& shellOf,
                      const Context& ctx);

}  // namespace maquette
