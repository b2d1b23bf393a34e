#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"
#include "masks/face_links.h"

// What a mesh is turned into before a network sees it.
//
// Source: part-segmentation specification 1.3. Everything is in double precision, rounded after
// every step, because the samples of the surface hang on the last bit.

namespace maquette {

using Place = std::array<double, 3>;  ///< x y z

/// Triangles in double precision.
struct Surface {
  std::vector<Place> vertices;  ///< V
  std::vector<Triangle> faces;  ///< F, three indices < V
};

Surface surfaceOf(const Mesh& mesh);

/// A surface without repeated and degenerate faces, its vertices welded, its faces turned alike.
struct CleanSurface {
  Surface surface;
  std::vector<std::uint32_t> faceFrom;  ///< F: face of the original, ascending
  std::vector<std::uint32_t> cleanOf;   ///< face of the original -> face; see standingFor()
  FaceLinks links;                      ///< of the faces
};

/// What stands between the first weld and the last one, for tests.
struct CleaningSteps {
  Surface welded;  ///< vertices with different texture coordinates are still apart
};

/// Welds, drops what is repeated or has no area, turns faces that run against their neighbours,
/// turns bodies that are inside out if the whole is closed, and welds once more by place alone.
///
/// Vertices are one where they agree to 1e-8 of the unit; the first one stands for all. A face that
/// uses a vertex twice, or is lower than 1e-8, is dropped.
///
/// @param original  finite coordinates below 9e10, indices in range
/// @param texture   empty, or two coordinates for every vertex: the first weld keeps those apart
///                  that differ by 1e-4
/// @param steps     receives what tests ask for; may be null
/// @return  perhaps no faces at all
/// @throws Cancelled
CleanSurface cleaned(const Surface& original, std::span<const std::array<double, 2>> texture,
                     const Context& ctx, CleaningSteps* steps = nullptr);

}  // namespace maquette
