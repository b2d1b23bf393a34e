#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// A mesh in an order of its own, with corners at the same place made one.
struct CanonicalSurface {
  Mesh mesh;                          ///< N triangles, none of which uses a corner twice (unless
                                      ///< all do: then one of them)
  std::vector<std::uint32_t> nodeOf;  ///< F: triangle of the original -> triangle of `mesh`
};

/// Welds exactly equal corners, then corners on open edges that differ by rounding, and numbers the
/// triangles along a Morton curve in the surface's own frame. The same surface gives the same
/// result in whatever order its triangles and corners come, and but for rounding in whatever pose
/// and size.
///
/// @throws Cancelled
CanonicalSurface canonicalSurfaceOf(const Mesh& mesh, const Context& ctx);

}  // namespace maquette
