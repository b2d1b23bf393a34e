#include "surface/surface_graph.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <tuple>
#include <utility>

#include "core/geometry/measures.h"
#include "core/jobs/parallel.h"
#include "surface/canonical_surface.h"
#include "surface/denoising.h"
#include "surface/edge_sides.h"

namespace maquette {
namespace {

/// What an edge with three or more triangles counts as, at least: a wall that ends on a surface is
/// a different thing to a person.
constexpr float kSeamBend = 0.6f;

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
    const Vec3 normal = areaVector(mesh, t);
    graph.normals.push_back(normalized(normal));
    graph.areas.push_back(std::max(0.5f * length(normal), least));
    graph.centres.push_back(faceCentre(mesh, t));
  }
}

/// Two sides of one edge whose triangles become neighbours.
struct Pair {
  const Side* one;
  const Side* other;
  bool seam;
};

/// Which triangles around an edge of more than two are neighbours: those with the same solid
/// between them, so that bodies which touch along an edge stay apart. Where the triangles do not
/// bound solids (a fin, a wall inside), all are neighbours across a seam.
void pairAround(const Mesh& mesh, std::uint32_t lower, std::span<const Side> edge,
                std::vector<Pair>& pairs) {
  constexpr std::size_t kCrowd = 16;
  const auto forward = std::size_t(std::ranges::count(edge, true, &Side::forward));
  if (2 * forward != edge.size() || edge.size() > kCrowd) {
    for (std::size_t i = 0; i < edge.size(); ++i)
      for (std::size_t j = i + 1; j < std::min(edge.size(), i + 4); ++j)
        pairs.push_back({&edge[i], &edge[j], true});
    return;
  }
  const Vec3 origin = mesh.positions[lower];
  const Vec3 axis = normalized(mesh.positions[edge[0].upper] - origin);
  const Vec3 x = normalized(cross(axis, std::abs(axis.x) < 0.7f ? Vec3{1, 0, 0} : Vec3{0, 1, 0}));
  const Vec3 y = cross(axis, x);
  std::array<float, kCrowd> angle{};
  for (std::size_t i = 0; i < edge.size(); ++i) {
    const Vec3 d = faceCentre(mesh, mesh.triangles[edge[i].face]) - origin;
    angle[i] = std::atan2(dot(d, y), dot(d, x));
  }
  // Inside lies clockwise of a triangle that runs along the axis, until the next that runs against.
  constexpr float kTurn = 2.f * std::numbers::pi_v<float>, kSame = 1e-4f;
  std::array<float, kCrowd> least;
  least.fill(kTurn);
  const auto between = [&](std::size_t f, std::size_t b) {
    float gap = angle[f] - angle[b];
    while (gap <= kSame) gap += kTurn;
    return gap;
  };
  for (int pass = 0; pass < 2; ++pass)
    for (std::size_t f = 0; f < edge.size(); ++f)
      for (std::size_t b = 0; b < edge.size(); ++b) {
        if (!edge[f].forward || edge[b].forward) continue;
        const float gap = between(f, b);
        if (pass == 0) {
          least[f] = std::min(least[f], gap);
          least[b] = std::min(least[b], gap);
        } else if (gap <= least[f] + kSame || gap <= least[b] + kSame) {
          pairs.push_back({&edge[f], &edge[b], false});
        }
      }
}

/// Links without bends; `turned` says whether the two triangles run the same way along the edge.
void link(SurfaceGraph& graph, const Sides& sides, std::vector<std::uint8_t>& seam,
          std::vector<std::uint8_t>& turned, const Context& ctx) {
  const auto n = std::uint32_t(graph.mesh.triangles.size());
  std::vector<Pair> pairs;
  const auto forEachPair = [&](const auto& visit) {
    forEachEdge(sides, [&](std::uint32_t lower, std::span<const Side> edge) {
      if (lower % 16384 == 0) ctx.check();
      pairs.clear();
      if (edge.size() == 2) pairs.push_back({&edge[0], &edge[1], false});
      if (edge.size() > 2) pairAround(graph.mesh, lower, edge, pairs);
      for (const Pair& pair : pairs)
        if (pair.one->face != pair.other->face) visit(lower, pair);
    });
  };
  graph.first.assign(n + 1, 0);
  forEachPair([&](std::uint32_t, const Pair& pair) {
    ++graph.first[pair.one->face + 1];
    ++graph.first[pair.other->face + 1];
  });
  for (std::uint32_t i = 1; i <= n; ++i) graph.first[i] += graph.first[i - 1];
  struct Found {
    SurfaceGraph::Link link;
    bool seam, turned;
  };
  std::vector<Found> found(graph.first[n]);
  std::vector<std::uint32_t> next(graph.first.begin(), graph.first.end() - 1);
  forEachPair([&](std::uint32_t lower, const Pair& pair) {
    const Side &one = *pair.one, &other = *pair.other;
    const float l = length(graph.mesh.positions[one.upper] - graph.mesh.positions[lower]);
    const bool same = one.forward == other.forward;
    found[next[one.face]++] = {{other.face, l, 0.f}, pair.seam, same};
    found[next[other.face]++] = {{one.face, l, 0.f}, pair.seam, same};
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

void paint(const Mesh& mesh, SurfaceGraph& graph) {
  if (mesh.colours.empty()) return;
  graph.colours.resize(graph.count());
  for (std::size_t f = 0; f < mesh.triangles.size(); ++f) {
    Vec3 sum;
    for (const std::uint32_t v : mesh.triangles[f]) {
      const Rgb c = mesh.colours[v];
      sum += {float(c.r), float(c.g), float(c.b)};
    }
    graph.colours[graph.nodeOf[f]] = sum / (3.f * 255.f);
  }
}

}  // namespace

SurfaceGraph surfaceGraphOf(const Mesh& mesh, const Context& ctx) {
  SurfaceGraph graph;
  CanonicalSurface surface = canonicalSurfaceOf(mesh, ctx.part(0.f, 0.55f));
  graph.mesh = std::move(surface.mesh);
  graph.nodeOf = std::move(surface.nodeOf);
  const Sides sides = sidesOf(graph.mesh, ctx);
  denoise(graph.mesh, sides, ctx);
  measure(graph);
  paint(mesh, graph);
  ctx.report(0.6f);
  std::vector<std::uint8_t> seam, turned;
  link(graph, sides, seam, turned, ctx);
  ctx.report(0.8f);
  orient(graph, seam, turned, ctx);
  giveSliversNormals(graph);
  bend(graph, seam, ctx);
  ctx.report(1.f);
  return graph;
}

}  // namespace maquette
