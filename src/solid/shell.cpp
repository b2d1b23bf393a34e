#include "solid/shell.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "core/geometry/bounds.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "core/jobs/parallel.h"
#include "core/jobs/sorting.h"
#include "solid/hole_filling.h"
#include "solid/inner_sheets.h"
#include "solid/near_corners.h"
#include "solid/repeated_pieces.h"
#include "solid/winding_number.h"

namespace maquette {
namespace {

constexpr float kCrack = 1e-4f;  // of the diagonal; a fiftieth of the usual voxel

/// @return  how many were flagged
std::size_t remove(Shell& shell, const std::vector<std::uint8_t>& drop) {
  std::size_t kept = 0;
  for (std::size_t f = 0; f < drop.size(); ++f) {
    if (drop[f]) continue;
    shell.mesh.triangles[kept] = shell.mesh.triangles[f];
    shell.faceFrom[kept++] = shell.faceFrom[f];
  }
  shell.mesh.triangles.resize(kept);
  shell.faceFrom.resize(kept);
  return drop.size() - kept;
}

/// Drops triangles over the same three vertices as an earlier one, whichever way they face: a sheet
/// with two sides on top of each other would otherwise wind zero times around everything.
void dropDuplicates(Shell& shell, const Context& ctx) {
  const auto keyOf = [&](std::uint32_t f) {
    Triangle t = shell.mesh.triangles[f];
    std::ranges::sort(t);
    return t;
  };
  std::vector<std::uint32_t> order(shell.mesh.triangles.size());
  std::iota(order.begin(), order.end(), 0u);
  std::vector<Triangle> keys(order.size());
  for (const std::uint32_t f : order) keys[f] = keyOf(f);
  sortInSlices(
      order,
      [&](std::uint32_t l, std::uint32_t r) {
        return keys[l] != keys[r] ? keys[l] < keys[r] : l < r;
      },
      ctx);
  std::vector<std::uint8_t> drop(order.size(), 0);
  for (std::size_t i = 1; i < order.size(); ++i)
    if (keys[order[i]] == keys[order[i - 1]]) drop[order[i]] = 1;
  shell.duplicates += remove(shell, drop);
}

/// Joins what does not quite meet, and drops what that leaves without area.
void closeCracks(Shell& shell, const EdgeTable& edges, const Context& ctx) {
  const float apart = boundsOf(shell.mesh).diagonal() * kCrack;
  shell.cracks = joinNearCorners(shell.mesh, edges, apart, ctx);
  if (shell.cracks == 0) return;
  std::vector<std::uint8_t> drop(shell.mesh.triangles.size(), 0);
  for (std::size_t f = 0; f < drop.size(); ++f) {
    const Triangle& t = shell.mesh.triangles[f];
    drop[f] = t[0] == t[1] || t[1] == t[2] || t[2] == t[0];
  }
  remove(shell, drop);
  dropDuplicates(shell, ctx);
}

constexpr int kProbes = 24;             // points along each side of the box that are asked
constexpr double kMostDoubtful = 0.03;  // of the inside that patches may decide otherwise

/// Whether patches enclose what the open surface already winds around. They do not where pieces
/// that should have met were patched one by one.
bool patchesAgree(const Mesh& open, const Mesh& patched, const Context& ctx) {
  const Bounds box = boundsOf(open);
  const WindingNumber before(open, {}, ctx), after(patched, {}, ctx);
  std::array<std::size_t, kProbes> inside{}, doubtful{};
  parallelFor(kProbes, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k)
      for (int j = 0; j < kProbes; ++j) {
        ctx.check();
        for (int i = 0; i < kProbes; ++i) {
          Vec3 p = box.min;
          const float step[3] = {float(i), float(j), float(k)};
          for (int a = 0; a < 3; ++a) p[a] += box.size()[a] * (step[a] + 0.5f) / float(kProbes);
          const bool was = before.at(p) > 0.5, is = after.at(p) > 0.5;
          inside[k] += was || is;
          doubtful[k] += was != is;
        }
      }
  });
  return double(std::accumulate(doubtful.begin(), doubtful.end(), std::size_t{0})) <=
         kMostDoubtful * double(std::accumulate(inside.begin(), inside.end(), std::size_t{0}));
}

/// Adds patches over the holes, unless the surface is too ragged for them.
void closeHoles(Shell& shell, const EdgeTable& edges, const Context& ctx) {
  const HolePatches patches = fillHoles(shell.mesh, edges, ctx);
  Mesh patched = withPatches(shell.mesh, patches);
  shell.holes = patches.holes;
  shell.sign = Sign::wound;
  if (!patchesAgree(shell.mesh, patched, ctx)) return;
  shell.sign = Sign::filled;
  shell.mesh = std::move(patched);
  for (const std::uint32_t f : patches.beside) shell.faceFrom.push_back(shell.faceFrom[f]);
}

bool isOpen(const Mesh& mesh, const EdgeTable& edges) {
  return !std::ranges::all_of(edges.edges,
                              [&](const Edge& edge) { return balanced(mesh, edges, edge); });
}

}  // namespace

Shell prepareShell(const Mesh& mesh, const Context& ctx) {
  Shell shell;
  {
    Mesh bare;
    bare.positions = mesh.positions;
    bare.triangles = mesh.triangles;
    Welded welded = weld(bare, true, ctx);
    shell.mesh = std::move(welded.mesh);
    shell.faceFrom = std::move(welded.faceFrom);
  }
  ctx.check();
  dropDuplicates(shell, ctx);
  EdgeTable edges = edgesOf(shell.mesh, ctx);
  const auto leaveOut = [&](const std::vector<std::uint8_t>& drop, std::size_t& count) {
    const std::size_t left = remove(shell, drop);
    count += left;
    if (left > 0) edges = edgesOf(shell.mesh, ctx);
    return left > 0;
  };
  if (std::ranges::any_of(edges.edges, [](const Edge& e) { return e.count == 1; })) {
    closeCracks(shell, edges, ctx);
    if (shell.cracks > 0) edges = edgesOf(shell.mesh, ctx);
  }
  const float upon = boundsOf(shell.mesh).diagonal() * kCrack;
  leaveOut(repeatedPieces(shell.mesh, edges, upon, ctx), shell.duplicates);
  if (std::ranges::any_of(edges.edges, [](const Edge& e) { return e.count != 2; }))
    leaveOut(innerSheets(shell.mesh, edges, ctx), shell.inner);
  ctx.check();
  shell.turned = faceOutwards(shell.mesh, edges, ctx);
  ctx.check();
  if (!isOpen(shell.mesh, edges)) return shell;
  // Some of what is inside is only seen through the holes.
  if (leaveOut(innerSheetsBehindHoles(shell.mesh, edges, ctx), shell.inner)) {
    const Turned again = faceOutwards(shell.mesh, edges, ctx);
    shell.turned.pieces += again.pieces;
    shell.turned.triangles += again.triangles;
  }
  if (isOpen(shell.mesh, edges)) closeHoles(shell, edges, ctx);
  return shell;
}

}  // namespace maquette
