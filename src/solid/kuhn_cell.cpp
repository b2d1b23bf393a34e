#include "solid/kuhn_cell.h"

#include <algorithm>

namespace maquette::kuhn {
namespace {

bool threeDiffer(Material a, Material b, Material c) { return a != b && b != c && c != a; }

}  // namespace

std::uint32_t slotMask(const Materials& m) {
  std::uint32_t mask = 0;
  for (int step = 1; step < 8; ++step)
    mask |= std::uint32_t(m[0] != m[std::size_t(step)]) << edgeSlot(step);
  for (int f = 0; f < kFaces; ++f) {
    const auto [first, second] = kFaceSteps[std::size_t(f)];
    mask |= std::uint32_t(threeDiffer(m[0], m[std::size_t(first)], m[std::size_t(first | second)]))
            << (kEdges + f);
  }
  for (int t = 0; t < kTets; ++t) {
    const auto& c = kTetCorners[std::size_t(t)];
    const Material a = m[0], b = m[std::size_t(c[1])], d = m[std::size_t(c[2])], e = m[7];
    mask |= std::uint32_t(threeDiffer(a, b, d) && threeDiffer(b, d, e) && a != e) << tetSlot(t);
  }
  return mask;
}

Groups::Groups(const Materials& m, int tet) {
  const auto& steps = kTetCorners[std::size_t(tet)];
  const auto of = [&](int w) { return m[std::size_t(steps[std::size_t(w)])]; };
  for (int v = 0; v < 4; ++v) {
    int g = 0;
    while (g < count && of(at(g, 0)) != of(v)) ++g;
    count = std::max(count, g + 1);
    corners[std::size_t(g)][std::size_t(size[std::size_t(g)]++)] = v;
  }
}

std::array<int, 3> idealMean(std::initializer_list<int> corners) {
  std::array<int, 3> sum{};
  const int scale = 12 / static_cast<int>(corners.size());
  for (const int c : corners)
    for (std::size_t a = 0; a < 3; ++a) sum[a] += scale * (c >> a & 1);
  return sum;
}

}  // namespace maquette::kuhn
