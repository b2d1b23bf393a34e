#include "classical/digital_topology.h"

#include <array>

#include "core/geometry/disjoint_sets.h"

namespace maquette {
namespace {

// The eight neighbours in a circle; the even ones share a side.
constexpr std::array<int, 8> kDx{1, 1, 0, -1, -1, -1, 0, 1};
constexpr std::array<int, 8> kDy{0, -1, -1, -1, 0, 1, 1, 1};

constexpr std::array<bool, 256> makeSimpleTable() {
  std::array<bool, 256> simple{};
  for (int bits = 0; bits < 256; ++bits) {
    const auto out = [bits](int k) { return 1 - ((bits >> (k % 8)) & 1); };
    int number = 0;
    for (int k = 0; k < 8; k += 2) number += out(k) - out(k) * out(k + 1) * out(k + 2);
    simple[static_cast<std::size_t>(bits)] = number == 1;
  }
  return simple;
}
constexpr std::array<bool, 256> kSimple = makeSimpleTable();

std::int64_t countComponents(const BinaryGrid& grid, std::uint8_t side, bool overCorners,
                             const Context& ctx) {
  DisjointSets sets(grid.inside.size());
  std::int64_t count = 0;
  for (int y = 0; y < grid.height; ++y) {
    if (y % 64 == 0) ctx.check();
    for (int x = 0; x < grid.width; ++x) {
      const std::size_t i = grid.index(x, y);
      if (grid.inside[i] != side) continue;
      ++count;
      const auto join = [&](int dx, int dy) {
        const int nx = x + dx, ny = y + dy;
        if (nx < 0 || nx >= grid.width || ny < 0) return;
        const std::size_t j = grid.index(nx, ny);
        if (grid.inside[j] != side) return;
        if (sets.find(static_cast<std::uint32_t>(i)) == sets.find(static_cast<std::uint32_t>(j)))
          return;
        sets.join(static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(j));
        --count;
      };
      join(-1, 0);
      join(0, -1);
      if (!overCorners) continue;
      join(-1, -1);
      join(1, -1);
    }
  }
  return count;
}

}  // namespace

PieceCount countPieces(const BinaryGrid& grid, const Context& ctx) {
  return {countComponents(grid, 1, true, ctx), countComponents(grid, 0, false, ctx) - 1};
}

void deformTowards(BinaryGrid& from, const BinaryGrid& target, const Context& ctx) {
  const auto inner = [&](int x, int y) {
    return x > 0 && y > 0 && x + 1 < from.width && y + 1 < from.height;
  };
  const auto isSimple = [&](int x, int y) {
    unsigned bits = 0;
    for (std::size_t k = 0; k < 8; ++k)
      bits |= static_cast<unsigned>(from.inside[from.index(x + kDx[k], y + kDy[k])]) << k;
    return kSimple[bits];
  };
  std::vector<std::size_t> front, next;
  for (int y = 1; y + 1 < from.height; ++y)
    for (int x = 1; x + 1 < from.width; ++x) {
      const std::size_t i = from.index(x, y);
      if (from.inside[i] != target.inside[i]) front.push_back(i);
    }
  // Layer by layer; a changed point wakes its neighbours.
  while (!front.empty()) {
    ctx.check();
    next.clear();
    for (const std::size_t i : front) {
      if (from.inside[i] == target.inside[i]) continue;
      const int x = static_cast<int>(i % static_cast<std::size_t>(from.width));
      const int y = static_cast<int>(i / static_cast<std::size_t>(from.width));
      if (!isSimple(x, y)) continue;
      from.inside[i] = target.inside[i];
      for (std::size_t k = 0; k < 8; ++k) {
        const int nx = x + kDx[k], ny = y + kDy[k];
        if (!inner(nx, ny)) continue;
        const std::size_t j = from.index(nx, ny);
        if (from.inside[j] != target.inside[j]) next.push_back(j);
      }
    }
    front.swap(next);
  }
}

}  // namespace maquette
