#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// A mesh whose coincident corners became one vertex, and where each triangle came from.
struct Welded {
  Mesh mesh;                            ///< colours kept (first one wins), normals dropped
  std::vector<std::uint32_t> vertexOf;  ///< old vertex -> new vertex
  std::vector<std::uint32_t> faceFrom;  ///< new triangle -> old triangle
};

/// Joins vertices with exactly equal coordinates (-0 equals 0), the first one standing for all.
///
/// @param dropDegenerate  leave out triangles that then use a vertex twice; otherwise F stays
/// @throws Cancelled  ctx was asked to stop
Welded weld(const Mesh& mesh, bool dropDegenerate, const Context& ctx = {});

}  // namespace maquette
