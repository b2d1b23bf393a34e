#pragma once

#include <filesystem>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// Reads binary or ASCII STL, whichever it is; corners at one place become one vertex.
///
/// @param mmPerUnit  what the file's numbers are multiplied with
/// @return           triangles in the order of the file, degenerate ones included; unchecked
/// @throws FileError  truncated, or a header that promises what is not there
Mesh readStl(const std::filesystem::path& file, float mmPerUnit, const Context& ctx);

/// Writes binary STL: unit normals (zero for a triangle without area), a header that begins with
/// the program's name. Some readers take a header that begins with "solid" for ASCII.
void writeStl(const std::filesystem::path& file, const Mesh& mesh, const Context& ctx);

/// The bytes of writeStl into a file that somebody else commits.
class AtomicFile;
void writeStl(AtomicFile& file, const Mesh& mesh, const Context& ctx);

}  // namespace maquette
