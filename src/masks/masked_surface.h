#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "masks/clean_surface.h"
#include "masks/face_links.h"
#include "masks/surface_samples.h"

namespace maquette {

/// A mesh as networks see it, and the way back to its triangles. Made once, then shared by whoever
/// samples it, clicks on it, and makes parts of it.
struct MaskedSurface {
  MeshPtr mesh;                        ///< as it was given
  std::uint64_t fingerprint = 0;       ///< of it
  Surface surface;                     ///< cleaned; at least one face, an area above 0
  FaceLinks links;                     ///< of the cleaned faces
  std::vector<double> areas;           ///< of the cleaned faces
  std::vector<std::uint32_t> cleanOf;  ///< triangle of `mesh` -> cleaned face; one that was dropped
                                       ///< has that of a neighbour
  std::vector<std::uint32_t> faceFrom;  ///< cleaned face -> triangle of `mesh`
};
using MaskedSurfacePtr = std::shared_ptr<const MaskedSurface>;  ///< once shared, never changed

/// Changes with any coordinate or index; colours and normals do not count. Kept in files of masks,
/// so it is for good, and not the faster one of weight files.
std::uint64_t fingerprintOf(const Mesh& mesh);

/// @throws InvalidInput  requireUsable fails, or the mesh has no area
/// @throws Cancelled
MaskedSurfacePtr maskedSurfaceOf(MeshPtr mesh, const Context& ctx);

}  // namespace maquette
