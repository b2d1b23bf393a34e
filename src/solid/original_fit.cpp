#include "solid/original_fit.h"

#include <algorithm>
#include <cmath>

#include "core/jobs/parallel.h"
#include "solid/flanks.h"

namespace maquette {
namespace {

constexpr float kReach = 3.f;         // voxels to the original
constexpr float kClose = 0.05f;       // most questions are about places that lie on it
constexpr float kOnOriginal = 0.12f;  // voxels from a meeting of planes to the original
constexpr float kFlat = 0.02f;        // voxels; rounding makes lower triangles cross others
constexpr float kFlatWeight = 2.f;

}  // namespace

OriginalFit::OriginalFit(const MultiSurface& surface, const TriangleTree& original,
                         std::span<const std::uint32_t> region, const Context& ctx)
    : surface_(surface), original_(original) {
  std::vector<std::uint32_t> nearest(region.size(), TriangleFit::kNoFace);
  parallelFor(region.size(), 1024, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t i = begin; i < end; ++i)
      if (surface.triangles[region[i]].high == kOutside)
        nearest[i] = ofTriangle(surface.triangles[region[i]].vertices).face;
  });
  const Mesh& mesh = original.mesh();
  for (std::size_t i = 0; i < region.size(); ++i) {
    if (nearest[i] == TriangleFit::kNoFace) continue;
    const Corners& v = surface.triangles[region[i]].vertices;
    outwards_[nearest[i]] += dot(cross(at(v[1]) - at(v[0]), at(v[2]) - at(v[0])),
                                 faceNormal(mesh, mesh.triangles[nearest[i]]));
  }
}

Vec3 OriginalFit::facing(std::uint32_t face) const {
  const Mesh& mesh = original_.mesh();
  const Vec3 normal = faceNormal(mesh, mesh.triangles[face]);
  const auto found = outwards_.find(face);
  return found != outwards_.end() && found->second < 0.f ? normal * -1.f : normal;
}

std::optional<Nearest> OriginalFit::nearest(Vec3 p) const {
  const auto close = original_.nearest(p, kClose);
  return close ? close : original_.nearest(p, kReach);
}

TriangleFit OriginalFit::ofTriangle(const Corners& corners) const {
  const Vec3 a = at(corners[0]), b = at(corners[1]), c = at(corners[2]);
  const auto below = nearest((a + b + c) / 3.f);
  if (!below) return {};
  const Vec3 normal = cross(b - a, c - a);
  const float weight = 1.f + std::sqrt(below->distanceSquared);
  const float longest =
      std::sqrt(std::max({lengthSquared(b - a), lengthSquared(c - b), lengthSquared(a - c)}));
  const float flat = std::max(0.f, kFlat * longest - length(normal));
  return {0.5f * (length(normal) * weight - dot(normal, facing(below->face))) + kFlatWeight * flat,
          below->face, below->point};
}

float OriginalFit::ofSide(std::uint32_t a, std::uint32_t b, bool skin) const {
  const Vec3 middle = (at(a) + at(b)) * 0.5f;
  if (!skin) return length(at(b) - at(a)) * std::max(0.f, -depthOf(middle));
  const auto below = nearest(middle);
  return below ? length(at(b) - at(a)) * std::sqrt(below->distanceSquared) : 0.f;
}

float OriginalFit::depthOf(Vec3 p) const {
  const auto hit = nearest(p);
  return hit ? dot(hit->point - p, facing(hit->face)) : kReach;
}

Vec3 OriginalFit::sunk(Vec3 p, float depth) const {
  const auto hit = nearest(p);
  return hit ? facing(hit->face) * (depthOf(p) - depth) : Vec3{};
}

std::vector<Vec3> OriginalFit::meetings(std::span<const TriangleFit> under, Vec3 from,
                                        float reach) const {
  Flanks planes;
  for (const TriangleFit& fit : under)
    if (fit.face != TriangleFit::kNoFace) planes.add(facing(fit.face), fit.at);
  std::vector<Vec3> places;
  const auto add = [&](const Meeting& meeting) {
    if (length(meeting.point - from) > reach) return;
    if (const auto hit = original_.nearest(meeting.point, kOnOriginal))
      places.push_back(hit->point);
  };
  if (planes.count > 2) add(meetingOf(planes, from));
  for (std::size_t i = 0; i < planes.count; ++i)
    for (std::size_t j = 0; j < i; ++j) {
      Flanks pair;
      pair.add(planes.normal[i], planes.at[i]);
      pair.add(planes.normal[j], planes.at[j]);
      add(meetingOf(pair, from));
    }
  return places;
}

float OriginalFit::heightOf(const Corners& corners) const {
  const Vec3 a = at(corners[0]), b = at(corners[1]), c = at(corners[2]);
  const float longest =
      std::sqrt(std::max({lengthSquared(b - a), lengthSquared(c - b), lengthSquared(a - c)}));
  return longest > 0.f ? length(cross(b - a, c - a)) / longest : 0.f;
}

}  // namespace maquette
