#pragma once

#include "classical/flat_mesh.h"
#include "classical/silhouette_grid.h"
#include "core/jobs/context.h"

namespace maquette {

/// Spaces the rim's points evenly along the outline, and moves points off the rim that lie too near
/// to it. The depth goes steeply up from the rim: the direction of a stub of rim, or what is solved
/// right beside it, would show as a ripple all around. No triangle turns over.
///
/// @param mesh  as `fillSilhouette` made it from this grid
void tidyRim(FlatMesh& mesh, const SilhouetteGrid& grid, const Context& ctx);

}  // namespace maquette
