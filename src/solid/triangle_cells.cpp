#include "solid/triangle_cells.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "core/jobs/parallel.h"
#include "solid/untangling.h"

namespace maquette {

TriangleCells::TriangleCells(const MultiSurface& surface, std::span<const std::uint32_t> region,
                             const Context& ctx)
    : surface_(surface) {
  for (std::size_t i = 0; i < region.size(); ++i) {
    if (i % 4096 == 0) ctx.check();
    Box box = boxOf(surface.triangles[region[i]]);
    for (std::size_t a = 0; a < 3; ++a) --box.low[a], ++box.high[a];
    overCells(box, [&](std::uint64_t cell) { cells_[cell]; });
  }
  constexpr std::size_t kSlice = 1 << 15;
  std::vector<std::vector<std::pair<Cell*, std::uint32_t>>> found(
      (surface.triangles.size() + kSlice - 1) / kSlice);
  parallelFor(surface.triangles.size(), kSlice, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t f = begin; f < end; ++f)
      overCells(boxOf(surface.triangles[f]), [&](std::uint64_t cell) {
        if (const auto at = cells_.find(cell); at != cells_.end())
          found[begin / kSlice].emplace_back(&at->second, static_cast<std::uint32_t>(f));
      });
  });
  for (const auto& some : found) {
    ctx.check();
    for (const auto& [cell, f] : some) cell->push_back(f);
  }
}

TriangleCells::Box TriangleCells::boxOf(const SurfaceTriangle& t) const {
  Box box{};
  for (int a = 0; a < 3; ++a) {
    const auto c = [&](std::size_t k) { return surface_.vertices[t.vertices[k]].position[a]; };
    box.low[std::size_t(a)] = int(std::floor(std::min({c(0), c(1), c(2)})));
    box.high[std::size_t(a)] = int(std::floor(std::max({c(0), c(1), c(2)})));
  }
  return box;
}

void TriangleCells::add(std::uint32_t triangle) {
  overCells(boxOf(surface_.triangles[triangle]), [&](std::uint64_t cell) {
    auto& in = cells_[cell];
    if (std::ranges::find(in, triangle) == in.end()) in.push_back(triangle);
  });
}

bool TriangleCells::crosses(const SurfaceTriangle& t, std::span<const std::uint32_t> ignored) {
  bool any = false;
  overCells(boxOf(t), [&](std::uint64_t cell) {
    const auto found = cells_.find(cell);
    if (any || found == cells_.end()) return;
    any = std::ranges::any_of(found->second, [&](std::uint32_t f) {
      const auto& other = surface_.triangles[f].vertices;
      if (other[0] == other[1]) return false;  // no longer there
      return std::ranges::find(ignored, f) == ignored.end() &&
             trianglesCross(surface_, t, surface_.triangles[f]);
    });
  });
  return any;
}

}  // namespace maquette
