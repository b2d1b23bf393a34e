#pragma once

#include <cstdint>
#include <vector>

#include "surface/surface_graph.h"

namespace maquette {

/// Makes borders between regions short and smooth without leaving creases.
///
/// Each region's indicator is diffused over a band around the borders, slowly across creases, and
/// every node goes to the region of which it then holds most: motion by mean curvature in the
/// manner of Merriman, Bence and Osher (1992). A node that changes sides takes a patch of its new
/// region.
///
/// @param creases   one per link, as creasesOf gives
/// @param regionOf  region of each patch
/// @param patches   N, changed in place
/// @throws Cancelled
void relaxBorders(const SurfaceGraph& graph, const std::vector<float>& creases,
                  const std::vector<std::uint32_t>& regionOf, std::vector<std::uint32_t>& patches,
                  const Context& ctx);

}  // namespace maquette
