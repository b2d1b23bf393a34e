#include "surface/canonical_surface.h"

#include <algorithm>
#include <array>
#include <functional>
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
#include "surface/own_frame.h"

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

struct Key {
  std::uint64_t code;
  Vec3 centre;
  std::uint32_t face;
  bool operator<(const Key& o) const {
    if (code != o.code) return code < o.code;
    return centre == o.centre ? face < o.face : before(centre, o.centre);
  }
};

/// Sorts along a Morton curve through a box around what `placeOf` makes of the centres.
template <class PlaceOf>
void sortAlongCurve(std::vector<Key>& keys, const PlaceOf& placeOf) {
  constexpr double kMost = 2097151.;
  std::vector<std::array<double, 3>> places;
  places.reserve(keys.size());
  for (const Key& key : keys) places.push_back(placeOf(key.centre));
  std::array<double, 3> least = places.front();
  double longest = 0.;
  for (int k = 0; k < 3; ++k) {
    double most = least[k];
    for (const auto& p : places) {
      least[k] = std::min(least[k], p[k]);
      most = std::max(most, p[k]);
    }
    longest = std::max(longest, most - least[k]);
  }
  const double unit = longest > 0. ? kMost / longest : 0.;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    keys[i].code = 0;
    for (int k = 0; k < 3; ++k)
      keys[i].code |= spread(std::uint64_t((places[i][k] - least[k]) * unit)) << k;
  }
  std::ranges::sort(keys, std::less<>());
}

/// Drops triangles that use a corner twice and puts the others in an order of their own: along a
/// Morton curve in the surface's own frame, each beginning with its lowest corner.
CanonicalSurface numbered(const Mesh& welded, const Context& ctx) {
  CanonicalSurface out;
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
    keys.push_back({0, faceCentre(welded, t), f});
  }
  if (keys.empty()) keys.push_back({0, faceCentre(welded, turned[0]), 0});
  const auto take = [&] {
    ctx.check();
    out.mesh.triangles.clear();
    for (const Key& key : keys) out.mesh.triangles.push_back(turned[key.face]);
  };
  // First an order in which sums round alike, however the triangles came.
  std::ranges::sort(keys, std::less<>());
  take();
  const OwnFrame frame = ownFrameOf(out.mesh);
  ctx.check();
  sortAlongCurve(keys, [&](Vec3 p) { return frame.placeOf(p); });
  take();
  out.nodeOf.assign(welded.triangles.size(), kNone);
  for (std::uint32_t n = 0; n < keys.size(); ++n) out.nodeOf[keys[n].face] = n;
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
