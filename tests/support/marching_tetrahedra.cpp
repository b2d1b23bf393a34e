#include "support/marching_tetrahedra.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace maquette::test {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

class Polygoniser {
 public:
  explicit Polygoniser(const Grid& grid)
      : grid_(grid),
        n_{int(grid.at[0].size()), int(grid.at[1].size()), int(grid.at[2].size())},
        onEdge_(grid.values.size() * 8, kNone) {}

  Mesh run() {
    constexpr int kOrders[6][3] = {{1, 2, 4}, {1, 4, 2}, {2, 1, 4},
                                   {2, 4, 1}, {4, 1, 2}, {4, 2, 1}};
    for (int z = 0; z + 1 < n_[2]; ++z)
      for (int y = 0; y + 1 < n_[1]; ++y)
        for (int x = 0; x + 1 < n_[0]; ++x)
          for (const auto& order : kOrders) {
            const int a = order[0], b = a | order[1];
            tetrahedron({at(x, y, z, 0), at(x, y, z, a), at(x, y, z, b), at(x, y, z, 7)});
          }
    return std::move(mesh_);
  }

 private:
  std::uint32_t at(int x, int y, int z, int corner) const {
    return std::uint32_t(((z + (corner >> 2 & 1)) * n_[1] + y + (corner >> 1 & 1)) * n_[0] + x +
                         (corner & 1));
  }
  bool inside(std::uint32_t i) const { return grid_.values[i] < 0.f; }
  std::uint32_t between(std::uint32_t a, std::uint32_t b) {
    if (a > b) std::swap(a, b);
    const Vec3 p = grid_.place(a), q = grid_.place(b), d = q - p;
    const int way = (d.x > 0.f) | (d.y > 0.f) << 1 | (d.z > 0.f) << 2;
    std::uint32_t& vertex = onEdge_[std::size_t(a) * 8 + std::size_t(way)];
    if (vertex == kNone) {
      vertex = std::uint32_t(mesh_.positions.size());
      // Kept off the ends, where triangles would shrink to nothing.
      const float t =
          std::clamp(grid_.values[a] / (grid_.values[a] - grid_.values[b]), 1e-3f, 0.999f);
      mesh_.positions.push_back(p + d * t);
    }
    return vertex;
  }
  void add(std::uint32_t a, std::uint32_t b, std::uint32_t c, Vec3 outwards) {
    Triangle t{a, b, c};
    if (dot(areaVector(mesh_, t), outwards) < 0.f) std::swap(t[1], t[2]);
    mesh_.triangles.push_back(t);
  }
  void tetrahedron(std::array<std::uint32_t, 4> corners) {
    std::ranges::stable_partition(corners, [&](std::uint32_t c) { return inside(c); });
    const auto within = std::ranges::count_if(corners, [&](std::uint32_t c) { return inside(c); });
    if (within == 0 || within == 4) return;
    const auto [a, b, c, d] = corners;
    Vec3 in, out;
    for (int i = 0; i < 4; ++i)
      (i < within ? in : out) +=
          grid_.place(corners[std::size_t(i)]) / float(i < within ? within : 4 - within);
    const Vec3 outwards = out - in;
    if (within == 1) add(between(a, b), between(a, c), between(a, d), outwards);
    if (within == 3) add(between(a, d), between(b, d), between(c, d), outwards);
    if (within == 2) {
      const std::uint32_t ac = between(a, c), ad = between(a, d), bc = between(b, c),
                          bd = between(b, d);
      add(ac, ad, bd, outwards);
      add(ac, bd, bc, outwards);
    }
  }

  const Grid& grid_;
  std::array<int, 3> n_;
  std::vector<std::uint32_t> onEdge_;  // by lower grid point and direction
  Mesh mesh_;
};

}  // namespace

Mesh surfaceOf(const Grid& grid) { return Polygoniser(grid).run(); }

}  // namespace maquette::test
