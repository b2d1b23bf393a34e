#include "solid/inner_sheets.h"

#include <algorithm>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/parallel.h"
#include "solid/facing.h"
#include "solid/hole_filling.h"
#include "solid/outlook.h"

namespace maquette {
namespace {

constexpr std::size_t kMostSheets = 4000;     // more are a soup, which the winding number settles
constexpr std::size_t kSamples = 16;          // triangles of a sheet that look around
constexpr double kNearlyClosed = 0.1;         // of its area, what its normals add up to
constexpr std::size_t kMostLooked = 2000000;  // triangles, in all looks through holes

/// Whether any ray from either side of the triangle leaves what stands in the tree.
bool seesOut(const TriangleTree& tree, const Mesh& mesh, std::uint32_t face, float off) {
  for (int d = 0; d < kOutlooks; ++d)
    if (Outlook(mesh, face, d, off).leaves(tree)) return true;
  return false;
}

bool seesOut(const TriangleTree& tree, const Mesh& mesh, const std::vector<std::uint32_t>& sheet,
             float off) {
  const std::size_t step = std::max<std::size_t>(1, sheet.size() / kSamples);
  for (std::size_t i = step / 2; i < sheet.size(); i += step)
    if (seesOut(tree, mesh, sheet[i], off)) return true;
  return false;
}

/// The triangles of each sheet that ends somewhere; none where there are very many. The wall of a
/// cavity with small holes of its own is no sheet.
std::vector<std::vector<std::uint32_t>> sheetsOf(const Mesh& mesh, const EdgeTable& edges) {
  DisjointSets sets = sheetSets(mesh, edges);
  std::vector<std::uint8_t> ends(mesh.triangles.size(), 0);  // by the set's first triangle
  for (const Edge& edge : edges.edges)
    if (edge.count != 2)
      for (const std::uint32_t f : edges.facesOf(edge)) ends[sets.find(f)] = 1;
  if (std::size_t(std::ranges::count(ends, 1)) > kMostSheets) return {};
  std::vector<std::vector<std::uint32_t>> sheets;
  std::vector<Vec3> sum;
  std::vector<double> size;
  std::vector<std::uint32_t> numberOf(mesh.triangles.size(), 0);
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    const std::uint32_t root = sets.find(f);
    if (!ends[root]) continue;
    if (numberOf[root] == 0) {
      sheets.emplace_back();
      sum.emplace_back();
      size.push_back(0.);
      numberOf[root] = static_cast<std::uint32_t>(sheets.size());
    }
    sheets[numberOf[root] - 1].push_back(f);
    const Vec3 area = areaVector(mesh, mesh.triangles[f]);
    sum[numberOf[root] - 1] += area;
    size[numberOf[root] - 1] += double(length(area));
  }
  std::size_t s = 0;
  std::erase_if(sheets, [&](const auto&) {
    const bool nearlyClosed = double(length(sum[s])) < kNearlyClosed * size[s];
    ++s;
    return nearlyClosed;
  });
  return sheets;
}

/// What is neither left out nor in the sheet, with its holes patched.
Mesh patchedRest(const Mesh& mesh, const std::vector<std::uint8_t>& out,
                 const std::vector<std::uint32_t>& sheet, const Context& ctx) {
  std::vector<std::uint8_t> drop = out;
  for (const std::uint32_t f : sheet) drop[f] = 1;
  Mesh rest;
  rest.positions = mesh.positions;
  for (std::size_t f = 0; f < drop.size(); ++f)
    if (!drop[f]) rest.triangles.push_back(mesh.triangles[f]);
  return withPatches(rest, fillHoles(rest, edgesOf(rest, ctx), ctx));
}

}  // namespace

std::vector<std::uint8_t> innerSheets(const Mesh& mesh, const EdgeTable& edges,
                                      const Context& ctx) {
  std::vector<std::uint8_t> inner(mesh.triangles.size(), 0);
  const auto sheets = sheetsOf(mesh, edges);
  ctx.check();
  if (sheets.empty() || sheets[0].size() == mesh.triangles.size()) return inner;
  const TriangleTree tree(mesh, ctx);
  const float off = boundsOf(mesh).diagonal() * kBesideTriangle;
  parallelFor(sheets.size(), 1, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t s = begin; s < end; ++s)
      if (!seesOut(tree, mesh, sheets[s], off))
        for (const std::uint32_t f : sheets[s]) inner[f] = 1;
  });
  return inner;
}

std::vector<std::uint8_t> innerSheetsBehindHoles(const Mesh& mesh, const EdgeTable& edges,
                                                 const Context& ctx) {
  std::vector<std::uint8_t> inner(mesh.triangles.size(), 0);
  auto sheets = sheetsOf(mesh, edges);
  ctx.check();
  std::ranges::stable_sort(sheets, {}, &std::vector<std::uint32_t>::size);
  const std::size_t most = kMostLooked / std::max<std::size_t>(1, mesh.triangles.size());
  const float off = boundsOf(mesh).diagonal() * kBesideTriangle;
  for (std::size_t s = 0; s < sheets.size() && s < most; ++s) {
    if (sheets[s].size() == mesh.triangles.size()) break;
    const Mesh rest = patchedRest(mesh, inner, sheets[s], ctx);
    if (rest.triangles.empty()) break;
    if (!seesOut(TriangleTree(rest, ctx), mesh, sheets[s], off))
      for (const std::uint32_t f : sheets[s]) inner[f] = 1;
  }
  return inner;
}

}  // namespace maquette
