#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "core/geometry/mesh.h"

// P3-SAM without its official weights: a small network that was fitted to four bodies (fixture 28),
// and one of the official size with random numbers.

namespace maquette::test {

/// May change the numbers of a tensor before they are written, or its name; an empty name leaves
/// it out.
using Change = std::function<void(std::string& name, std::vector<float>& values)>;

/// Writes the network of tests/data/neural/28-end-to-end.safetensors in the layout of the official
/// file.
///
/// @param fixture  that file
void writeSmallP3Sam(const std::filesystem::path& file, const std::filesystem::path& fixture,
                     const Change& change = {});

/// Writes a network of the official names and sizes, 451 MB: random numbers of a size that keeps
/// what flows through the network in bounds.
///
/// @param manifest  tests/data/weights/manifests/manifest-p3sam.json
/// @param narrower  all layers by so many times: 2 makes 113 MB
void writeRandomP3Sam(const std::filesystem::path& file, const std::filesystem::path& manifest,
                      std::int64_t narrower = 1);

/// The four bodies of the fixture, in millimetres.
Mesh fourBodies(const std::filesystem::path& fixture);

/// The label of every one of their triangles that the fixture expects, -1 for none.
std::vector<std::int32_t> partsOfFourBodies(const std::filesystem::path& fixture);

}  // namespace maquette::test
