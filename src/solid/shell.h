#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// A surface made ready for the question "inside or outside": welded, without duplicate or
/// degenerate triangles, turned so that solids have positive volume.
struct Shell {
  Mesh mesh;                            ///< positions and triangles only
  std::vector<std::uint32_t> faceFrom;  ///< triangle -> triangle of the original
  bool closed = false;                  ///< every edge runs as often one way as the other
  std::size_t duplicates = 0;           ///< triangles that lay on another one
  std::size_t turned = 0;               ///< pieces (or loose triangles) that were inside out
};

/// @param mesh  passes requireUsable
Shell prepareShell(const Mesh& mesh, const Context& ctx);

}  // namespace maquette
