#pragma once

#include <cstddef>

#include "core/geometry/mesh.h"
#include "core/geometry/topology.h"
#include "core/jobs/context.h"

namespace maquette {

/// Joins vertices of open edges that are nearer to each other than `apart`, the first one standing
/// for all: the neighbours of a mesh whose corners were rounded one by one do not quite meet.
/// Triangles may then use a vertex twice.
///
/// @return  how many vertices went into others
std::size_t joinNearCorners(Mesh& mesh, const EdgeTable& edges, float apart, const Context& ctx);

}  // namespace maquette
