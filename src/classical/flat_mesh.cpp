#include "classical/flat_mesh.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
constexpr double kNearest = 0.02;  // cells between an outline vertex and a node: no slivers

class Filler {
 public:
  explicit Filler(const SilhouetteGrid& grid)
      : grid_(grid),
        node_(grid.value.size(), kNone),
        above_(static_cast<std::size_t>(grid.nx), kNone),
        below_(static_cast<std::size_t>(grid.nx), kNone),
        left_(static_cast<std::size_t>(grid.nx), kNone) {}

  FlatMesh fill(const Context& ctx) {
    for (int y = 0; y + 1 < grid_.ny; ++y) {
      if (y % 16 == 0) ctx.check();
      std::ranges::fill(left_, kNone);
      above_.swap(below_);  // crossings of the row's upper grid line were its neighbour's lower
      std::ranges::fill(below_, kNone);
      for (int x = 0; x + 1 < grid_.nx; ++x) cell(x, y);
    }
    return std::move(mesh_);
  }

 private:
  bool inside(int x, int y) const { return grid_.value[grid_.index(x, y)] > 0.f; }

  std::uint32_t add(double gx, double gy, bool rim) {
    mesh_.points.push_back({grid_.x0 + gx * grid_.cell, grid_.y0 + gy * grid_.cell});
    mesh_.onRim.push_back(rim);
    return static_cast<std::uint32_t>(mesh_.points.size() - 1);
  }
  std::uint32_t node(int x, int y) {
    std::uint32_t& id = node_[grid_.index(x, y)];
    if (id == kNone) id = add(x, y, false);
    return id;
  }
  /// The outline's vertex on the grid edge from (x, y) to (x + dx, y + dy).
  std::uint32_t crossing(std::uint32_t& id, int x, int y, int dx, int dy) {
    if (id != kNone) return id;
    const double t = std::clamp(grid_.crossing(x, y, x + dx, y + dy), kNearest, 1. - kNearest);
    return id = add(x + t * dx, y + t * dy, true);
  }

  /// A fan over a convex polygon, from its first corner.
  void fan(std::initializer_list<std::uint32_t> corners) {
    const auto* c = corners.begin();
    for (std::size_t k = 2; k < corners.size(); ++k)
      mesh_.triangles.push_back({c[0], c[k - 1], c[k]});
  }

  void cell(int x, int y) {
    // Corners 0 to 3 counter-clockwise for the viewer, from the lower left; side k joins corner k
    // and k + 1: bottom, right, top, left.
    static constexpr std::array<std::array<int, 2>, 4> kCorner{{{0, 1}, {1, 1}, {1, 0}, {0, 0}}};
    int bits = 0;
    for (int k = 0; k < 4; ++k) {
      const auto& c = kCorner[static_cast<std::size_t>(k)];
      bits |= int(inside(x + c[0], y + c[1])) << k;
    }
    if (bits == 0) return;
    const auto n = [&](int k) {
      const auto& c = kCorner[static_cast<std::size_t>(k % 4)];
      return node(x + c[0], y + c[1]);
    };
    const auto side = [&](int k) {
      const auto ux = static_cast<std::size_t>(x);
      switch (k % 4) {
        case 0:
          return crossing(below_[ux], x, y + 1, 1, 0);
        case 1:
          return crossing(left_[ux + 1], x + 1, y, 0, 1);
        case 2:
          return crossing(above_[ux], x, y, 1, 0);
        default:
          return crossing(left_[ux], x, y, 0, 1);
      }
    };
    if (bits == 15) {
      if ((x + y) % 2)
        fan({n(0), n(1), n(2), n(3)});
      else
        fan({n(1), n(2), n(3), n(0)});
      return;
    }
    for (int k = 0; k < 4; ++k) {
      // `bits` as seen from corner k; each shape is cut so that no edge but the outline joins two
      // of the outline's vertices.
      const int turned = ((bits >> k) | (bits << (4 - k))) & 15;
      if (turned == 1) return fan({n(k), side(k), side(k + 3)});
      if (turned == 3) return fan({n(k), n(k + 1), side(k + 1), side(k + 3)});
      if (turned == 7) return fan({n(k + 1), n(k + 2), side(k + 2), side(k + 3), n(k)});
      if (turned == 5) {
        fan({n(k), side(k), side(k + 1), n(k + 2)});
        fan({n(k), n(k + 2), side(k + 2), side(k + 3)});
        return;
      }
    }
  }

  const SilhouetteGrid& grid_;
  FlatMesh mesh_;
  std::vector<std::uint32_t> node_;
  std::vector<std::uint32_t> above_, below_, left_;  // crossings around the current row
};

}  // namespace

FlatMesh fillSilhouette(const SilhouetteGrid& grid, const Context& ctx) {
  return Filler(grid).fill(ctx);
}

void freeLevelEnds(FlatMesh& flat, std::span<const double> levels, double reach) {
  flat.onLevelEnd.assign(flat.points.size(), 0);
  for (std::size_t p = 0; p < flat.points.size(); ++p)
    for (const double level : levels) {
      if (!flat.onRim[p] || std::abs(flat.points[p].y - level) >= reach) continue;
      flat.onLevelEnd[p] = 1;
      flat.points[p].y = level;
    }
  // Neighbours along the outline that lie on the line too.
  std::vector<std::uint8_t> beside(flat.points.size(), 0);
  for (const Triangle& t : flat.triangles)
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t a = t[k], b = t[(k + 1) % 3];
      if (!flat.onLevelEnd[a] || !flat.onLevelEnd[b]) continue;
      ++beside[a];
      ++beside[b];
    }
  for (std::size_t p = 0; p < flat.points.size(); ++p) {
    if (!flat.onLevelEnd[p]) continue;
    if (beside[p] == 2) {
      flat.onLevelEnd[p] = 2;
      flat.onRim[p] = 0;
    } else if (beside[p] == 0) {
      flat.onLevelEnd[p] = 0;  // the lowest point of something round
    }
  }
}

}  // namespace maquette
