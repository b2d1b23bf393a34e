#include "classical/dual_surface.h"

#include <algorithm>
#include <limits>

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

// A cell's corner c lies at (c & 1, c >> 1 & 1, c >> 2). Its edge 4 * axis + k starts at the k-th
// corner whose bit of the axis is 0.
struct CellEdge {
  int from, axis;
};
constexpr std::array<CellEdge, 12> kEdges{{{0, 0},
                                           {2, 0},
                                           {4, 0},
                                           {6, 0},
                                           {0, 1},
                                           {1, 1},
                                           {4, 1},
                                           {5, 1},
                                           {0, 2},
                                           {1, 2},
                                           {2, 2},
                                           {3, 2}}};

/// Which sheet each of a cell's edges belongs to, for each of the 256 sets of inside corners.
struct SheetTable {
  std::array<std::array<std::int8_t, 12>, 256> sheetOf{};  // -1 where the edge is not cut
  std::array<std::uint8_t, 256> count{};

  SheetTable() {
    for (int bits = 0; bits < 256; ++bits) fill(bits);
  }

 private:
  static bool cut(int bits, int edge) {
    const CellEdge e = kEdges[std::size_t(edge)];
    return ((bits >> e.from) & 1) != ((bits >> (e.from | (1 << e.axis))) & 1);
  }
  /// Whether an edge lies in the cell's face `axis` = `side`.
  static bool inFace(int edge, int axis, int side) {
    const CellEdge e = kEdges[std::size_t(edge)];
    return e.axis != axis && ((e.from >> axis) & 1) == side;
  }
  void fill(int bits) {
    auto& sheets = sheetOf[std::size_t(bits)];
    std::array<int, 12> root{};
    for (int e = 0; e < 12; ++e) root[std::size_t(e)] = e;
    const auto find = [&](int e) {
      while (root[std::size_t(e)] != e) e = root[std::size_t(e)];
      return e;
    };
    for (int axis = 0; axis < 3; ++axis)
      for (int side = 0; side < 2; ++side) {
        int first = -1;
        for (int e = 0; e < 12; ++e) {
          if (!inFace(e, axis, side) || !cut(bits, e)) continue;
          if (first < 0)
            first = e;
          else
            root[std::size_t(find(e))] = find(first);
        }
      }
    std::array<int, 12> number{};
    number.fill(-1);
    int next = 0;
    for (int e = 0; e < 12; ++e) {
      sheets[std::size_t(e)] = -1;
      if (!cut(bits, e)) continue;
      int& n = number[std::size_t(find(e))];
      if (n < 0) n = next++;
      sheets[std::size_t(e)] = static_cast<std::int8_t>(n);
    }
    count[std::size_t(bits)] = static_cast<std::uint8_t>(next);
  }
};

const SheetTable& table() {
  static const SheetTable made;
  return made;
}

class Surfacer {
 public:
  Surfacer(const SolidGrid& grid, const SurfaceCrossing& crossing)
      : grid_(grid), crossing_(crossing) {
    const std::size_t layer = std::size_t(grid.nx) * std::size_t(grid.ny);
    below_.assign(layer, kNone);
    above_.assign(layer, kNone);
    bitsBelow_.assign(layer, 0);
    bitsAbove_.assign(layer, 0);
  }

  Mesh run(const Context& ctx) {
    for (int z = 0; z + 1 < grid_.nz; ++z) {
      ctx.report(float(z) / float(grid_.nz));
      below_.swap(above_);
      bitsBelow_.swap(bitsAbove_);
      cells(z);
      quads(z);
    }
    return std::move(mesh_);
  }

 private:
  std::size_t flat(int x, int y) const {
    return std::size_t(y) * std::size_t(grid_.nx) + std::size_t(x);
  }

  /// The vertices of one layer of cells.
  void cells(int z) {
    for (int y = 0; y + 1 < grid_.ny; ++y) {
      const std::uint8_t* row = grid_.inside.data() + grid_.index(0, y, z);
      const std::size_t sy = grid_.stride(1), sz = grid_.stride(2);
      for (int x = 0; x + 1 < grid_.nx; ++x) {
        const std::uint8_t* n = row + x;
        const int bits = n[0] | n[1] << 1 | n[sy] << 2 | n[sy + 1] << 3 | n[sz] << 4 |
                         n[sz + 1] << 5 | n[sz + sy] << 6 | n[sz + sy + 1] << 7;
        bitsAbove_[flat(x, y)] = static_cast<std::uint8_t>(bits);
        if (bits == 0 || bits == 255) continue;
        above_[flat(x, y)] = static_cast<std::uint32_t>(mesh_.positions.size());
        addVertices(x, y, z, bits);
      }
    }
  }

  void addVertices(int x, int y, int z, int bits) {
    const auto& sheets = table().sheetOf[std::size_t(bits)];
    std::array<Vec3, 4> sum{};
    std::array<int, 4> cuts{};
    for (int e = 0; e < 12; ++e) {
      const int sheet = sheets[std::size_t(e)];
      if (sheet < 0) continue;
      const CellEdge edge = kEdges[std::size_t(e)];
      GridNode a{x + (edge.from & 1), y + (edge.from >> 1 & 1), z + (edge.from >> 2 & 1)};
      Vec3 at{float(a.x), float(a.y), float(a.z)};
      if ((bits >> edge.from) & 1) {
        at[edge.axis] += static_cast<float>(crossing_(a, edge.axis, 1));
      } else {
        (edge.axis == 0 ? a.x : edge.axis == 1 ? a.y : a.z) += 1;
        at[edge.axis] += 1.f - static_cast<float>(crossing_(a, edge.axis, -1));
      }
      sum[std::size_t(sheet)] += at;
      ++cuts[std::size_t(sheet)];
    }
    for (std::size_t s = 0; s < table().count[std::size_t(bits)]; ++s)
      mesh_.positions.push_back(sum[s] / float(cuts[s]));
  }

  /// The vertex of the cell's sheet that cuts its edge `edge`.
  std::uint32_t vertex(bool fromAbove, int x, int y, int edge) const {
    const std::size_t cell = flat(x, y);
    const int bits = fromAbove ? bitsAbove_[cell] : bitsBelow_[cell];
    return (fromAbove ? above_ : below_)[cell] +
           std::uint32_t(table().sheetOf[std::size_t(bits)][std::size_t(edge)]);
  }

  /// The cells around the edges that begin in node layer z.
  void quads(int z) {
    for (int y = 1; y + 1 < grid_.ny; ++y) {
      const std::uint8_t* row = grid_.inside.data() + grid_.index(0, y, z);
      for (int x = 1; x + 1 < grid_.nx; ++x) {
        const std::uint8_t in = row[x];
        // Counter-clockwise as seen from the far end of the edge.
        if (z > 0 && in != row[x + 1])
          add(in != 0, vertex(false, x, y - 1, 3), vertex(false, x, y, 2), vertex(true, x, y, 0),
              vertex(true, x, y - 1, 1));
        if (z > 0 && in != row[std::size_t(x) + grid_.stride(1)])
          add(in != 0, vertex(false, x - 1, y, 7), vertex(true, x - 1, y, 5), vertex(true, x, y, 4),
              vertex(false, x, y, 6));
        if (in != row[std::size_t(x) + grid_.stride(2)])
          add(in != 0, vertex(true, x - 1, y - 1, 11), vertex(true, x, y - 1, 10),
              vertex(true, x, y, 8), vertex(true, x - 1, y, 9));
      }
    }
  }

  void add(bool outwards, std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    if (!outwards) std::swap(b, d);
    const auto& p = mesh_.positions;
    if (lengthSquared(p[a] - p[c]) <= lengthSquared(p[b] - p[d])) {
      mesh_.triangles.push_back({a, b, c});
      mesh_.triangles.push_back({a, c, d});
    } else {
      mesh_.triangles.push_back({a, b, d});
      mesh_.triangles.push_back({b, c, d});
    }
  }

  const SolidGrid& grid_;
  const SurfaceCrossing& crossing_;
  Mesh mesh_;
  // First vertices and corner sets of the cells below and above node layer z.
  std::vector<std::uint32_t> below_, above_;
  std::vector<std::uint8_t> bitsBelow_, bitsAbove_;
};

}  // namespace

void joinOverCorners(SolidGrid& grid, const Context& ctx) {
  for (bool changed = true; changed;) {
    changed = false;
    for (int z = 1; z + 2 < grid.nz; ++z) {
      ctx.check();
      for (int y = 1; y + 2 < grid.ny; ++y)
        for (int x = 1; x + 2 < grid.nx; ++x) {
          const std::size_t a = grid.index(x, y, z);
          for (int axis = 0; axis < 3; ++axis) {
            const std::size_t u = grid.stride((axis + 1) % 3), v = grid.stride((axis + 2) % 3);
            auto& in = grid.inside;
            if (in[a] != in[a + u + v] || in[a + u] != in[a + v] || in[a] == in[a + u]) continue;
            in[in[a] ? a + u : a] = 1;
            changed = true;
          }
        }
    }
  }
}

Mesh dualSurface(const SolidGrid& grid, const SurfaceCrossing& crossing, const Context& ctx) {
  return Surfacer(grid, crossing).run(ctx);
}

}  // namespace maquette
