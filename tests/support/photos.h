#pragma once

#include <cstdint>

#include "core/geometry/mesh.h"
#include "core/image/image.h"

namespace maquette::test {

/// A picture like a photograph, and what of it is the object.
struct Photo {
  Image picture;
  Mask truth;
};

/// A coloured object before a textured wall: lit from somewhere, its soft shadow beside it, a
/// little noise. The seed chooses texture, colours, light and shadow; same seed, same photo.
///
/// @param shape  of any size; drawn in the seed's colour unless it brings its own
Photo takePhoto(const MeshPtr& shape, std::uint32_t seed, int side = 640);

}  // namespace maquette::test
