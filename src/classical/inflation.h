#pragma once

#include <memory>

#include "core/models/interfaces.h"

namespace maquette {

/// A shape generator without learning: the front picture's silhouette, swollen to both sides.
///
/// The outline is filled with triangles, a soap film is stretched over them (lap u - k^2 u = -2,
/// u = 0 on the outline; the depth is sqrt u, so that a strip becomes a round tube), and the sheet
/// is doubled: front and back share exactly the outline's vertices. The result is closed,
/// manifold and oriented by construction; every piece of the silhouette is one shell, every hole
/// one handle. Same input, same result.
///
/// Uses SourceView::cutout where given, else cuts the object out by itself.
std::unique_ptr<ShapeGenerator> makeInflationGenerator();

}  // namespace maquette
