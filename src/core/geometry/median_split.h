#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/bounds.h"

namespace maquette {

/// Puts the half of `faces` whose centres are lower along the longest side of `spread` first; the
/// same order everywhere, also where centres are the same.
///
/// @param centres  of all faces of the mesh
/// @param spread   of the centres of `faces`
/// @return         how many are in the first half
inline std::uint32_t splitAtMedian(std::span<std::uint32_t> faces, const std::vector<Vec3>& centres,
                                   const Bounds& spread) {
  const Vec3 s = spread.size();
  const int axis = s.x >= s.y && s.x >= s.z ? 0 : s.y >= s.z ? 1 : 2;
  const auto half = faces.size() / 2;
  std::nth_element(faces.begin(), faces.begin() + std::ptrdiff_t(half), faces.end(),
                   [&](std::uint32_t l, std::uint32_t r) {
                     const float a = centres[l][axis], b = centres[r][axis];
                     return a != b ? a < b : l < r;
                   });
  return static_cast<std::uint32_t>(half);
}

/// Of every triangle.
inline std::vector<Vec3> faceCentres(const Mesh& mesh) {
  std::vector<Vec3> centres;
  centres.reserve(mesh.triangles.size());
  for (const Triangle& t : mesh.triangles) centres.push_back(faceCentre(mesh, t));
  return centres;
}

}  // namespace maquette
