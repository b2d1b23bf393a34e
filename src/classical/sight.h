#pragma once

#include <bitset>
#include <vector>

#include "classical/superfaces.h"
#include "surface/surface_graph.h"

namespace maquette {

/// Which places of a solid see each other through its inside. A convex part sees itself; a joint
/// hides most of one part from the other, however smooth it is (Asafi, Goren and Cohen-Or, "Weak
/// convex decomposition by lines-of-sight", 2013).
struct Sight {
  static constexpr std::size_t kMost = 512;
  using Flags = std::bitset<kMost>;
  std::vector<std::uint32_t> places;  ///< superfaces, spread evenly, at most kMost
  std::vector<Flags> seen;            ///< per place: which others it sees
};

/// @throws Cancelled
Sight sightOf(const SurfaceGraph& graph, const Superfaces& faces, const Context& ctx);

}  // namespace maquette
