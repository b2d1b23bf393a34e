#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "masks/regions.h"

namespace maquette {

/// How far two boxes are apart, the Euclidean norm over the axes.
enum class BoxDistance {
  gap,   ///< of the gaps between them: 0 where they touch
  span,  ///< of the larger span from one's beginning to the other's end: as published
};

/// Finds the nearest of many boxes; of equally near ones the smaller, then the earlier.
class BoxTree {
 public:
  /// @param boxes  have to stay where they are
  /// @param among  places in `boxes`, ascending, at least one
  BoxTree(std::span<const PlaceBox> boxes, std::vector<std::uint32_t> among, BoxDistance distance);

  /// The place in `boxes` of the one nearest to `from`.
  std::uint32_t nearest(const PlaceBox& from) const;

 private:
  /// Bounds of both corners of the boxes below.
  struct Node {
    PlaceBox least, most;
    std::uint32_t begin = 0, end = 0;  // of `among_`
    std::uint32_t right = 0;           // the left child follows its parent; 0: none
  };
  std::uint32_t build(std::uint32_t begin, std::uint32_t end);
  double atLeast(const Node& node, const PlaceBox& from) const;
  double distance(const PlaceBox& to, const PlaceBox& from) const;

  std::span<const PlaceBox> boxes_;
  std::vector<std::uint32_t> among_;
  BoxDistance distance_;
  std::vector<Node> nodes_;
};

}  // namespace maquette
