#include "solid/label_field.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr int kCoarsest = 20;  // nodes along the longest side of the coarsest level
constexpr int kCoarsestSweeps = 120;
constexpr int kSweeps = 12;                // between
constexpr int kFinestSweeps = 6;           // narrow around the cuts
constexpr std::size_t kScanned = 1 << 22;  // nodes between two looks at the context
constexpr int kReach = 1;  // coarse nodes around a cut that the finest level solves again

using Levels = std::vector<LabelLevel>;
using Flags = std::vector<std::uint8_t>;  // one per node of a level

/// Runs body(j, k) over all rows of nodes.
template <class Body>
void overRows(int ny, int nz, const Context& ctx, Body&& body) {
  parallelFor(std::size_t(ny) * std::size_t(nz), 64, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t row = begin; row < end; ++row)
      body(int(row % std::size_t(ny)), int(row / std::size_t(ny)));
  });
}

/// The level of half the resolution. A coarse node is inside where any of its eight children is, so
/// thin walls survive, and skin where any child is, with the mean of their claims.
/// @param claimsOf  a skin child's claims
template <class ClaimsOf>
LabelLevel coarsened(const LabelLevel& fine, const Context& ctx, ClaimsOf&& claimsOf) {
  LabelLevel coarse;
  coarse.nx = (fine.nx + 1) / 2;
  coarse.ny = (fine.ny + 1) / 2;
  coarse.nz = (fine.nz + 1) / 2;
  const std::size_t nodes =
      std::size_t(coarse.nx) * std::size_t(coarse.ny) * std::size_t(coarse.nz);
  coarse.kind.assign(nodes, NodeKind::outside);
  const auto children = [&](int i, int j, int k, auto&& visit) {
    for (int c = 0; c < 8; ++c) {
      const int x = 2 * i + (c & 1), y = 2 * j + (c >> 1 & 1), z = 2 * k + (c >> 2 & 1);
      if (x < fine.nx && y < fine.ny && z < fine.nz) visit(fine.index(x, y, z));
    }
  };
  overRows(coarse.ny, coarse.nz, ctx, [&](int j, int k) {
    for (int i = 0; i < coarse.nx; ++i) {
      NodeKind& kind = coarse.kind[coarse.index(i, j, k)];
      children(i, j, k, [&](std::size_t child) { kind = std::max(kind, fine.kind[child]); });
    }
  });
  coarse.stored = RankMask(nodes);
  for (std::size_t n = 0; n < nodes; ++n) {
    if (n % kScanned == 0) ctx.check();
    if (coarse.kind[n] != NodeKind::outside) coarse.stored.insert(n);
  }
  coarse.stored.number();
  coarse.claims.resize(coarse.stored.count());
  overRows(coarse.ny, coarse.nz, ctx, [&](int j, int k) {
    for (int i = 0; i < coarse.nx; ++i) {
      const std::size_t node = coarse.index(i, j, k);
      if (coarse.kind[node] != NodeKind::skin) continue;
      ClaimSum sum;
      children(i, j, k, [&](std::size_t child) {
        if (fine.kind[child] == NodeKind::skin) sum.add(claimsOf(child), 1.f);
      });
      coarse.claims[coarse.stored.rank(node)] = sum.result();
    }
  });
  return coarse;
}

/// One red-black Gauss-Seidel sweep of Laplace's equation over the stored free nodes; a node with a
/// neighbour that is not stored keeps its value. Each colour reads only the other: the result does
/// not depend on threads.
/// @param near  flags of the next coarser level, under which nodes are solved; null: all are
void sweep(LabelLevel& level, const Flags* near, const Context& ctx) {
  const std::ptrdiff_t steps[6] = {-1,
                                   1,
                                   -std::ptrdiff_t(level.nx),
                                   level.nx,
                                   -std::ptrdiff_t(level.nx) * level.ny,
                                   std::ptrdiff_t(level.nx) * level.ny};
  for (std::size_t colour = 0; colour < 2; ++colour)
    overRows(level.ny, level.nz, ctx, [&](int j, int k) {
      const std::size_t row = level.index(0, j, k);
      const std::size_t coarseRow =
          (std::size_t(k / 2) * std::size_t((level.ny + 1) / 2) + std::size_t(j / 2)) *
          std::size_t((level.nx + 1) / 2);
      level.stored.forEach(row, row + std::size_t(level.nx), [&](std::size_t node) {
        if (level.kind[node] != NodeKind::free || ((node - row + j + k) & 1) != colour) return;
        const int i = int(node - row);
        if (near && !(*near)[coarseRow + std::size_t(i / 2)]) return;
        const bool there[6] = {i > 0, i + 1 < level.nx, j > 0, j + 1 < level.ny,
                               k > 0, k + 1 < level.nz};
        std::array<const Claims*, 6> around{};
        std::size_t count = 0;
        for (int s = 0; s < 6; ++s) {
          if (!there[s]) continue;
          const auto next = std::size_t(std::ptrdiff_t(node) + steps[s]);
          if (level.kind[next] == NodeKind::outside) continue;
          if (!level.stored.contains(next)) return;
          around[count++] = &level.claims[level.stored.rank(next)];
        }
        const Claims mixed = meanOf(std::span(around).first(count));
        if (!mixed.empty()) level.claims[level.stored.rank(node)] = mixed;
      });
    });
}

void prolong(const LabelLevel& coarse, LabelLevel& fine, const Context& ctx) {
  overRows(fine.ny, fine.nz, ctx, [&](int j, int k) {
    const std::size_t row = fine.index(0, j, k);
    fine.stored.forEach(row, row + std::size_t(fine.nx), [&](std::size_t node) {
      if (fine.kind[node] == NodeKind::free)
        fine.claims[fine.stored.rank(node)] = interpolated(coarse, int(node - row), j, k);
    });
  });
}

Material winner(const LabelLevel& level, std::size_t node) {
  return level.stored.contains(node) ? level.claims[level.stored.rank(node)].part[0] : kOutside;
}

/// Coarse nodes near a cut: a neighbour or a skin child belongs to somebody else, or their claims
/// are unknown; grown by kReach.
/// @param ownerOf  the part of a skin node of the finer level
template <class OwnerOf>
Flags nearCuts(const LabelLevel& coarse, const LabelLevel& fine, OwnerOf&& ownerOf,
               const Context& ctx) {
  Flags near(coarse.nodes(), 0);
  std::vector<Material> winners(coarse.nodes(), kOutside);
  overRows(coarse.ny, coarse.nz, ctx, [&](int j, int k) {
    const std::size_t row = coarse.index(0, j, k);
    coarse.stored.forEach(row, row + std::size_t(coarse.nx), [&](std::size_t node) {
      winners[node] = coarse.claims[coarse.stored.rank(node)].part[0];
    });
  });
  overRows(coarse.ny, coarse.nz, ctx, [&](int j, int k) {
    for (int i = 0; i < coarse.nx; ++i) {
      const std::size_t node = coarse.index(i, j, k);
      if (coarse.kind[node] == NodeKind::outside) continue;
      const Material mine = winners[node];
      bool mixed = mine == kOutside;
      for (int c = 0; c < 9 && !mixed; ++c) {
        const int y = j + c % 3 - 1, z = k + c / 3 - 1;
        if (y < 0 || z < 0 || y >= coarse.ny || z >= coarse.nz) continue;
        const Material* const row = &winners[coarse.index(0, y, z)];
        for (int x = std::max(i - 1, 0); x <= std::min(i + 1, coarse.nx - 1); ++x)
          mixed = mixed || (row[x] != kOutside && row[x] != mine);
      }
      for (int c = 0; c < 8 && !mixed; ++c) {
        const int x = 2 * i + (c & 1), y = 2 * j + (c >> 1 & 1), z = 2 * k + (c >> 2 & 1);
        if (x >= fine.nx || y >= fine.ny || z >= fine.nz) continue;
        const std::size_t child = fine.index(x, y, z);
        mixed = fine.kind[child] == NodeKind::skin && ownerOf(child) != mine;
      }
      near[node] = mixed;
    }
  });
  const std::ptrdiff_t steps[3] = {1, coarse.nx, std::ptrdiff_t(coarse.nx) * coarse.ny};
  Flags grown(near.size());
  for (int axis = 0; axis < 3; ++axis) {
    overRows(coarse.ny, coarse.nz, ctx, [&](int j, int k) {
      for (int i = 0; i < coarse.nx; ++i) {
        const int at = axis == 0 ? i : axis == 1 ? j : k;
        const int side = axis == 0 ? coarse.nx : axis == 1 ? coarse.ny : coarse.nz;
        const std::size_t node = coarse.index(i, j, k);
        std::uint8_t any = 0;
        for (int d = std::max(-kReach, -at); d <= std::min(kReach, side - 1 - at); ++d)
          any |= near[std::size_t(std::ptrdiff_t(node) + d * steps[axis])];
        grown[node] = any;
      }
    });
    std::swap(near, grown);
  }
  return near;
}

/// Blends claims along the skin, so that the seam runs between nodes instead of around them.
void blendSkin(LabelLevel& level, const std::vector<Material>& material, int rounds,
               const Context& ctx) {
  std::vector<Claims> before;
  for (int round = 0; round < rounds; ++round) {
    before = level.claims;
    overRows(level.ny, level.nz, ctx, [&](int j, int k) {
      const std::size_t row = level.index(0, j, k);
      level.stored.forEach(row, row + std::size_t(level.nx), [&](std::size_t node) {
        if (level.kind[node] != NodeKind::skin) return;
        const int i = int(node - row);
        ClaimSum sum;
        for (int c = 0; c < 27; ++c) {
          const int x = i + c % 3 - 1, y = j + c / 3 % 3 - 1, z = k + c / 9 - 1;
          if (x < 0 || y < 0 || z < 0 || x >= level.nx || y >= level.ny || z >= level.nz) continue;
          const std::size_t next = level.index(x, y, z);
          if (level.kind[next] != NodeKind::skin) continue;
          const float weight = c == 13 ? 2.f : 1.f;
          if (level.stored.contains(next))
            sum.add(before[level.stored.rank(next)], weight);
          else
            sum.add(material[next], weight);
        }
        level.claims[level.stored.rank(node)] = sum.result();
      });
    });
  }
}

/// Levels above the finest, solved; the first is half the resolution of `finest`.
LabelLevel solvedCoarse(const LabelLevel& finest, const std::vector<Material>& material,
                        const Context& ctx) {
  Levels levels;
  levels.push_back(
      coarsened(finest, ctx, [&](std::size_t n) { return Claims::sole(material[n]); }));
  while (std::max({levels.back().nx, levels.back().ny, levels.back().nz}) > kCoarsest) {
    const LabelLevel& fine = levels.back();
    LabelLevel coarse =
        coarsened(fine, ctx, [&](std::size_t n) { return fine.claims[fine.stored.rank(n)]; });
    levels.push_back(std::move(coarse));
  }
  for (int s = 0; s < kCoarsestSweeps; ++s) sweep(levels.back(), nullptr, ctx);
  while (levels.size() > 1) {
    LabelLevel& fine = levels[levels.size() - 2];
    prolong(levels.back(), fine, ctx);
    // Far from the cuts what the coarser level says is good enough.
    const Flags near = nearCuts(
        levels.back(), fine, [&](std::size_t node) { return winner(fine, node); }, ctx);
    levels.pop_back();
    for (int s = 0; s < kSweeps; ++s) sweep(levels.back(), &near, ctx);
    ctx.report(1.f / float(levels.size()));
  }
  return std::move(levels.front());
}

/// Nodes that nobody reached (a part of the inside without skin cannot be; a grid of a few nodes
/// can) go to the first part.
void settle(LabelField& field, const LabelLevel& finest, const LabelLevel& coarse,
            const Context& ctx) {
  overRows(finest.ny, finest.nz, ctx, [&](int j, int k) {
    for (int i = 0; i < finest.nx; ++i) {
      const std::size_t node = finest.index(i, j, k);
      if (finest.kind[node] == NodeKind::outside) continue;
      if (finest.stored.contains(node))
        field.material[node] = finest.claims[finest.stored.rank(node)].part[0];
      else if (finest.kind[node] == NodeKind::free)
        field.material[node] = winner(coarse, coarse.index(i / 2, j / 2, k / 2));
      if (field.material[node] == kOutside) field.material[node] = 0;
    }
  });
}

}  // namespace

LabelField shareOut(std::vector<Material> material, const VoxelGrid& grid,
                    const std::vector<SkinNode>& skin, float smoothing, const Context& ctx) {
  LabelField field;
  field.material = std::move(material);
  LabelLevel finest;
  finest.nx = grid.nx;
  finest.ny = grid.ny;
  finest.nz = grid.nz;
  finest.kind.assign(grid.nodes(), NodeKind::outside);
  overRows(grid.ny, grid.nz, ctx, [&](int j, int k) {
    for (int i = 0; i < grid.nx; ++i)
      if (const std::size_t n = grid.index(i, j, k); field.material[n] != kOutside)
        finest.kind[n] = NodeKind::free;
  });
  for (const SkinNode& s : skin) {
    finest.kind[s.node] = NodeKind::skin;
    field.material[s.node] = s.part;
  }
  const LabelLevel coarse = solvedCoarse(finest, field.material, ctx.part(0.f, 0.7f));
  const Flags near = nearCuts(
      coarse, finest, [&](std::size_t node) { return field.material[node]; }, ctx);
  finest.stored = RankMask(grid.nodes());
  for (int k = 0; k < grid.nz; ++k) {
    ctx.check();
    for (int j = 0; j < grid.ny; ++j)
      for (int i = 0; i < grid.nx; ++i) {
        const std::size_t node = grid.index(i, j, k);
        if (finest.kind[node] != NodeKind::outside && near[coarse.index(i / 2, j / 2, k / 2)])
          finest.stored.insert(node);
      }
  }
  finest.stored.number();
  finest.claims.resize(finest.stored.count());
  overRows(grid.ny, grid.nz, ctx, [&](int j, int k) {
    const std::size_t row = grid.index(0, j, k);
    finest.stored.forEach(row, row + std::size_t(grid.nx), [&](std::size_t node) {
      if (finest.kind[node] == NodeKind::skin)
        finest.claims[finest.stored.rank(node)] = Claims::sole(field.material[node]);
    });
  });
  prolong(coarse, finest, ctx);
  blendSkin(finest, field.material, int(std::lround(2.f * smoothing)), ctx);
  for (int s = 0; s < kFinestSweeps; ++s) {
    sweep(finest, nullptr, ctx);
    ctx.report(0.7f + 0.3f * float(s + 1) / float(kFinestSweeps));
  }
  settle(field, finest, coarse, ctx);
  field.stored = std::move(finest.stored);
  field.claims = std::move(finest.claims);
  return field;
}

}  // namespace maquette
