#include "surface/denoising.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace maquette {
namespace {

constexpr float kRough = 0.12f;  // radians
constexpr int kMostRounds = 8;
constexpr float kSmall = 1.f / 1000.f;  // of the whole area: a larger triangle is a facet
constexpr float kShrink = 0.5f, kSwell = -0.53f;

/// Moves every corner towards (or away from) the mean of its neighbours.
void step(Mesh& mesh, const Sides& sides, const std::vector<std::uint8_t>& fixed, float share,
          std::vector<Vec3>& sum, std::vector<float>& count) {
  sum.assign(mesh.positions.size(), {});
  count.assign(mesh.positions.size(), 0.f);
  forEachEdge(sides, [&](std::uint32_t lower, std::span<const Side> edge) {
    const std::uint32_t upper = edge[0].upper;
    sum[lower] += mesh.positions[upper];
    sum[upper] += mesh.positions[lower];
    ++count[lower];
    ++count[upper];
  });
  for (std::size_t v = 0; v < sum.size(); ++v)
    if (!fixed[v] && count[v] > 0.f)
      mesh.positions[v] += (sum[v] / count[v] - mesh.positions[v]) * share;
}

}  // namespace

float roughnessOf(const Mesh& mesh, const Sides& sides) {
  struct Around {
    float bend = 0.f, absolute = 0.f, length = 0.f;
  };
  std::vector<Around> around(mesh.triangles.size());
  std::vector<Vec3> normals;
  std::vector<float> areas;
  double total = 0.;
  for (const Triangle& t : mesh.triangles) {
    const Vec3 n = areaVector(mesh, t);
    areas.push_back(length(n));
    normals.push_back(normalized(n));
    total += areas.back();
  }
  forEachEdge(sides, [&](std::uint32_t lower, std::span<const Side> edge) {
    if (edge.size() != 2) return;
    const std::uint32_t f = edge[0].face, g = edge[1].face;
    const float way = edge[0].forward == edge[1].forward ? -1.f : 1.f;  // one is turned over
    const Vec3 a = normals[f], b = normals[g] * way;
    const Vec3 across = faceCentre(mesh, mesh.triangles[g]) - faceCentre(mesh, mesh.triangles[f]);
    const float l = length(mesh.positions[edge[0].upper] - mesh.positions[lower]);
    const float angle = std::atan2(length(cross(a, b)), dot(a, b)) * l;
    const float bend = dot(b - a, across) < 0.f ? angle : -angle;
    for (const auto& [face, signedBend] : {std::pair{f, bend}, std::pair{g, bend * way}}) {
      around[face].bend += signedBend;
      around[face].absolute += angle;
      around[face].length += l;
    }
  });
  double rough = 0.;
  for (std::size_t f = 0; f < around.size(); ++f)
    if (areas[f] < kSmall * total && around[f].length > 0.f)
      rough += areas[f] * (around[f].absolute - std::abs(around[f].bend)) / around[f].length;
  return total > 0. ? float(rough / total) : 0.f;
}

void denoise(Mesh& mesh, const Sides& sides, const Context& ctx) {
  std::vector<std::uint8_t> fixed(mesh.positions.size(), 0);
  forEachEdge(sides, [&](std::uint32_t lower, std::span<const Side> edge) {
    if (edge.size() != 2) fixed[lower] = fixed[edge[0].upper] = 1;
  });
  std::vector<Vec3> sum;
  std::vector<float> count;
  for (int round = 0; round < kMostRounds; ++round) {
    ctx.check();
    if (roughnessOf(mesh, sides) < kRough) return;
    step(mesh, sides, fixed, kShrink, sum, count);
    step(mesh, sides, fixed, kSwell, sum, count);
  }
}

}  // namespace maquette
