#pragma once

#include <filesystem>

#include "core/segmentation/mask_set.h"

namespace maquette {

/// Masks as a safetensors file, so that every program that reads those reads them.
///
/// @throws FileError  it cannot be written; what was there before stays
void writeMasks(const std::filesystem::path& file, const MaskSet& masks);

/// @throws FileError  not readable, or not what writeMasks writes
MaskSet readMasks(const std::filesystem::path& file);

}  // namespace maquette
