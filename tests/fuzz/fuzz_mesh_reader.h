#pragma once

#include <string>

#include "core/geometry/mesh.h"
#include "fuzz/fuzz.h"

namespace maquette::fuzz {

/// One input for a reader that takes a file and a scale: it explains what it refuses, and what it
/// accepts is usable.
template <class Read>
int readMeshFrom(const std::string& extension, const Read& read, const std::uint8_t* data,
                 std::size_t size) {
  static const InputOnDisk input(extension);
  readOrExplain([&] {
    const Mesh mesh = read(input.holding(textOf(data, size)), 1.f, {});
    if (!mesh.triangles.empty()) requireUsable(mesh);
  });
  return 0;
}

}  // namespace maquette::fuzz
