#include "core/render/smooth_surface.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/geometry/weld.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

/// One corner of one triangle, seen from the vertex it stands on.
struct Corner {
  std::uint32_t face = 0;
  std::uint32_t next = 0, previous = 0;  // places of the triangle's other two corners
  std::uint32_t slot = 0;                // 3 * face + k
};

/// Corners of every place, place by place.
struct Corners {
  std::vector<std::uint32_t> first;  // P + 1
  std::vector<std::uint32_t> slots;  // 3F
};

Corners cornersOf(const std::vector<Triangle>& triangles, std::size_t places) {
  Corners corners;
  corners.first.assign(places + 1, 0);
  for (const Triangle& t : triangles)
    for (const std::uint32_t v : t) ++corners.first[v + 1];
  for (std::size_t p = 0; p < places; ++p) corners.first[p + 1] += corners.first[p];
  corners.slots.resize(triangles.size() * 3);
  std::vector<std::uint32_t> at(corners.first.begin(), corners.first.end() - 1);
  for (std::uint32_t f = 0; f < triangles.size(); ++f)
    for (std::uint32_t k = 0; k < 3; ++k) corners.slots[at[triangles[f][k]]++] = 3 * f + k;
  return corners;
}

/// Groups the corners around one place into smooth fans.
class Fans {
 public:
  /// @return the number of fans; fanOf()[i] tells which one corner i belongs to
  std::uint32_t group(const std::vector<Corner>& corners, const std::vector<Vec3>& faceNormals,
                      float cosCrease) {
    const auto count = static_cast<std::uint32_t>(corners.size());
    parent_.resize(count);
    for (std::uint32_t i = 0; i < count; ++i) parent_[i] = i;
    spokes_.clear();
    for (std::uint32_t i = 0; i < count; ++i) {
      spokes_.push_back({corners[i].next, i});
      spokes_.push_back({corners[i].previous, i});
    }
    std::sort(spokes_.begin(), spokes_.end());
    for (std::size_t s = 1; s < spokes_.size(); ++s) {
      if (spokes_[s].first != spokes_[s - 1].first) continue;
      const std::uint32_t i = spokes_[s - 1].second, j = spokes_[s].second;
      const Vec3 a = faceNormals[corners[i].face], b = faceNormals[corners[j].face];
      // A triangle without area has no say in where a crease is.
      if (a == Vec3{} || b == Vec3{} || dot(a, b) >= cosCrease) join(i, j);
    }
    fanOf_.assign(count, 0);
    std::uint32_t fans = 0;
    for (std::uint32_t i = 0; i < count; ++i)
      if (root(i) == i) fanOf_[i] = fans++;
    for (std::uint32_t i = 0; i < count; ++i) fanOf_[i] = fanOf_[root(i)];
    return fans;
  }
  const std::vector<std::uint32_t>& fanOf() const { return fanOf_; }

 private:
  std::uint32_t root(std::uint32_t i) const {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }
  void join(std::uint32_t i, std::uint32_t j) {
    i = root(i);
    j = root(j);
    if (i != j) parent_[std::max(i, j)] = std::min(i, j);
  }
  std::vector<std::pair<std::uint32_t, std::uint32_t>> spokes_;
  std::vector<std::uint32_t> parent_, fanOf_;
};

float angleAt(Vec3 corner, Vec3 a, Vec3 b) {
  const float c = dot(normalized(a - corner), normalized(b - corner));
  return std::acos(std::clamp(c, -1.f, 1.f));
}

}  // namespace

SmoothSurface smoothSurface(const Mesh& mesh, float creaseDegrees) {
  const Welded welded = weld(mesh, false);
  const std::vector<Vec3>& places = welded.mesh.positions;
  const std::vector<Triangle>& triangles = welded.mesh.triangles;
  const float cosCrease = std::cos(creaseDegrees * std::numbers::pi_v<float> / 180.f);

  std::vector<Vec3> faceNormals(triangles.size());
  parallelFor(triangles.size(), 16384, [&](std::size_t begin, std::size_t end) {
    for (std::size_t f = begin; f < end; ++f)
      faceNormals[f] = faceNormal(welded.mesh, triangles[f]);
  });
  const Corners corners = cornersOf(triangles, places.size());

  // First the fans around every place, which says how many vertices there will be ...
  std::vector<std::uint32_t> fanOfSlot(triangles.size() * 3);
  std::vector<std::uint32_t> firstFan(places.size() + 1, 0);
  parallelFor(places.size(), 8192, [&](std::size_t begin, std::size_t end) {
    Fans fans;
    std::vector<Corner> around;
    for (std::size_t p = begin; p < end; ++p) {
      around.clear();
      for (std::uint32_t c = corners.first[p]; c < corners.first[p + 1]; ++c) {
        const std::uint32_t slot = corners.slots[c], f = slot / 3, k = slot % 3;
        around.push_back({f, triangles[f][(k + 1) % 3], triangles[f][(k + 2) % 3], slot});
      }
      firstFan[p + 1] = fans.group(around, faceNormals, cosCrease);
      for (std::size_t i = 0; i < around.size(); ++i) fanOfSlot[around[i].slot] = fans.fanOf()[i];
    }
  });
  for (std::size_t p = 0; p < places.size(); ++p) firstFan[p + 1] += firstFan[p];

  // ... then one vertex for each, its normal weighted by angle (Thuermer and Wuethrich 1998).
  SmoothSurface surface;
  const std::size_t count = firstFan.back();
  surface.positions.resize(count);
  surface.normals.resize(count);
  surface.vertexOf.resize(count);
  surface.placeOf.resize(count);
  surface.triangles.resize(triangles.size());
  parallelFor(places.size(), 8192, [&](std::size_t begin, std::size_t end) {
    for (std::size_t p = begin; p < end; ++p)
      for (std::uint32_t c = corners.first[p]; c < corners.first[p + 1]; ++c) {
        const std::uint32_t slot = corners.slots[c], f = slot / 3, k = slot % 3;
        const std::uint32_t at = firstFan[p] + fanOfSlot[slot];
        const Triangle& t = triangles[f];
        surface.positions[at] = places[p];
        surface.vertexOf[at] = mesh.triangles[f][k];
        surface.placeOf[at] = static_cast<std::uint32_t>(p);
        surface.normals[at] +=
            faceNormals[f] * angleAt(places[p], places[t[(k + 1) % 3]], places[t[(k + 2) % 3]]);
        surface.triangles[f][k] = at;
      }
  });
  for (Vec3& n : surface.normals) n = normalized(n);
  return surface;
}

}  // namespace maquette
