#pragma once

#include <filesystem>

#include "core/jobs/context.h"

namespace maquette {

/// Refuses COLLADA that Assimp 5.2 must not see.
///
/// In a list of numbers, a character that belongs to none keeps its parser in place: it appends
/// numbers until all memory is used.
///
/// @throws FileError  not well-formed XML, or such a character in a list of numbers
void requireSafeCollada(const std::filesystem::path& file, const Context& ctx);

}  // namespace maquette
