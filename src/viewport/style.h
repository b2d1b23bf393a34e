#pragma once

namespace maquette {

/// How the surface is painted.
enum class SurfaceStyle {
  parts,   ///< each part in its colour, the unassigned rest grey
  colour,  ///< the mesh's own colours, from the picture
  smooth,  ///< one clay grey, soft across gentle bends
  flat,    ///< one clay grey, every triangle as it is
};

}  // namespace maquette
