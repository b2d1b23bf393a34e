#pragma once

#include <filesystem>

#include "core/jobs/context.h"
#include "core/segmentation/segmentation.h"

namespace maquette {

/// Writes a mesh in the colours of its parts, triangles in their order; unassigned ones are grey.
///
/// .ply carries the colours on vertices (doubled along borders), .3mf one material per part on the
/// triangles of one object.
///
/// @throws FileError     names the cause; an existing file is as it was
/// @throws InvalidInput  not one label per triangle, or .3mf was asked for a mesh that is not
/// closed
/// @throws Unsupported   another extension
void writeLabelled(const std::filesystem::path& file, const Mesh& mesh,
                   const Segmentation& segmentation, const Context& ctx);

}  // namespace maquette
