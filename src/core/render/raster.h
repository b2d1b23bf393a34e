#pragma once

#include <vector>

#include "core/geometry/mesh.h"
#include "core/image/image.h"
#include "core/jobs/context.h"

namespace maquette {

/// Where an orthographic camera stands.
struct OrthoView {
  Vec3 target;  ///< what it looks at; the centre of the picture
  float azimuthDegrees =
      0.f;  ///< 0 from the front (-Y), 90 from +X, 180 from the back, 270 from -X
  float elevationDegrees = 0.f;
  float heightMm = 100.f;  ///< what the picture's height covers
};

/// A view that shows all of these meshes with a margin (a fraction of the picture's height).
OrthoView framing(const std::vector<MeshPtr>& meshes, float azimuthDegrees, float elevationDegrees,
                  int width, int height, float margin = 0.08f);

/// Which pixels a mesh covers, by their centres: its silhouette. 0 or 255, no antialiasing.
Mask silhouetteOf(const Mesh& mesh, const OrthoView& view, int width, int height);

/// One mesh in a picture.
struct Drawn {
  MeshPtr mesh;
  Rgb colour;  ///< where the mesh has no colours of its own
  bool useVertexColours = true;
};

/// Draws meshes without a display or a GPU: z-buffer, smooth shading with creases kept, ambient
/// occlusion, antialiased, on a light background with a soft contact shadow below the lowest point.
Image drawPicture(const std::vector<Drawn>& meshes, const OrthoView& view, int width, int height,
                  const Context& ctx = {});

/// Where the key light of a picture comes from, along the camera's own axes; any length but 0.
struct KeyLight {
  float right = -0.62f, up = 0.85f, towardsEye = 0.75f;
};

/// The same over a picture of ours, whose size it takes; no ground, no shadow on it.
Image drawOver(const std::vector<Drawn>& meshes, const OrthoView& view, const Image& backdrop,
               const KeyLight& light = {}, const Context& ctx = {});

}  // namespace maquette
