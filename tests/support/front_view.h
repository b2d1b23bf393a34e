#pragma once

#include "core/geometry/mesh.h"
#include "core/image/image.h"

namespace maquette::test {

/// What an orthographic camera sees of a mesh whose silhouette from there is said to be `like`:
/// the mesh's box is laid over the mask's.
///
/// @param azimuthDegrees  0 from the front (-Y), 90 from the right (+X), 180 back, 270 left
Mask silhouetteLike(const Mesh& mesh, const Mask& like, float azimuthDegrees);

inline Mask frontSilhouette(const Mesh& mesh, const Mask& like) {
  return silhouetteLike(mesh, like, 0.f);
}

}  // namespace maquette::test
