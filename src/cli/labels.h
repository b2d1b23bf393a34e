#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "core/segmentation/segmentation.h"

namespace maquette {

/// A segmentation as scripts write it, and which number each part had there.
struct LabelledParts {
  Segmentation segmentation;
  std::vector<std::int32_t> numbers;  ///< one per part; part n is named "Part <number + 1>"
};

/// Labels of a .npy file as parts: -1 (and below) is unassigned, every other number a part.
///
/// @throws FileError     not a readable array
/// @throws InvalidInput  not one label per triangle, or more parts than PartId can name
LabelledParts readParts(const std::filesystem::path& file, std::size_t triangles);

/// The numbers that `segment` writes: parts in their order from 0, -1 for unassigned.
///
/// @param unassigned  a part that counts as such, where there is one
std::vector<std::int32_t> numbersOf(const Segmentation& segmentation,
                                    PartId unassigned = PartId::none);

}  // namespace maquette
