#include "classical/surface_graph.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <tuple>

#include "core/geometry/bounds.h"
#include "core/geometry/disjoint_sets.h"
#include "core/geometry/measures.h"
#include "core/geometry/triangle_tree.h"
#include "core/geometry/weld.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
/// What an edge with three or more triangles counts as, at least: solids that touch along it are
/// different things to a person.
constexpr float kSeamBend = 0.6f;

bool usesTwice(const Triangle& t) { return t[0] == t[1] || t[1] == t[2] || t[2] == t[0]; }

bool before(Vec3 a, Vec3 b) { return std::tie(a.x, a.y, a.z) < std::tie(b.x, b.y, b.z); }

/// Spreads the lower 21 bits so that two zeros follow each.
std::uint64_t spread(std::uint64_t v) {
  v &= 0x1fffff;
  v = (v | v << 32) & 0x1f00000000ffff;
  v = (v | v << 16) & 0x1f0000ff0000ff;
  v = (v | v << 8) & 0x100f00f00f00f00f;
  v = (v | v << 4) & 0x10c30c30c30c30c3;
  return (v | v << 2) & 0x1249249249249249;
}

/// A side of a triangle, seen from its lower corner.
struct Side {
  std::uint32_t upper;
  std::uint32_t face;
  bool forward;  // the triangle runs from the lower to the upper corner
};

/// Sides grouped by their lower corner, then by the upper one: a counting sort, because a sort of
/// all sides would be the slowest step on a large mesh.
struct Sides {
  std::vector<std::uint32_t> first;  // V + 1
  std::vector<Side> sides;
};

Sides sidesOf(const Mesh& mesh, const Context& ctx) {
  Sides out;
  out.first.assign(mesh.positions.size() + 1, 0);
  for (const Triangle& t : mesh.triangles)
    for (int k = 0; k < 3; ++k) ++out.first[std::min(t[k], t[(k + 1) % 3]) + 1];
  for (std::size_t v = 1; v < out.first.size(); ++v) out.first[v] += out.first[v - 1];
  out.sides.resize(mesh.triangles.size() * 3);
  std::vector<std::uint32_t> next(out.first.begin(), out.first.end() - 1);
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f)
    for (int k = 0; k < 3; ++k) {
      const std::uint32_t a = mesh.triangles[f][k], b = mesh.triangles[f][(k + 1) % 3];
      out.sides[next[std::min(a, b)]++] = {std::max(a, b), f, a < b};
    }
  ctx.check();
  for (std::size_t v = 0; v + 1 < out.first.size(); ++v)
    std::sort(out.sides.begin() + out.first[v], out.sides.begin() + out.first[v + 1],
              [](const Side& l, const Side& r) {
                return std::tie(l.upper, l.face) < std::tie(r.upper, r.face);
              });
  return out;
}

/// Calls visit(lower corner, sides of one edge) for every edge.
template <class Visit>
void forEachEdge(const Sides& sides, const Visit& visit) {
  for (std::uint32_t v = 0; v + 1 < sides.first.size(); ++v)
    for (std::uint32_t i = sides.first[v]; i < sides.first[v + 1];) {
      std::uint32_t end = i + 1;
      while (end < sides.first[v + 1] && sides.sides[end].upper == sides.sides[i].upper) ++end;
      visit(v, std::span(sides.sides).subspan(i, end - i));
      i = end;
    }
}

/// Joins corners of open edges that lie closer than rounding in a file would put them.
Mesh stitched(const Mesh& mesh, const Context& ctx) {
  std::vector<std::uint8_t> open(mesh.positions.size(), 0);
  bool any = false;
  forEachEdge(sidesOf(mesh, ctx), [&](std::uint32_t lower, std::span<const Side> edge) {
    if (edge.size() == 1) open[lower] = open[edge[0].upper] = any = true;
  });
  if (!any) return mesh;
  const float reach = 1e-5f * boundsOf(mesh).diagonal();
  std::vector<std::uint32_t> rim;
  for (std::uint32_t v = 0; v < open.size(); ++v)
    if (open[v]) rim.push_back(v);
  std::ranges::sort(rim, [&](std::uint32_t l, std::uint32_t r) {
    return before(mesh.positions[l], mesh.positions[r]);
  });
  DisjointSets sets(mesh.positions.size());
  for (std::size_t i = 0; i < rim.size(); ++i) {
    if (i % 4096 == 0) ctx.check();
    const Vec3 p = mesh.positions[rim[i]];
    // A plane full of rim corners must not make this quadratic.
    const std::size_t end = std::min(rim.size(), i + 200);
    for (std::size_t j = i + 1; j < end && mesh.positions[rim[j]].x - p.x <= reach; ++j)
      if (lengthSquared(mesh.positions[rim[j]] - p) <= reach * reach) sets.join(rim[i], rim[j]);
  }
  Mesh out = mesh;
  for (Triangle& t : out.triangles) {
    const Triangle joined{sets.find(t[0]), sets.find(t[1]), sets.find(t[2])};
    if (!usesTwice(joined)) t = joined;
  }
  return out;
}

/// Drops triangles that use a corner twice and puts the others in an order of their own: along a
/// Morton curve, each beginning with its lowest corner.
void number(const Mesh& welded, SurfaceGraph& graph, const Context& ctx) {
  struct Key {
    std::uint64_t code;
    Vec3 centre;
    std::uint32_t face;
  };
  const Bounds box = boundsOf(welded);
  const float unit = box.longest() > 0.f ? 2097151.f / box.longest() : 0.f;
  std::vector<Key> keys;
  keys.reserve(welded.triangles.size());
  graph.mesh.positions = welded.positions;
  std::vector<Triangle> turned(welded.triangles);
  for (std::uint32_t f = 0; f < turned.size(); ++f) {
    Triangle& t = turned[f];
    if (usesTwice(t)) continue;
    int lowest = 0;
    for (int k = 1; k < 3; ++k)
      if (before(welded.positions[t[k]], welded.positions[t[lowest]])) lowest = k;
    std::rotate(t.begin(), t.begin() + lowest, t.end());
    const Vec3 c = faceCentre(welded, t), q = (c - box.min) * unit;
    keys.push_back({spread(std::uint64_t(q.x)) | spread(std::uint64_t(q.y)) << 1 |
                        spread(std::uint64_t(q.z)) << 2,
                    c, f});
  }
  if (keys.empty()) keys.push_back({0, faceCentre(welded, turned[0]), 0});
  std::ranges::sort(keys, [](const Key& l, const Key& r) {
    if (l.code != r.code) return l.code < r.code;
    if (!(l.centre == r.centre)) return before(l.centre, r.centre);
    return l.face < r.face;
  });
  ctx.check();
  graph.nodeOf.assign(welded.triangles.size(), kNone);
  for (const Key& key : keys) {
    graph.nodeOf[key.face] = static_cast<std::uint32_t>(graph.mesh.triangles.size());
    graph.mesh.triangles.push_back(turned[key.face]);
  }
}

/// Degenerate triangles stand on the lowest node at one of their corners, else on the nearest.
void adopt(const Mesh& welded, SurfaceGraph& graph) {
  if (std::ranges::find(graph.nodeOf, kNone) == graph.nodeOf.end()) return;
  std::vector<std::uint32_t> at(welded.positions.size(), kNone);
  for (std::uint32_t n = 0; n < graph.mesh.triangles.size(); ++n)
    for (const std::uint32_t v : graph.mesh.triangles[n]) at[v] = std::min(at[v], n);
  std::optional<TriangleTree> tree;
  for (std::size_t f = 0; f < graph.nodeOf.size(); ++f) {
    if (graph.nodeOf[f] != kNone) continue;
    const Triangle& t = welded.triangles[f];
    std::uint32_t& node = graph.nodeOf[f];
    node = std::min({at[t[0]], at[t[1]], at[t[2]]});
    if (node != kNone) continue;
    if (!tree) tree.emplace(graph.mesh);
    const auto nearest = tree->nearest(welded.positions[t[0]]);
    node = nearest ? nearest->face : 0;
  }
}

void measure(SurfaceGraph& graph) {
  const Mesh& mesh = graph.mesh;
  const std::size_t count = mesh.triangles.size();
  graph.normals.reserve(count);
  graph.areas.reserve(count);
  graph.centres.reserve(count);
  const double total = areaOf(mesh);
  graph.area = total > 0. ? total : 1.;
  graph.size = static_cast<float>(std::sqrt(graph.area));
  const auto least = static_cast<float>(graph.area * 1e-12);
  for (const Triangle& t : mesh.triangles) {
    const Vec3 n = areaVector(mesh, t);
    graph.normals.push_back(normalized(n));
    graph.areas.push_back(std::max(0.5f * length(n), least));
    graph.centres.push_back(faceCentre(mesh, t));
  }
}

/// Links without bends; `turned` says whether the two triangles run the same way along the edge.
void link(SurfaceGraph& graph, const Sides& sides, std::vector<std::uint8_t>& seam,
          std::vector<std::uint8_t>& turned, const Context& ctx) {
  const auto n = std::uint32_t(graph.mesh.triangles.size());
  const auto forEachPair = [&](const auto& visit) {
    forEachEdge(sides, [&](std::uint32_t lower, std::span<const Side> edge) {
      if (lower % 16384 == 0) ctx.check();
      for (std::size_t i = 0; i < edge.size(); ++i)
        for (std::size_t j = i + 1; j < std::min(edge.size(), i + 4); ++j)
          if (edge[i].face != edge[j].face) visit(lower, edge, edge[i], edge[j]);
    });
  };
  graph.first.assign(n + 1, 0);
  forEachPair([&](std::uint32_t, std::span<const Side>, const Side& one, const Side& other) {
    ++graph.first[one.face + 1];
    ++graph.first[other.face + 1];
  });
  for (std::uint32_t i = 1; i <= n; ++i) graph.first[i] += graph.first[i - 1];
  struct Found {
    SurfaceGraph::Link link;
    bool seam, turned;
  };
  std::vector<Found> found(graph.first[n]);
  std::vector<std::uint32_t> next(graph.first.begin(), graph.first.end() - 1);
  forEachPair(
      [&](std::uint32_t lower, std::span<const Side> edge, const Side& one, const Side& other) {
        const float l = length(graph.mesh.positions[one.upper] - graph.mesh.positions[lower]);
        const bool isSeam = edge.size() > 2, same = one.forward == other.forward;
        found[next[one.face]++] = {{other.face, l, 0.f}, isSeam, same};
        found[next[other.face]++] = {{one.face, l, 0.f}, isSeam, same};
      });
  for (std::uint32_t i = 0; i < n; ++i)
    std::sort(found.begin() + graph.first[i], found.begin() + graph.first[i + 1],
              [](const Found& l, const Found& r) {
                return std::tie(l.link.to, l.link.length) < std::tie(r.link.to, r.link.length);
              });
  ctx.check();
  graph.links.reserve(found.size());
  seam.reserve(found.size());
  turned.reserve(found.size());
  for (const Found& f : found) {
    graph.links.push_back(f.link);
    seam.push_back(f.seam);
    turned.push_back(f.turned);
  }
}

/// Turns normals so that each shell agrees with itself and, where it is closed, faces outwards.
void orient(SurfaceGraph& graph, const std::vector<std::uint8_t>& seam,
            const std::vector<std::uint8_t>& turned, const Context& ctx) {
  const std::uint32_t n = graph.count();
  std::vector<std::uint8_t> flip(n, 2);  // 2: not seen
  graph.shell.assign(n, 0);
  std::vector<std::uint32_t> queue;
  for (std::uint32_t start = 0; start < n; ++start) {
    if (flip[start] != 2) continue;
    queue.assign(1, start);
    flip[start] = 0;
    double volume = 0., area = 0., flippedArea = 0.;
    bool closed = true;
    for (std::size_t head = 0; head < queue.size(); ++head) {
      const std::uint32_t f = queue[head];
      if (f % 16384 == 0) ctx.check();
      graph.shell[f] = graph.shells;
      const double out = flip[f] ? -1. : 1.;
      volume +=
          out * graph.areas[f] * dot(graph.normals[f], graph.centres[f] - graph.centres[start]);
      area += graph.areas[f];
      if (flip[f]) flippedArea += graph.areas[f];
      closed = closed && graph.first[f + 1] - graph.first[f] >= 3;
      for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
        const std::uint32_t g = graph.links[i].to;
        if (flip[g] != 2) continue;
        flip[g] = seam[i] ? flip[f] : flip[f] ^ turned[i];
        queue.push_back(g);
      }
    }
    const bool inverted = closed ? volume < 0. : flippedArea > 0.5 * area;
    for (const std::uint32_t f : queue)
      if (bool(flip[f]) != inverted) graph.normals[f] = -graph.normals[f];
    ++graph.shells;
  }
}

/// A triangle without area has no normal of its own: it takes its neighbours' mean, so that a
/// crease beside it is still seen.
void giveSliversNormals(SurfaceGraph& graph) {
  const auto sliver = static_cast<float>(graph.area * 2e-12);
  for (std::uint32_t f = 0; f < graph.count(); ++f) {
    if (graph.areas[f] > sliver) continue;
    Vec3 sum;
    for (const auto& l : graph.linksOf(f))
      if (graph.areas[l.to] > sliver) sum += graph.normals[l.to] * l.length;
    graph.normals[f] = normalized(sum);
  }
}

void bend(SurfaceGraph& graph, const std::vector<std::uint8_t>& seam, const Context& ctx) {
  constexpr std::size_t kGrain = 32768;
  parallelFor(graph.count(), kGrain, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (auto f = std::uint32_t(begin); f < end; ++f)
      for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
        SurfaceGraph::Link& l = graph.links[i];
        const Vec3 a = graph.normals[f], b = graph.normals[l.to];
        const float angle = std::atan2(length(cross(a, b)), dot(a, b));
        // Concave where each triangle lies above the other's plane.
        const Vec3 across = graph.centres[l.to] - graph.centres[f];
        l.bend = dot(b - a, across) < 0.f ? angle : -angle;
        if (seam[i]) l.bend = std::max(l.bend, kSeamBend);
      }
  });
}

}  // namespace

SurfaceGraph surfaceGraphOf(const Mesh& mesh, const Context& ctx) {
  SurfaceGraph graph;
  Mesh welded = weld(mesh, false).mesh;
  ctx.report(0.1f);
  welded = stitched(welded, ctx.part(0.1f, 0.3f));
  ctx.report(0.3f);
  number(welded, graph, ctx);
  ctx.report(0.5f);
  adopt(welded, graph);
  measure(graph);
  ctx.report(0.6f);
  std::vector<std::uint8_t> seam, turned;
  link(graph, sidesOf(graph.mesh, ctx), seam, turned, ctx);
  ctx.report(0.8f);
  orient(graph, seam, turned, ctx);
  giveSliversNormals(graph);
  bend(graph, seam, ctx);
  ctx.report(1.f);
  return graph;
}

}  // namespace maquette
