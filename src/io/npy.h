#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <vector>

namespace maquette {

/// Reads a one-dimensional NumPy file of whole numbers.
///
/// Takes format 1.0 to 3.0, little-endian integers and booleans of 1 to 8 bytes.
///
/// @throws FileError     not a NumPy file, truncated, or a header that promises what is not there
/// @throws InvalidInput  more than one dimension, another type, or a value beyond 32 bits
std::vector<std::int32_t> readLabels(const std::filesystem::path& file);

/// Writes NumPy format 1.0, '<i4', one-dimensional; whole or not at all.
void writeLabels(const std::filesystem::path& file, std::span<const std::int32_t> labels);

}  // namespace maquette
