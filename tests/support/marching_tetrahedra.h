#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/geometry/mesh.h"

namespace maquette::test {

/// A grid of points whose spacing may differ from plane to plane, with a value at each.
struct Grid {
  std::array<std::vector<float>, 3> at;  ///< ascending coordinates along x, y and z
  std::vector<float> values;             ///< x runs fastest; negative inside, never 0

  Vec3 place(std::uint32_t i) const {
    const auto w = std::uint32_t(at[0].size()), h = std::uint32_t(at[1].size());
    return {at[0][i % w], at[1][i / w % h], at[2][i / w / h]};
  }
  std::uint32_t count() const { return std::uint32_t(at[0].size() * at[1].size() * at[2].size()); }
};

/// The surface where the values change sign, closed where it does not touch the grid's outside:
/// marching tetrahedra (Doi and Koide 1991), each cell in six around its diagonal.
Mesh surfaceOf(const Grid& grid);

}  // namespace maquette::test
