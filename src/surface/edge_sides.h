#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// A side of a triangle, seen from its lower corner.
struct Side {
  std::uint32_t upper;
  std::uint32_t face;
  bool forward;  // the triangle runs from the lower to the upper corner
};

/// Sides grouped by their lower corner, then by the upper one: a counting sort, because a sort of
/// all sides would be the slowest step on a large mesh.
struct Sides {
  std::vector<std::uint32_t> first;  // V + 1
  std::vector<Side> sides;
};

/// @throws Cancelled
Sides sidesOf(const Mesh& mesh, const Context& ctx);

/// Calls visit(lower corner, sides of one edge) for every edge.
template <class Visit>
void forEachEdge(const Sides& sides, const Visit& visit) {
  for (std::uint32_t v = 0; v + 1 < sides.first.size(); ++v)
    for (std::uint32_t i = sides.first[v]; i < sides.first[v + 1];) {
      std::uint32_t end = i + 1;
      while (end < sides.first[v + 1] && sides.sides[end].upper == sides.sides[i].upper) ++end;
      visit(v, std::span(sides.sides).subspan(i, end - i));
      i = end;
    }
}

}  // namespace maquette
