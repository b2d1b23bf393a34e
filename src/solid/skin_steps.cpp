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
  for (const std::uint32_t f : step.was) step.is.push_back({region.triangle(f).vertices, f});
  step.moved = v;
  return step;
}

Vec3 meanOf(const SkinRegion& region, const std::vector<std::uint32_t>& vertices) {
  Vec3 mean;
  for (const std::uint32_t w : vertices) mean += region.at(w) / float(vertices.size());
  return mean;
}

/// Neighbours along a seam: those to which a side with three triangles leads.
std::vector<std::uint32_t> seamAround(const SkinRegion& region, std::uint32_t v) {
  auto found = region.around(v);
  std::erase_if(found, [&](std::uint32_t w) { return region.beside(v, w).size() < 3; });
  return found;
}

/// Whether the side may shrink to its end u without changing what meets what: v lies inside one
/// sheet of the skin, or it and u follow each other on one seam.
bool mayJoin(const SkinRegion& region, std::uint32_t v, std::uint32_t u) {
  if (!region.active(v) || !region.active(u) || !region.vertex(v).onSkin()) return false;
  const auto beside = region.beside(v, u);
  const int rank = region.vertex(v).rank();
  if (rank > 3 || beside.size() != std::size_t(rank)) return false;
  if (rank == 3) {
    const auto seam = seamAround(region, v);
    if (seam.size() != 2) return false;
    const std::uint32_t y = seam[0] == u ? seam[1] : seam[0];
    if (y == u || !region.beside(u, y).empty()) return false;
  }
  const auto others = region.around(u);
  return std::size_t(std::ranges::count_if(region.around(v), [&](std::uint32_t w) {
           return std::ranges::find(others, w) != others.end();
         })) == beside.size();
}

}  // namespace

bool turnSide(SkinRegion& region, std::uint32_t v, std::uint32_t w, float gain) {
  const auto quad = quadAt(region, v, w);
  if (!quad) return false;
  const auto& [triangles, a, b, c, d, low, high] = *quad;
  if (!region.active(c) && !region.active(d)) return false;
  if (!(region.active(c) ? region.beside(c, d) : region.beside(d, c)).empty()) return false;
  return region.tryStep({triangles,
                         {{{c, a, d}, triangles[0]}, {{d, b, c}, triangles[1]}},
                         {{a, b}},
                         {{c, d}},
                         high == kOutside},
                        gain);
}

bool turnSide(SkinRegion& region, std::uint32_t v) {
  return std::ranges::any_of(
      region.around(v), [&](std::uint32_t w) { return turnSide(region, v, w, SkinRegion::kGain); });
}

bool shiftVertex(SkinRegion& region, std::uint32_t v, std::optional<Vec3> wanted,
                 const TriangleTree& original, float gain) {
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
  const float before = region.costOf(step);
  float best = before + SkinRegion::kGain - gain;
  const float least = region.leastHeight(step);
  std::optional<Vec3> to;
  SkinRegion::Outcome kept;
  for (const Vec3 p : places) {
    region.place(v, p);
    auto made = region.outcomeOf(step, best, least);
    if (!made) continue;
    best = made->cost;
    to = p;
    kept = std::move(*made);
  }
  region.place(v, to.value_or(from));
  if (to) region.take(step, kept, before, from);
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
      region.take(step, {0.f, std::vector<TriangleFit>(step.is.size())}, 0.f, from);
      return true;
    }
  }
  region.place(v, from);
  return false;
}

bool joinVertex(SkinRegion& region, std::uint32_t v, std::uint32_t u, float gain) {
  if (!mayJoin(region, v, u)) return false;
  SkinStep step;
  step.was = region.star(v);
  for (const std::uint32_t f : step.was) {
    if (region.has(f, u)) continue;
    Corners c = region.triangle(f).vertices;
    std::ranges::replace(c, v, u);
    // It may be there already, on the far side.
    if (std::ranges::any_of(region.star(u), [&](std::uint32_t g) {
          return std::ranges::all_of(c, [&](std::uint32_t w) { return region.has(g, w); });
        }))
      return false;
    step.is.push_back({c, f});
  }
  const auto others = region.skinAround(u);
  for (const std::uint32_t w : region.skinAround(v)) {
    step.sidesBefore.push_back({v, w});
    if (w != u && std::ranges::find(others, w) == others.end()) step.sidesAfter.push_back({u, w});
  }
  return region.tryStep(step, gain);
}

bool joinVertex(SkinRegion& region, std::uint32_t v) {
  return std::ranges::any_of(region.around(v),
                             [&](std::uint32_t u) { return joinVertex(region, v, u, 0.f); });
}

bool divideSide(SkinRegion& region, std::uint32_t v, std::uint32_t w, float gain) {
  SkinStep step;
  step.was = region.beside(v, w);
  const auto isSkin = [&](std::uint32_t f) { return region.triangle(f).high == kOutside; };
  if (step.was.size() < 2 || std::ranges::none_of(step.was, isSkin)) return false;
  auto faces = region.star(v);
  if (region.active(w)) {
    const auto& more = region.star(w);
    faces.insert(faces.end(), more.begin(), more.end());
  }
  const auto places = region.meetings(faces, (region.at(v) + region.at(w)) * 0.5f, kFarthest);
  if (places.empty()) return false;
  const std::uint32_t p = region.addVertex(step.was);
  step.moved = p;
  step.sidesBefore = {{v, w}};
  step.sidesAfter = {{p, v}, {p, w}};
  for (const std::uint32_t f : step.was) {
    Corners first = region.triangle(f).vertices, second = first;
    std::ranges::replace(first, w, p);
    std::ranges::replace(second, v, p);
    step.is.push_back({first, f});
    step.is.push_back({second, f});
    if (!isSkin(f)) continue;
    for (const std::uint32_t c : region.triangle(f).vertices)
      if (c != v && c != w) step.sidesAfter.push_back({p, c});
  }
  for (const Vec3 place : places) {
    region.place(p, place);
    if (region.tryStep(step, gain)) return true;
  }
  region.dropVertex();
  return false;
}

bool divideSide(SkinRegion& region, std::uint32_t v) {
  return std::ranges::any_of(region.around(v), [&](std::uint32_t w) {
    return region.fit().ofSide(v, w, true) >= kOff * length(region.at(w) - region.at(v)) &&
           divideSide(region, v, w, SkinRegion::kGain);
  });
}

}  // namespace maquette
