#pragma once

#include <filesystem>

#include "neural/weights/mapped_file.h"
#include "neural/weights/weight_file.h"

namespace maquette {

/// Whether `content` could begin a safetensors file: a length, then a JSON object.
bool looksLikeSafetensors(std::span<const std::byte> content);

/// Finds the tensors of a safetensors file; their bytes stay where they are.
///
/// As strict as the format's own library: every byte behind the header belongs to exactly one
/// tensor.
///
/// @param file  for messages
/// @throws FileError  damaged, cut short, or with a type of number that Maquette does not know
WeightFile readSafetensors(const std::filesystem::path& file, const SharedBytes& content);

}  // namespace maquette
