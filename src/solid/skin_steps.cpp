#include "solid/skin_steps.h"

#include <algorithm>
#include <vector>

namespace maquette {
namespace {

constexpr float kReach = 3.f;      // voxels to the original
constexpr float kFarthest = 1.5f;  // voxels that a vertex may move at once
constexpr float kFarthestSeam = 0.6f;
constexpr float kOff = 0.05f;  // voxels; a side farther off is worth dividing
constexpr float kDeep = 0.2f;  // voxels below the skin that a cut may come

using Corners = SkinRegion::Corners;

/// The triangles (a, b, c) and (b, a, d) on both sides of a side: together the quad a, d, b, c.
struct Quad {
  std::vector<std::uint32_t> triangles;
  std::uint32_t a, b, c, d;
  Material low, high;
};

/// Where the side has two triangles, of the same sheet, that share no more than it.
std::optional<Quad> quadAt(const SkinRegion& region, std::uint32_t v, std::uint32_t w) {
  Quad quad{region.beside(v, w), 0, 0, 0, 0, 0, 0};
  if (quad.triangles.size() != 2) return {};
  const SurfaceTriangle &t = region.triangle(quad.triangles[0]),
                        &s = region.triangle(quad.triangles[1]);
  if (t.low != s.low || t.high != s.high) return {};
  std::size_t k = 0;
  while (t.vertices[k] == v || t.vertices[k] == w) ++k;
  quad.c = t.vertices[k];
  quad.a = t.vertices[(k + 1) % 3];
  quad.b = t.vertices[(k + 2) % 3];
  quad.d = quad.a;
  for (const std::uint32_t x : s.vertices)
    if (x != quad.a && x != quad.b) quad.d = x;
  quad.low = t.low;
  quad.high = t.high;
  if (quad.c == quad.d) return {};
  return quad;
}

/// All triangles around the vertex, which will have moved.
SkinStep movedStar(const SkinRegion& region, std::uint32_t v) {
  SkinStep step;
  step.was = region.star(v);
  for (const std::uint32_t f : step.was) step.is.push_back(region.triangle(f).vertices);
  step.moved = v;
  return step;
}

Vec3 meanOf(const SkinRegion& region, const std::vector<std::uint32_t>& vertices) {
  Vec3 mean;
  for (const std::uint32_t w : vertices) mean += region.at(w) / float(vertices.size());
  return mean;
}

/// Whether the vertex lies inside the skin of one part, with all its triangles known.
bool isFree(const SkinRegion& region, std::uint32_t v) {
  return region.active(v) && region.vertex(v).rank() == 2 && region.vertex(v).onSkin();
}

}  // namespace

bool turnSide(SkinRegion& region, std::uint32_t v) {
  for (const std::uint32_t w : region.around(v)) {
    const auto quad = quadAt(region, v, w);
    if (!quad) continue;
    const auto [triangles, a, b, c, d, low, high] = *quad;
    if (!region.active(c) && !region.active(d)) continue;
    if (!(region.active(c) ? region.beside(c, d) : region.beside(d, c)).empty()) continue;
    if (region.tryStep({triangles, {{c, a, d}, {d, b, c}}, {{a, b}}, {{c, d}}, high == kOutside}))
      return true;
  }
  return false;
}

bool shiftVertex(SkinRegion& region, std::uint32_t v, std::optional<Vec3> wanted,
                 const TriangleTree& original) {
  const bool seam = region.vertex(v).rank() == 3;
  if (!region.vertex(v).onSkin() || region.vertex(v).rank() > 3) return false;
  SkinStep step = movedStar(region, v);
  const auto ring = region.skinAround(v);
  for (const std::uint32_t w : ring) step.sidesBefore.push_back({v, w});
  step.sidesAfter = step.sidesBefore;
  const Vec3 from = region.at(v), mean = meanOf(region, ring);
  auto places = region.meetings(step.was, from, kFarthest);
  if (wanted) places.push_back(*wanted);
  for (const float share : {0.f, 0.5f, 1.f})
    if (const auto hit = original.nearest(from + (mean - from) * share, kReach);
        hit && (share == 0.f || !seam))
      places.push_back(hit->point);
  if (seam) std::erase_if(places, [&](Vec3 p) { return length(p - from) > kFarthestSeam; });
  float best = region.costOf(step);
  const float least = region.leastHeight(step);
  std::optional<Vec3> to;
  std::vector<TriangleFit> kept;
  for (const Vec3 p : places) {
    region.place(v, p);
    auto made = region.outcomeOf(step, best, least);
    if (!made) continue;
    best = made->cost;
    to = p;
    kept = std::move(made->fits);
  }
  region.place(v, to.value_or(from));
  if (to) region.take(step, kept);
  return to.has_value();
}

bool isInTheWay(const SkinRegion& region, std::uint32_t v) {
  return !region.vertex(v).onSkin() && region.fit().depthOf(region.at(v)) < kDeep;
}

bool sinkVertex(SkinRegion& region, std::uint32_t v) {
  if (region.vertex(v).rank() > 2 || !isInTheWay(region, v)) return false;
  const Vec3 from = region.at(v);
  const float depth = region.fit().depthOf(from);
  const SkinStep step = movedStar(region, v);
  const float least = region.leastHeight(step);
  const Vec3 mean = meanOf(region, region.around(v)), inwards = region.fit().sunk(from, kDeep);
  for (const Vec3 by : {mean - from, (mean - from) * 0.5f, inwards, inwards * 0.5f}) {
    region.place(v, from + by);
    if (region.fit().depthOf(from + by) > depth + 0.1f * kDeep && region.isSound(step, least)) {
      region.take(step, std::vector<TriangleFit>(step.is.size()));
      return true;
    }
  }
  region.place(v, from);
  return false;
}

bool joinVertex(SkinRegion& region, std::uint32_t v) {
  if (!isFree(region, v)) return false;
  const auto ring = region.around(v);
  for (const std::uint32_t u : ring) {
    if (!region.active(u)) continue;
    const auto others = region.around(u);
    const auto isOther = [&](std::uint32_t w) {
      return std::ranges::find(others, w) != others.end();
    };
    if (std::ranges::count_if(ring, isOther) != 2) continue;
    SkinStep step;
    step.was = region.star(v);
    for (const std::uint32_t f : step.was) {
      if (region.has(f, u)) continue;
      Corners c = region.triangle(f).vertices;
      std::ranges::replace(c, v, u);
      step.is.push_back(c);
    }
    // Of a vertex between three triangles one stays, unless it is there already on the far side.
    if (ring.size() == 3 && std::ranges::any_of(region.star(u), [&](std::uint32_t f) {
          return std::ranges::all_of(step.is[0], [&](std::uint32_t w) { return region.has(f, w); });
        }))
      continue;
    for (const std::uint32_t w : ring) {
      step.sidesBefore.push_back({v, w});
      if (w != u && !isOther(w)) step.sidesAfter.push_back({u, w});
    }
    if (region.tryStep(step, 0.f)) return true;
  }
  return false;
}

bool divideSide(SkinRegion& region, std::uint32_t v) {
  for (const std::uint32_t w : region.around(v)) {
    const float span = length(region.at(w) - region.at(v));
    if (region.fit().ofSide(v, w, true) < kOff * span) continue;
    const auto quad = quadAt(region, v, w);
    if (!quad || quad->high != kOutside) continue;
    const auto [triangles, a, b, c, d, low, high] = *quad;
    auto faces = region.star(v);
    if (region.active(w)) {
      const auto& more = region.star(w);
      faces.insert(faces.end(), more.begin(), more.end());
    }
    const auto places = region.meetings(faces, (region.at(a) + region.at(b)) * 0.5f, kFarthest);
    if (places.empty()) continue;
    const std::uint32_t p = region.addVertex(low);
    const SkinStep step{triangles, {{a, p, c}, {p, b, c}, {b, p, d}, {p, a, d}},
                        {{a, b}},  {{p, a}, {p, b}, {p, c}, {p, d}},
                        true,      p};
    for (const Vec3 place : places) {
      region.place(p, place);
      if (region.tryStep(step)) return true;
    }
    region.dropVertex();
  }
  return false;
}

}  // namespace maquette
