#pragma once

#include <filesystem>

#include "neural/weights/mapped_file.h"
#include "neural/weights/weight_file.h"

namespace maquette {

/// Whether `content` begins as a pickle does: PyTorch's format before version 1.6.
bool looksLikeLegacyCheckpoint(std::span<const std::byte> content);

/// @throws FileError  always; says how to bring the file into today's format
[[noreturn]] void refuseLegacyCheckpoint(const std::filesystem::path& file);

/// Finds the tensors of a PyTorch archive (.ckpt, .pt, .pth, .bin); their bytes stay where they
/// lie.
///
/// Dicts, lists and tuples may nest; a tensor's name is the path to it, joined by dots: "model" of
/// {"x": tensor} is "model.x"; a key that is neither text nor a whole number is "?". What is no
/// tensor is left out. Every tensor is checked against the bytes that the archive has for it,
/// whatever the file claims. Nothing is ever executed.
///
/// @param file  for messages
/// @throws FileError  damaged, cut short, big-endian, a TorchScript program, or with anything that
///                    is not weights
WeightFile readCheckpoint(const std::filesystem::path& file, const SharedBytes& content);

}  // namespace maquette
