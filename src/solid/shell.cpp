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
#include "solid/winding_number.h"

namespace maquette {
namespace {

constexpr std::size_t kChecked = 1 << 16;  // elements between two looks at the context

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
  shell.duplicates = remove(shell, drop);
}

bool runsForward(const Triangle& t, const Edge& edge) {
  for (std::size_t k = 0; k < 3; ++k)
    if (t[k] == edge.a && t[(k + 1) % 3] == edge.b) return true;
  return false;
}

/// Makes neighbours across ordinary edges agree, breadth first.
void agree(Mesh& mesh, const EdgeTable& edges, const Context& ctx) {
  std::vector<std::uint8_t> seen(mesh.triangles.size(), 0);
  std::vector<std::uint32_t> queue;
  for (std::uint32_t seed = 0; seed < seen.size(); ++seed) {
    if (seen[seed]) continue;
    seen[seed] = 1;
    queue.assign(1, seed);
    for (std::size_t head = 0; head < queue.size(); ++head) {
      if (head % kChecked == 0) ctx.check();
      const std::uint32_t face = queue[head];
      for (const std::uint32_t e : edges.ofFace[face]) {
        if (e == EdgeTable::kNoEdge || edges.edges[e].count != 2) continue;
        const auto around = edges.facesOf(edges.edges[e]);
        const std::uint32_t next = around[0] == face ? around[1] : around[0];
        if (seen[next]) continue;
        seen[next] = 1;
        Triangle& t = mesh.triangles[next];
        if (runsForward(t, edges.edges[e]) == runsForward(mesh.triangles[face], edges.edges[e]))
          std::swap(t[1], t[2]);
        queue.push_back(next);
      }
    }
  }
}

bool balanced(const Mesh& mesh, const EdgeTable& edges) {
  return std::ranges::all_of(edges.edges, [&](const Edge& edge) {
    int sum = 0;
    for (const std::uint32_t f : edges.facesOf(edge))
      sum += runsForward(mesh.triangles[f], edge) ? 1 : -1;
    return sum == 0;
  });
}

bool anyInconsistent(const Mesh& mesh, const EdgeTable& edges) {
  return std::ranges::any_of(edges.edges, [&](const Edge& edge) {
    const auto f = edges.facesOf(edge);
    return edge.count == 2 &&
           runsForward(mesh.triangles[f[0]], edge) == runsForward(mesh.triangles[f[1]], edge);
  });
}

/// Volume of each piece around its own centre, which also means something for one with a small
/// hole.
std::vector<double> volumesOf(const Mesh& mesh, const std::vector<std::uint32_t>& pieceOf,
                              std::size_t pieces) {
  std::vector<Bounds> boxes(pieces);
  for (std::size_t f = 0; f < pieceOf.size(); ++f)
    for (const std::uint32_t v : mesh.triangles[f]) boxes[pieceOf[f]].add(mesh.positions[v]);
  std::vector<double> volumes(pieces, 0.);
  for (std::size_t f = 0; f < pieceOf.size(); ++f) {
    const Triangle& t = mesh.triangles[f];
    const Vec3 c = boxes[pieceOf[f]].centre();
    volumes[pieceOf[f]] += double(
        dot(mesh.positions[t[0]] - c, cross(mesh.positions[t[1]] - c, mesh.positions[t[2]] - c)));
  }
  return volumes;
}

/// Turns pieces of negative volume over, unless they are the wall of a cavity in another piece.
std::size_t turnOutwards(Mesh& mesh, const EdgeTable& edges, const Context& ctx) {
  const auto pieceOf = shellsOf(mesh, edges, ctx);
  const std::size_t pieces = pieceOf.empty() ? 0 : 1 + *std::ranges::max_element(pieceOf);
  auto volumes = volumesOf(mesh, pieceOf, pieces);
  if (std::ranges::all_of(volumes, [](double v) { return v >= 0.; })) return 0;
  const bool allTurned = std::accumulate(volumes.begin(), volumes.end(), 0.) < 0.;
  if (allTurned) {
    for (Triangle& t : mesh.triangles) std::swap(t[1], t[2]);
    for (double& v : volumes) v = -v;
  }
  std::vector<std::uint32_t> solidFaces;
  std::vector<std::uint32_t> firstFace(pieces, 0xffffffffu);
  for (std::uint32_t f = 0; f < pieceOf.size(); ++f) {
    if (volumes[pieceOf[f]] > 0.) solidFaces.push_back(f);
    firstFace[pieceOf[f]] = std::min(firstFace[pieceOf[f]], f);
  }
  std::vector<std::uint8_t> turn(pieces, 0);
  if (!solidFaces.empty()) {
    const WindingNumber solids(mesh, solidFaces, ctx);
    for (std::size_t piece = 0; piece < pieces; ++piece) {
      ctx.check();
      turn[piece] = volumes[piece] < 0. &&
                    solids.at(faceCentre(mesh, mesh.triangles[firstFace[piece]])) < 0.5;
    }
  }
  for (std::size_t f = 0; f < pieceOf.size(); ++f)
    if (turn[pieceOf[f]]) std::swap(mesh.triangles[f][1], mesh.triangles[f][2]);
  return std::size_t(std::ranges::count(turn, 1)) + (allTurned ? 1 : 0);
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
  HolePatches patches = fillHoles(shell.mesh, edges, ctx);
  shell.holes = patches.holes;
  Mesh patched = shell.mesh;
  patched.positions.insert(patched.positions.end(), patches.added.begin(), patches.added.end());
  patched.triangles.insert(patched.triangles.end(), patches.triangles.begin(),
                           patches.triangles.end());
  shell.sign = Sign::wound;
  if (!patchesAgree(shell.mesh, patched, ctx)) return;
  shell.sign = Sign::filled;
  shell.mesh = std::move(patched);
  for (const std::uint32_t f : patches.beside) shell.faceFrom.push_back(shell.faceFrom[f]);
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
  if (std::ranges::any_of(edges.edges, [](const Edge& e) { return e.count != 2; })) {
    shell.inner = remove(shell, innerSheets(shell.mesh, edges, ctx));
    if (shell.inner > 0) edges = edgesOf(shell.mesh, ctx);
  }
  if (anyInconsistent(shell.mesh, edges)) agree(shell.mesh, edges, ctx);
  ctx.check();
  shell.turned = turnOutwards(shell.mesh, edges, ctx);
  ctx.check();
  if (!balanced(shell.mesh, edges)) closeHoles(shell, edges, ctx);
  return shell;
}

}  // namespace maquette
