#include "core/geometry/weld.h"

#include <algorithm>
#include <bit>
#include <limits>

#include "core/geometry/position_hash.h"

namespace maquette {

Welded weld(const Mesh& mesh, bool dropDegenerate, const Context& ctx) {
  constexpr std::size_t kChecked = 1 << 16;  // elements between two looks at the context
  constexpr auto kEmpty = std::numeric_limits<std::uint32_t>::max();
  Welded out;
  const std::size_t count = mesh.positions.size();
  const std::size_t slots = std::bit_ceil(std::max<std::size_t>(16, count * 2));
  std::vector<std::uint32_t> table(slots, kEmpty);  // open addressing, indices of new vertices
  out.vertexOf.resize(count);
  for (std::size_t v = 0; v < count; ++v) {
    if (v % kChecked == 0) ctx.check();
    const Vec3 p = mesh.positions[v];
    std::size_t slot = positionHash(p) & (slots - 1);
    while (table[slot] != kEmpty && !(out.mesh.positions[table[slot]] == p))
      slot = (slot + 1) & (slots - 1);
    if (table[slot] == kEmpty) {
      table[slot] = static_cast<std::uint32_t>(out.mesh.positions.size());
      out.mesh.positions.push_back(p);
      if (!mesh.colours.empty()) out.mesh.colours.push_back(mesh.colours[v]);
    }
    out.vertexOf[v] = table[slot];
  }
  out.mesh.triangles.reserve(mesh.triangles.size());
  out.faceFrom.reserve(mesh.triangles.size());
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    if (f % kChecked == 0) ctx.check();
    const Triangle& t = mesh.triangles[f];
    const Triangle n{out.vertexOf[t[0]], out.vertexOf[t[1]], out.vertexOf[t[2]]};
    if (dropDegenerate && (n[0] == n[1] || n[1] == n[2] || n[2] == n[0])) continue;
    out.mesh.triangles.push_back(n);
    out.faceFrom.push_back(f);
  }
  return out;
}

}  // namespace maquette
