#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"
#include "solid/facing.h"

namespace maquette {

/// How a surface tells inside from outside.
enum class Sign : std::uint8_t {
  counted,  ///< closed: crossings along a line are counted
  filled,   ///< closed once its holes have patches, then as above
  wound,    ///< too ragged for patches: where it winds more than half around (Jacobson 2013)
};

/// A surface made ready for the question "inside or outside": welded, without duplicate or
/// degenerate triangles and walls inside, turned so that solids have positive volume, its holes
/// closed where that is possible.
struct Shell {
  Mesh mesh;                            ///< positions and triangles only
  std::vector<std::uint32_t> faceFrom;  ///< triangle -> triangle of the original, or beside a patch
  Sign sign = Sign::counted;
  std::size_t duplicates = 0;  ///< triangles that lay on another one
  std::size_t cracks = 0;      ///< vertices that did not quite meet another one
  Turned turned;
  std::size_t inner = 0;  ///< triangles of walls and flaps inside
  std::size_t holes = 0;  ///< loops of open edges

  bool closed() const { return sign != Sign::wound; }
};

/// @param mesh  passes requireUsable
Shell prepareShell(const Mesh& mesh, const Context& ctx);

}  // namespace maquette
