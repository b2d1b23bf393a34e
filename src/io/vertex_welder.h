#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/geometry/mesh.h"

namespace maquette {

/// Builds an indexed mesh corner by corner: equal coordinates become one vertex.
///
/// As core's weld(), but without ever holding the unwelded corners; reading a large STL is where
/// memory peaks. Vertices are numbered in order of first appearance; the first colour wins.
class VertexWelder {
 public:
  /// @param mesh      vertices are appended; those already there are left alone
  /// @param what      names the mesh in the message
  /// @param coloured  whether colours are kept
  /// @param expected  about how many vertices will come; a guess saves time
  VertexWelder(Mesh& mesh, std::string what, bool coloured = false, std::size_t expected = 0);

  /// The vertex of this place.
  ///
  /// @throws InvalidInput  a coordinate is NaN or infinite: it would equal nothing, not even itself
  std::uint32_t add(Vec3 position, Rgb colour = {});

 private:
  void grow();
  std::size_t slotOf(Vec3 position) const;

  Mesh& mesh_;
  std::string what_;
  bool coloured_;
  std::uint32_t first_;               // vertices before it are not ours
  std::vector<std::uint32_t> table_;  // open addressing, indices into mesh_.positions
};

}  // namespace maquette
