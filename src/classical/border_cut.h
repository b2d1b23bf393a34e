#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/jobs/context.h"
#include "surface/surface_graph.h"

namespace maquette {

/// Moves the border of a set of nodes to the best one near it: short, along creases, and where the
/// surfaces of its two sides, carried on, are equally far (border_fit.h).
///
/// A minimum cut of the dual graph within a band on both sides of the border. The band is as wide
/// as the set's own size allows, and on fine meshes narrower, so that the cut stays quick.
///
/// @param creases  one per link, as creasesOf gives
/// @param in       nodes that stay in the set, wherever the border runs
/// @param out      nodes that stay out of it
/// @param set      N, 0 or 1, changed in place
void settleBorder(const SurfaceGraph& graph, const std::vector<float>& creases,
                  std::span<const std::uint32_t> in, std::span<const std::uint32_t> out,
                  std::vector<std::uint32_t>& set);

/// The same for every border between regions, the largest region first. None vanishes.
///
/// @param regions  N, changed in place
/// @throws Cancelled
void settleRegions(const SurfaceGraph& graph, const std::vector<float>& creases,
                   std::vector<std::uint32_t>& regions, const Context& ctx);

}  // namespace maquette
