#include "core/geometry/topology.h"

#include <algorithm>
#include <limits>

#include "core/geometry/disjoint_sets.h"
#include "core/jobs/sorting.h"

namespace maquette {
namespace {

constexpr std::size_t kChecked = 1 << 16;  // elements between two looks at the context

struct Side {
  std::uint64_t key;   // (a << 32) | b with a < b
  std::uint32_t slot;  // 3 * face + side
};

bool runsForward(const Mesh& mesh, std::uint32_t face, const Edge& edge) {
  const Triangle& t = mesh.triangles[face];
  for (int k = 0; k < 3; ++k)
    if (t[k] == edge.a && t[(k + 1) % 3] == edge.b) return true;
  return false;
}

bool isDegenerate(const Triangle& t) { return t[0] == t[1] || t[1] == t[2] || t[2] == t[0]; }

/// Vertices whose triangles are not one fan, joining triangles across the edges at the vertex.
std::int64_t countPinchedVertices(const Mesh& mesh, const EdgeTable& table) {
  DisjointSets fans(mesh.triangles.size() * 3);  // one element a corner
  const auto cornerAt = [&](std::uint32_t face, std::uint32_t vertex) {
    const Triangle& t = mesh.triangles[face];
    return 3 * face + (t[0] == vertex ? 0u : t[1] == vertex ? 1u : 2u);
  };
  for (const Edge& edge : table.edges) {
    const auto faces = table.facesOf(edge);
    for (std::size_t i = 1; i < faces.size(); ++i)
      for (const std::uint32_t v : {edge.a, edge.b})
        fans.join(cornerAt(faces[0], v), cornerAt(faces[i], v));
  }
  constexpr auto kNone = std::numeric_limits<std::uint32_t>::max(), kSeveral = kNone - 1;
  std::vector<std::uint32_t> fanOf(mesh.positions.size(), kNone);
  std::int64_t pinched = 0;
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    if (isDegenerate(mesh.triangles[f])) continue;
    for (std::uint32_t k = 0; k < 3; ++k) {
      const std::uint32_t v = mesh.triangles[f][k];
      const std::uint32_t fan = fans.find(3 * f + k);
      if (fanOf[v] == kNone) fanOf[v] = fan;
      if (fanOf[v] == fan || fanOf[v] == kSeveral) continue;
      fanOf[v] = kSeveral;
      ++pinched;
    }
  }
  return pinched;
}

}  // namespace

EdgeTable edgesOf(const Mesh& mesh, const Context& ctx) {
  std::vector<Side> sides;
  sides.reserve(mesh.triangles.size() * 3);
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    if (f % kChecked == 0) ctx.check();
    const Triangle& t = mesh.triangles[f];
    for (std::uint32_t k = 0; k < 3; ++k) {
      const auto [a, b] = std::minmax(t[k], t[(k + 1) % 3]);
      if (a != b) sides.push_back({(std::uint64_t{a} << 32) | b, 3 * f + k});
    }
  }
  sortInSlices(
      sides,
      [](const Side& l, const Side& r) { return l.key != r.key ? l.key < r.key : l.slot < r.slot; },
      ctx);
  EdgeTable table;
  table.faces.reserve(sides.size());
  table.edges.reserve(sides.size() / 2);
  table.ofFace.assign(mesh.triangles.size(),
                      {EdgeTable::kNoEdge, EdgeTable::kNoEdge, EdgeTable::kNoEdge});
  for (const Side& side : sides) {
    if (table.faces.size() % kChecked == 0) ctx.check();
    const auto a = static_cast<std::uint32_t>(side.key >> 32);
    const auto b = static_cast<std::uint32_t>(side.key);
    if (table.edges.empty() || table.edges.back().a != a || table.edges.back().b != b)
      table.edges.push_back({a, b, static_cast<std::uint32_t>(table.faces.size()), 0});
    ++table.edges.back().count;
    table.faces.push_back(side.slot / 3);
    table.ofFace[side.slot / 3][side.slot % 3] = static_cast<std::uint32_t>(table.edges.size() - 1);
  }
  return table;
}

std::vector<std::uint32_t> shellsOf(const Mesh& mesh, const EdgeTable& edges, const Context& ctx) {
  DisjointSets sets(mesh.triangles.size());
  for (std::size_t e = 0; e < edges.edges.size(); ++e) {
    if (e % kChecked == 0) ctx.check();
    const auto faces = edges.facesOf(edges.edges[e]);
    for (std::size_t i = 1; i < faces.size(); ++i) sets.join(faces[0], faces[i]);
  }
  constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> number(mesh.triangles.size(), kNone);
  std::vector<std::uint32_t> shells(mesh.triangles.size());
  std::uint32_t next = 0;
  for (std::uint32_t f = 0; f < shells.size(); ++f) {
    if (f % kChecked == 0) ctx.check();
    std::uint32_t& n = number[sets.find(f)];
    if (n == kNone) n = next++;
    shells[f] = n;
  }
  return shells;
}

TopologyReport examine(const Mesh& mesh) {
  TopologyReport report;
  const EdgeTable table = edgesOf(mesh);
  report.triangles = static_cast<std::int64_t>(mesh.triangles.size());
  report.edges = static_cast<std::int64_t>(table.edges.size());
  for (const Triangle& t : mesh.triangles) report.degenerateTriangles += isDegenerate(t);
  std::vector<std::uint8_t> used(mesh.positions.size(), 0);
  for (const Triangle& t : mesh.triangles)
    for (const std::uint32_t v : t) used[v] = 1;
  report.vertices = std::ranges::count(used, 1);
  for (const Edge& edge : table.edges) {
    if (edge.count == 1) ++report.openEdges;
    if (edge.count > 2) ++report.nonManifoldEdges;
    if (edge.count == 2) {
      const auto faces = table.facesOf(edge);
      report.inconsistentEdges +=
          runsForward(mesh, faces[0], edge) == runsForward(mesh, faces[1], edge);
    }
  }
  const auto shells = shellsOf(mesh, table);
  if (!shells.empty()) report.shells = 1 + *std::ranges::max_element(shells);
  report.nonManifoldVertices = countPinchedVertices(mesh, table);
  return report;
}

}  // namespace maquette
