#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

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

/// A tensor of a safetensors file that is written.
struct TensorRow {
  std::string name;
  Dtype dtype = Dtype::F32;
  std::vector<std::int64_t> shape;

  std::uint64_t bytes() const;
};

/// How such a file begins: a length in 8 bytes, then a header that ends at a multiple of 8. The
/// tensors' bytes follow in the order of the rows, without gaps.
///
/// @param metadata  names and texts in UTF-8, written in this order
std::string safetensorsHeader(const std::vector<std::pair<std::string, std::string>>& metadata,
                              const std::vector<TensorRow>& tensors);

}  // namespace maquette
