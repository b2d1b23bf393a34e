#pragma once

#include <filesystem>
#include <span>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"
#include "io/mesh_file.h"

namespace maquette {

/// Reads the geometry of a Wavefront OBJ: v (with colours where it has them) and f.
///
/// Own code because a label belongs to a triangle by its number: general importers regroup faces
/// by material. Materials and texture files are not opened. Vertices at one place are joined
/// within an object ("o"), so that solids which touch stay apart.
Mesh readObj(const std::filesystem::path& file, float mmPerUnit, const Context& ctx);

/// One object a part; vertex colours as `v x y z r g b`.
///
/// @param paint  whether parts without colours of their own get their part's colour
void writeObj(const std::filesystem::path& file, std::span<const NamedPart> parts, bool paint,
              const Context& ctx);

}  // namespace maquette
