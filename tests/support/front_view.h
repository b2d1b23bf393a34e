#pragma once

#include "core/geometry/mesh.h"
#include "core/image/image.h"

namespace maquette::test {

/// What a mesh covers seen from -Y, drawn so that it is centred on the inside of `like` and as
/// long.
Mask frontSilhouette(const Mesh& mesh, const Mask& like);

}  // namespace maquette::test
