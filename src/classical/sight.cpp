#include "classical/sight.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr float kInset = 0.012f;      // of graph.size: how far under the surface eyes are
constexpr float kInsetShare = 0.25f;  // of the thickness there, at most

/// Farthest places first, beginning far from the middle.
std::vector<std::uint32_t> spreadOut(const Superfaces& faces) {
  Vec3 middle;
  float total = 0.f;
  for (std::uint32_t i = 0; i < faces.count(); ++i) {
    middle += faces.centres[i] * faces.areas[i];
    total += faces.areas[i];
  }
  middle = middle / total;
  std::uint32_t next = 0;
  for (std::uint32_t i = 1; i < faces.count(); ++i)
    if (lengthSquared(faces.centres[i] - middle) > lengthSquared(faces.centres[next] - middle))
      next = i;
  std::vector<float> gap(faces.count(), std::numeric_limits<float>::infinity());
  std::vector<std::uint32_t> places;
  while (places.size() < std::min<std::size_t>(Sight::kMost, faces.count())) {
    places.push_back(next);
    gap[next] = -1.f;
    for (std::uint32_t i = 0; i < faces.count(); ++i)
      gap[i] = std::min(gap[i], lengthSquared(faces.centres[i] - faces.centres[places.back()]));
    next = std::uint32_t(std::ranges::max_element(gap) - gap.begin());
  }
  return places;
}

/// Of each patch, the triangle nearest to its centre.
std::vector<std::uint32_t> middlesOf(const SurfaceGraph& graph, const Superfaces& faces) {
  std::vector<std::uint32_t> middle(faces.count());
  std::vector<float> least(faces.count(), std::numeric_limits<float>::infinity());
  for (std::uint32_t f = 0; f < graph.count(); ++f) {
    const std::uint32_t p = faces.of[f];
    const float d = lengthSquared(graph.centres[f] - faces.centres[p]);
    if (d >= least[p]) continue;
    least[p] = d;
    middle[p] = f;
  }
  return middle;
}

}  // namespace

Sight sightOf(const SurfaceGraph& graph, const Superfaces& faces, const Context& ctx) {
  const TriangleTree tree(graph.mesh);
  ctx.report(0.4f);
  const std::vector<std::uint32_t> middles = middlesOf(graph, faces);
  Sight sight;
  sight.places = spreadOut(faces);
  std::vector<Vec3> eyes;
  const float inset = kInset * graph.size;
  for (const std::uint32_t place : sight.places) {
    const std::uint32_t f = middles[place];
    const Vec3 inwards = -graph.normals[f];
    const auto hit = tree.firstHit(graph.centres[f] + inwards * (1e-4f * graph.size), inwards);
    const float thickness = hit ? hit->distance : inset;
    eyes.push_back(graph.centres[f] + inwards * std::min(inset, kInsetShare * thickness));
  }
  sight.seen.resize(eyes.size());
  parallelFor(eyes.size(), 8, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t a = begin; a < end; ++a)
      for (std::size_t b = 0; b < a; ++b)
        if (!tree.firstHit(eyes[a], eyes[b] - eyes[a], 0.f, 1.f)) sight.seen[a].set(b);
  });
  for (std::size_t a = 0; a < eyes.size(); ++a) {
    sight.seen[a].set(a);
    for (std::size_t b = 0; b < a; ++b)
      if (sight.seen[a][b]) sight.seen[b].set(a);
  }
  ctx.report(1.f);
  return sight;
}

}  // namespace maquette
