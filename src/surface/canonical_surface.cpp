#include "surface/canonical_surface.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/geometry/bounds.h"
#include "core/geometry/disjoint_sets.h"
#include "core/geometry/triangle_tree.h"
#include "core/geometry/weld.h"
#include "surface/edge_sides.h"

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

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

/// Joins corners of open edges that lie closer than rounding in a file would put them.
Mesh stitched(const Mesh& mesh, const Context& ctx) {
  std::vector<std::uint8_t> open(mesh.positions.size(), 0);
  bool any = false;
  forEachEdge(sidesOf(mesh, ctx), [&](std::uint32_t lower, std::span<const Side> edge) {
    if (edge.size() == 1) open[lower] = open[edge[0].upper] = any = true;
  });
  if (!any) return mesh;
  const Bounds box = boundsOf(mesh);
  const float reach = std::max(1e-5f * box.diagonal(), 1e-30f);
  // Cells much wider than the reach: most corners need to look into one only.
  const float cell = 16.f * reach;
  const auto keyAt = [&](Vec3 p) {
    const Vec3 q = (p - box.min) / cell;
    return std::uint64_t(std::max(q.x, 0.f)) | std::uint64_t(std::max(q.y, 0.f)) << 21 |
           std::uint64_t(std::max(q.z, 0.f)) << 42;
  };
  std::unordered_map<std::uint64_t, std::vector<std::uint32_t>> cells;
  DisjointSets sets(mesh.positions.size());
  constexpr std::size_t kCrowd = 64;  // a cell full of corners must not make this quadratic
  for (std::uint32_t v = 0; v < open.size(); ++v) {
    if (v % 16384 == 0) ctx.check();
    if (!open[v]) continue;
    const Vec3 p = mesh.positions[v];
    std::uint64_t last = ~std::uint64_t{0};
    for (int corner = 0; corner < 8; ++corner) {
      const Vec3 to{corner & 1 ? reach : -reach, corner & 2 ? reach : -reach,
                    corner & 4 ? reach : -reach};
      const std::uint64_t key = keyAt(p + to);
      if (std::exchange(last, key) == key) continue;
      const auto found = cells.find(key);
      if (found == cells.end()) continue;
      for (const std::uint32_t other : found->second)
        if (lengthSquared(mesh.positions[other] - p) <= reach * reach) sets.join(v, other);
    }
    auto& own = cells[keyAt(p)];
    if (own.size() < kCrowd) own.push_back(v);
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
CanonicalSurface numbered(const Mesh& welded, const Context& ctx) {
  CanonicalSurface out;
  struct Key {
    std::uint64_t code;
    Vec3 centre;
    std::uint32_t face;
  };
  const Bounds box = boundsOf(welded);
  const float unit = box.longest() > 0.f ? 2097151.f / box.longest() : 0.f;
  std::vector<Key> keys;
  keys.reserve(welded.triangles.size());
  out.mesh.positions = welded.positions;
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
  out.nodeOf.assign(welded.triangles.size(), kNone);
  for (const Key& key : keys) {
    out.nodeOf[key.face] = static_cast<std::uint32_t>(out.mesh.triangles.size());
    out.mesh.triangles.push_back(turned[key.face]);
  }
  return out;
}

/// Degenerate triangles stand on the lowest node at one of their corners, else on the nearest.
void adopt(const Mesh& welded, CanonicalSurface& out) {
  if (std::ranges::find(out.nodeOf, kNone) == out.nodeOf.end()) return;
  std::vector<std::uint32_t> at(welded.positions.size(), kNone);
  for (std::uint32_t n = 0; n < out.mesh.triangles.size(); ++n)
    for (const std::uint32_t v : out.mesh.triangles[n]) at[v] = std::min(at[v], n);
  std::optional<TriangleTree> tree;
  for (std::size_t f = 0; f < out.nodeOf.size(); ++f) {
    if (out.nodeOf[f] != kNone) continue;
    const Triangle& t = welded.triangles[f];
    std::uint32_t& node = out.nodeOf[f];
    node = std::min({at[t[0]], at[t[1]], at[t[2]]});
    if (node != kNone) continue;
    if (!tree) tree.emplace(out.mesh);
    const auto nearest = tree->nearest(welded.positions[t[0]]);
    node = nearest ? nearest->face : 0;
  }
}

}  // namespace

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

CanonicalSurface canonicalSurfaceOf(const Mesh& mesh, const Context& ctx) {
  Mesh welded = weld(mesh, false).mesh;
  ctx.report(0.2f);
  welded = stitched(welded, ctx);
  ctx.report(0.6f);
  CanonicalSurface out = numbered(welded, ctx);
  adopt(welded, out);
  ctx.report(1.f);
  return out;
}

}  // namespace maquette
