#pragma once

#include <filesystem>

#include "core/segmentation/mask_set.h"
#include "neural/weights/mapped_file.h"

namespace maquette {

/// Masks as a safetensors file, so that every program that reads those reads them.
///
/// Tensors "faces" I32 [N], "places" F64 [N, 3], "quality" F32 [K], "prompts" I32 [K] and "bits" U8
/// [K, 8 words()], bit i of byte i / 8 is sample i; metadata "format" (maquette-masks), "version",
/// "model", "seed", "faithful" and "mesh" (the fingerprint).
///
/// @throws FileError  it cannot be written; what was there before stays
void writeMasks(const std::filesystem::path& file, const MaskSet& masks);

/// Whether the masks fit a mesh, PartsFromMasks decides.
///
/// @throws FileError  not readable, or not what writeMasks writes
MaskSet readMasks(const std::filesystem::path& file);

/// The same of bytes that are at hand; `file` is for messages.
MaskSet readMasks(const std::filesystem::path& file, const SharedBytes& content);

}  // namespace maquette
