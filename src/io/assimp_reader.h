#pragma once

#include <filesystem>

#include "core/jobs/context.h"
#include "io/mesh_file.h"

namespace maquette {

/// Reads glTF, GLB, FBX and DAE, without any of Assimp's steps that drop, merge or reorder.
ReadResult readWithAssimp(const std::filesystem::path& file, const ReadOptions& options,
                          const Context& ctx);

}  // namespace maquette
