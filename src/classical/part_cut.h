#pragma once

#include <vector>

#include "classical/merge_tree.h"
#include "classical/superfaces.h"
#include "surface/surface_graph.h"

namespace maquette {

/// Cuts the hierarchy into regions, weakest joins kept.
///
/// @param parts  how many, at least 1; regions too small to be a part do not count and go to a
///               neighbour, unless there are not enough others. 0: as many as stand out
/// @return       K: region of each superface, numbered from 0
std::vector<std::uint32_t> cutInto(const MergeTree& tree, const Superfaces& faces, int parts);

/// As cutInto, at every join that might separate parts: more regions rather than fewer.
std::vector<std::uint32_t> cutFinely(const MergeTree& tree, const Superfaces& faces);

/// Moves borders between regions to nearby creases, smooths them, and gives islands to their
/// surroundings. Borders between patches of one region stay.
///
/// @param patches   N: patch of each node
/// @param regionOf  K: region of each patch, numbered from 0; none vanishes
/// @return          N: the patches after nodes have moved to patches of the neighbouring region
/// @throws Cancelled
std::vector<std::uint32_t> refined(const SurfaceGraph& graph, const std::vector<float>& creases,
                                   std::vector<std::uint32_t> patches,
                                   const std::vector<std::uint32_t>& regionOf, const Context& ctx);

}  // namespace maquette
