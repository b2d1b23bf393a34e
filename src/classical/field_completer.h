#pragma once

#include <memory>

#include "core/models/interfaces.h"

namespace maquette {

/// Cuts a shape into solids with one labelled field on a voxel grid: the skin's labels spread
/// through the inside as harmonic functions, and the solids meet where two claims are equal.
///
/// Open, self-intersecting, inside-out and doubled surfaces are repaired first, and the result's
/// notes say so. Triangles without a label take their neighbours', a shell without any the nearest
/// part's.
std::unique_ptr<PartCompleter> makeFieldCompleter();

}  // namespace maquette
