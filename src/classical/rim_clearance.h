#pragma once

#include "classical/flat_mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// Moves points off the rim that lie so near to it that what is solved on the sheet would be
/// unsteady there; the depth goes steeply up from the rim, and would show it as ripples. The rim
/// stays, no triangle turns over.
///
/// @param cell  pixels between the lattice's nodes
void clearRim(FlatMesh& mesh, double cell, const Context& ctx);

}  // namespace maquette
