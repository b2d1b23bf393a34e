#include "solid/inside.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <mutex>

#include "core/jobs/parallel.h"
#include "solid/winding_number.h"

namespace maquette {
namespace {

constexpr double kSnap = 65536.;  // y and z are rounded to 1/65536 voxel: 30 bits for 8000 voxels

/// The row (j, k) passes the surface before node i.
struct Crossing {
  std::uint64_t row;
  std::int32_t node;  // first node behind the surface
  std::int32_t turn;  // +1 into the object, -1 out of it
  auto operator<=>(const Crossing&) const = default;
};

struct Snapped {
  std::int64_t y, z;
};

/// Which side of the line a-b the row passes, never zero for a != b: a row through the line itself
/// counts as moved by (epsilon, epsilon^2) (simulation of simplicity, Edelsbrunner and Muecke
/// 1990).
struct Side {
  std::int64_t value;
  int sign;
};
Side sideOf(Snapped a, Snapped b, Snapped p) {
  const std::int64_t dy = b.y - a.y, dz = b.z - a.z;
  const std::int64_t value = dy * (p.z - a.z) - dz * (p.y - a.y);
  const std::int64_t decide = value != 0 ? value : dz != 0 ? -dz : dy;
  return {value, decide > 0 ? 1 : decide < 0 ? -1 : 0};
}

void addCrossings(const Mesh& mesh, const Triangle& t, const VoxelGrid& grid,
                  std::vector<Crossing>& out) {
  std::array<Snapped, 3> s{};
  std::array<double, 3> x{};
  for (std::size_t c = 0; c < 3; ++c) {
    const Vec3 p = mesh.positions[t[c]];
    s[c] = {std::llround(double(p.y) * kSnap), std::llround(double(p.z) * kSnap)};
    x[c] = double(p.x);
  }
  const std::int64_t area =
      (s[1].y - s[0].y) * (s[2].z - s[0].z) - (s[1].z - s[0].z) * (s[2].y - s[0].y);
  if (area == 0) return;
  const auto [lowY, highY] = std::minmax({s[0].y, s[1].y, s[2].y});
  const auto [lowZ, highZ] = std::minmax({s[0].z, s[1].z, s[2].z});
  const int facing = area > 0 ? 1 : -1;  // the sign of the normal's x
  const auto step = static_cast<std::int64_t>(kSnap);
  const auto first = [&](std::int64_t v) { return std::max<std::int64_t>(0, v / step); };
  for (std::int64_t k = first(lowZ); k * step <= highZ && k < grid.nz; ++k)
    for (std::int64_t j = first(lowY); j * step <= highY && j < grid.ny; ++j) {
      const Snapped p{j * step, k * step};
      const Side a = sideOf(s[1], s[2], p), b = sideOf(s[2], s[0], p), c = sideOf(s[0], s[1], p);
      if (a.sign != facing || b.sign != facing || c.sign != facing) continue;
      const double at =
          (double(a.value) * x[0] + double(b.value) * x[1] + double(c.value) * x[2]) / double(area);
      const double node = std::clamp(std::floor(at) + 1., 0., double(grid.nx));
      out.push_back({std::uint64_t(k) * std::uint64_t(grid.ny) + std::uint64_t(j),
                     std::int32_t(node), -facing});
    }
}

/// @return  whether some place is inside more than once
bool fillByRows(const Mesh& mesh, const VoxelGrid& grid, std::vector<Material>& material,
                const Context& ctx) {
  bool twice = false;
  constexpr std::size_t kSlice = 16384;
  std::vector<std::vector<Crossing>> found((mesh.triangles.size() + kSlice - 1) / kSlice);
  parallelFor(mesh.triangles.size(), kSlice, [&](std::size_t begin, std::size_t end) {
    auto& out = found[begin / kSlice];
    for (std::size_t f = begin; f < end; ++f) {
      if (f % 64 == 0) ctx.check();
      addCrossings(mesh, mesh.triangles[f], grid, out);
    }
  });
  std::vector<Crossing> all;
  for (auto& some : found) {
    all.insert(all.end(), some.begin(), some.end());
    some = {};
  }
  ctx.check();
  std::ranges::sort(all);
  ctx.check();
  for (std::size_t i = 0; i < all.size();) {
    const std::uint64_t row = all[i].row;
    int winding = 0;
    for (; i < all.size() && all[i].row == row; ++i) {
      winding += all[i].turn;
      const bool more = i + 1 < all.size() && all[i + 1].row == row;
      if (winding < 1 || !more) continue;
      twice = twice || (winding > 1 && all[i + 1].node > all[i].node);
      const auto start = material.begin() + std::ptrdiff_t(row) * grid.nx;
      std::fill(start + all[i].node, start + all[i + 1].node, kUndecided);
    }
  }
  return twice;
}

constexpr int kBlock = 8;  // nodes along the side of a block decided by its corners
constexpr double kSure = 0.2;

/// Decides the blocks of one slab of nodes; near the surface and near the half level every node is
/// asked, elsewhere the winding number is harmonic and a block's corners speak for it.
class OpenFill {
 public:
  OpenFill(const WindingNumber& winding, const VoxelGrid& grid, const DistanceBand& band,
           const Context& ctx)
      : winding_(winding), grid_(grid), band_(band), ctx_(ctx) {}

  struct Value {
    std::size_t node;
    float winding;
  };

  void block(int bi, int bj, int bk, std::vector<Material>& material, std::vector<Value>& kept) {
    ctx_.check();
    const int i1 = std::min(bi + kBlock, grid_.nx), j1 = std::min(bj + kBlock, grid_.ny),
              k1 = std::min(bk + kBlock, grid_.nz);
    if (!touchesBand(bi, bj, bk, i1, j1, k1)) {
      int inside = 0, outside = 0;
      for (int corner = 0; corner < 8; ++corner) {
        const double w =
            winding_.at({float(corner & 1 ? i1 - 1 : bi), float(corner & 2 ? j1 - 1 : bj),
                         float(corner & 4 ? k1 - 1 : bk)});
        inside += w > 0.5 + kSure;
        outside += w < 0.5 - kSure;
      }
      if (outside == 8) return;
      if (inside == 8) {
        for (int k = bk; k < k1; ++k)
          for (int j = bj; j < j1; ++j)
            std::fill_n(material.begin() + std::ptrdiff_t(grid_.index(bi, j, k)), i1 - bi,
                        kUndecided);
        return;
      }
    }
    for (int k = bk; k < k1; ++k)
      for (int j = bj; j < j1; ++j)
        for (int i = bi; i < i1; ++i) {
          const std::size_t node = grid_.index(i, j, k);
          const double w = winding_.at({float(i), float(j), float(k)});
          // The rim of the grid stays outside whatever a wild surface says.
          const bool rim = i == 0 || j == 0 || k == 0 || i == grid_.nx - 1 || j == grid_.ny - 1 ||
                           k == grid_.nz - 1;
          if (w > 0.5 && !rim) material[node] = kUndecided;
          kept.push_back({node, float(w)});
        }
  }

 private:
  bool touchesBand(int i0, int j0, int k0, int i1, int j1, int k1) const {
    for (int k = k0; k < k1; ++k)
      for (int j = j0; j < j1; ++j)
        for (int i = i0; i < i1; ++i)
          if (band_.nodes.contains(grid_.index(i, j, k))) return true;
    return false;
  }

  const WindingNumber& winding_;
  const VoxelGrid& grid_;
  const DistanceBand& band_;
  const Context& ctx_;
};

void fillByWinding(const Mesh& mesh, const VoxelGrid& grid, const DistanceBand& band,
                   Inside& inside, const Context& ctx) {
  const WindingNumber winding(mesh);
  ctx.check();
  const int blocksY = (grid.ny + kBlock - 1) / kBlock, blocksZ = (grid.nz + kBlock - 1) / kBlock;
  const auto rows = std::size_t(blocksY) * std::size_t(blocksZ);
  std::vector<std::vector<OpenFill::Value>> kept(rows);
  parallelFor(rows, 1, [&](std::size_t begin, std::size_t end) {
    OpenFill fill(winding, grid, band, ctx);
    for (std::size_t row = begin; row < end; ++row)
      for (int i = 0; i < grid.nx; i += kBlock)
        fill.block(i, int(row % std::size_t(blocksY)) * kBlock,
                   int(row / std::size_t(blocksY)) * kBlock, inside.material, kept[row]);
  });
  inside.wound = RankMask(grid.nodes());
  for (const auto& some : kept)
    for (const auto& value : some) inside.wound.insert(value.node);
  inside.wound.number();
  inside.winding.resize(inside.wound.count());
  for (const auto& some : kept)
    for (const auto& value : some) inside.winding[inside.wound.rank(value.node)] = value.winding;
}

}  // namespace

Inside insideNodes(const Shell& shell, const VoxelGrid& grid, const DistanceBand& band,
                   const Context& ctx) {
  Inside inside;
  inside.material.assign(grid.nodes(), kOutside);
  if (shell.closed())
    inside.overlaps = fillByRows(shell.mesh, grid, inside.material, ctx);
  else
    fillByWinding(shell.mesh, grid, band, inside, ctx);
  return inside;
}

}  // namespace maquette
