#include "solid/near_corners.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "core/geometry/bounds.h"

namespace maquette {
namespace {

using Cell = std::array<std::int32_t, 3>;

struct CellHash {
  std::size_t operator()(const Cell& c) const {
    return std::size_t(std::uint32_t(c[0])) * 0x9e3779b97f4a7c15u ^
           std::size_t(std::uint32_t(c[1])) * 0xc2b2ae3d27d4eb4fu ^
           std::size_t(std::uint32_t(c[2])) * 0x165667b19e3779f9u;
  }
};

}  // namespace

std::size_t joinNearCorners(Mesh& mesh, const EdgeTable& edges, float apart, const Context& ctx) {
  std::vector<std::uint8_t> open(mesh.positions.size(), 0);
  for (const Edge& edge : edges.edges)
    if (edge.count == 1) open[edge.a] = open[edge.b] = 1;
  ctx.check();
  const Vec3 origin = boundsOf(mesh).min;
  const auto cellOf = [&](Vec3 p) {
    const Vec3 at = (p - origin) * (1.f / apart);
    return Cell{std::int32_t(at.x), std::int32_t(at.y), std::int32_t(at.z)};
  };
  std::unordered_map<Cell, std::vector<std::uint32_t>, CellHash> kept;
  std::vector<std::uint32_t> standsFor(mesh.positions.size());
  std::size_t joined = 0;
  for (std::uint32_t v = 0; v < standsFor.size(); ++v) {
    if (v % 4096 == 0) ctx.check();
    standsFor[v] = v;
    if (!open[v]) continue;
    const Vec3 p = mesh.positions[v];
    const Cell cell = cellOf(p);
    float nearest = apart * apart;
    for (int n = 0; n < 27; ++n) {
      const auto found =
          kept.find({cell[0] + n % 3 - 1, cell[1] + n / 3 % 3 - 1, cell[2] + n / 9 - 1});
      if (found == kept.end()) continue;
      for (const std::uint32_t other : found->second) {
        const float distance = lengthSquared(mesh.positions[other] - p);
        if (distance >= nearest) continue;
        nearest = distance;
        standsFor[v] = other;
      }
    }
    if (standsFor[v] == v)
      kept[cell].push_back(v);
    else
      ++joined;
  }
  if (joined > 0)
    for (Triangle& t : mesh.triangles)
      for (std::uint32_t& v : t) v = standsFor[v];
  return joined;
}

}  // namespace maquette
