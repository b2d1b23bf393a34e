#pragma once

#include <array>
#include <vector>

#include "classical/view_alignment.h"
#include "core/geometry/mesh.h"
#include "core/image/colour.h"

namespace maquette {

/// The picture's colour at a place in pixels, bilinear; beyond the edge the edge goes on.
Rgb colourAt(const Image& picture, double x, double y);

/// A colour per vertex: each view paints what faces it, neighbours fade into each other. Where an
/// opposite view is missing, its twin paints that side too.
///
/// @param mesh      in the common frame of `views`, with normals
/// @param pictures  one per side in the order of kSides, their colours spread over the rim; null
///                  where there is none
std::vector<Rgb> paintFromViews(const Mesh& mesh, const AlignedViews& views,
                                const std::array<const Image*, 4>& pictures, const Context& ctx);

}  // namespace maquette
