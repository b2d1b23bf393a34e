#pragma once

#include <filesystem>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// Reads ASCII and binary PLY of either byte order: positions, vertex colours, polygons as fans.
///
/// Own code because Assimp 5.2 hangs or dies on damaged PLY files. Vertices at one place become
/// one; elements and properties of other names are passed over.
///
/// @param mmPerUnit  what the file's coordinates are multiplied with
/// @throws FileError  not PLY, truncated, or an index out of range
Mesh readPly(const std::filesystem::path& file, float mmPerUnit, const Context& ctx);

/// Writes binary little-endian PLY, with vertex colours where the mesh has them.
void writePly(const std::filesystem::path& file, const Mesh& mesh, const Context& ctx);

}  // namespace maquette
