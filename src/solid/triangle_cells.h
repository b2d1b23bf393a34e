#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/jobs/context.h"
#include "solid/multi_surface.h"

namespace maquette {

/// Triangles of a surface by unit cells, near a part of it that changes.
class TriangleCells {
 public:
  /// @param region  triangles that may change
  TriangleCells(const MultiSurface& surface, std::span<const std::uint32_t> region,
                const Context& ctx);

  /// Enters a triangle that has moved or is new.
  void add(std::uint32_t triangle);

  /// Whether the triangle passes through another, other than those of `ignored`.
  bool crosses(const SurfaceTriangle& t, std::span<const std::uint32_t> ignored);

 private:
  using Cell = std::vector<std::uint32_t>;
  struct Box {
    std::array<int, 3> low, high;
  };
  Box boxOf(const SurfaceTriangle& t) const;
  static std::uint64_t key(int x, int y, int z) {
    return std::uint64_t(std::uint32_t(x) & 0x1fffffu) << 42 |
           std::uint64_t(std::uint32_t(y) & 0x1fffffu) << 21 | (std::uint32_t(z) & 0x1fffffu);
  }
  template <class Visit>
  static void overCells(const Box& box, Visit&& visit) {
    for (int z = box.low[2]; z <= box.high[2]; ++z)
      for (int y = box.low[1]; y <= box.high[1]; ++y)
        for (int x = box.low[0]; x <= box.high[0]; ++x) visit(key(x, y, z));
  }

  const MultiSurface& surface_;
  // May name a triangle that has left the cell since.
  std::unordered_map<std::uint64_t, Cell> cells_;
};

}  // namespace maquette
