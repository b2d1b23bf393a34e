#include "solid/inner_sheets.h"

#include <algorithm>

#include "core/geometry/disjoint_sets.h"
#include "core/geometry/triangle_tree.h"
#include "core/jobs/parallel.h"
#include "solid/outlook.h"

namespace maquette {
namespace {

constexpr std::size_t kMostSheets = 4000;  // more are a soup, which the winding number settles
constexpr std::size_t kSamples = 16;       // triangles of a sheet that look around

/// Whether any ray from either side of the triangle leaves the mesh.
bool seesOut(const TriangleTree& tree, const Mesh& mesh, std::uint32_t face, float off) {
  for (int d = 0; d < kOutlooks; ++d)
    if (Outlook(mesh, face, d, off).leaves(tree)) return true;
  return false;
}

}  // namespace

std::vector<std::uint8_t> innerSheets(const Mesh& mesh, const EdgeTable& edges,
                                      const Context& ctx) {
  std::vector<std::uint8_t> inner(mesh.triangles.size(), 0);
  DisjointSets sets(mesh.triangles.size());
  for (const Edge& edge : edges.edges)
    if (edge.count == 2) {
      const auto f = edges.facesOf(edge);
      sets.join(f[0], f[1]);
    }
  ctx.check();
  std::vector<std::uint8_t> ends(mesh.triangles.size(), 0);  // by the set's first triangle
  for (const Edge& edge : edges.edges)
    if (edge.count != 2)
      for (const std::uint32_t f : edges.facesOf(edge)) ends[sets.find(f)] = 1;
  const auto sheets = std::size_t(std::ranges::count(ends, 1));
  if (sheets > kMostSheets) return inner;

  std::vector<std::vector<std::uint32_t>> faces;
  std::vector<std::uint32_t> numberOf(mesh.triangles.size(), 0);
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    const std::uint32_t root = sets.find(f);
    if (!ends[root]) continue;
    if (numberOf[root] == 0) {
      faces.emplace_back();
      numberOf[root] = static_cast<std::uint32_t>(faces.size());
    }
    faces[numberOf[root] - 1].push_back(f);
  }
  ctx.check();
  const TriangleTree tree(mesh, ctx);
  const float off = boundsOf(mesh).diagonal() * kBesideTriangle;
  parallelFor(faces.size(), 1, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t s = begin; s < end; ++s) {
      const std::size_t step = std::max<std::size_t>(1, faces[s].size() / kSamples);
      bool seen = false;
      for (std::size_t i = step / 2; i < faces[s].size() && !seen; i += step)
        seen = seesOut(tree, mesh, faces[s][i], off);
      if (!seen)
        for (const std::uint32_t f : faces[s]) inner[f] = 1;
    }
  });
  return inner;
}

}  // namespace maquette
