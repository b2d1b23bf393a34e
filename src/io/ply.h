#pragma once

#include <filesystem>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// Writes binary little-endian PLY, with vertex colours where the mesh has them.
void writePly(const std::filesystem::path& file, const Mesh& mesh, const Context& ctx);

}  // namespace maquette
