#pragma once

#include <cstdint>
#include <vector>

#include "classical/border_band.h"
#include "surface/surface_graph.h"

namespace maquette {

/// To which side of a border the triangles around it belong, judged by their place.
///
/// Each side's surface is carried on from where it is plain, away from the border, by quadric
/// height fields along the border; a triangle belongs to the side whose surface runs nearer to it.
/// That is the middle of a fillet and the bottom of a crease.
///
/// @param set   N flags
/// @param size  mm, the square root of the area of the set or of the rest, whichever is less
/// @param band  around the set's border
/// @return      one per node of the band: [-1, 1], how much it leans to being in the set
std::vector<float> leaningsOf(const SurfaceGraph& graph, const std::vector<std::uint32_t>& set,
                              float size, const BorderBand& band);

}  // namespace maquette
