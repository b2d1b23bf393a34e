#pragma once

#include <string>

#include "core/geometry/mesh.h"

namespace maquette {

/// Refuses a mesh that nobody could see.
///
/// @param what  its name in the message
/// @throws InvalidInput  every triangle is only a line or a point
void requireArea(const Mesh& mesh, const std::string& what);

/// Whether all of a mesh lies in one plane, so that it has no inside.
bool isFlat(const Mesh& mesh);

}  // namespace maquette
