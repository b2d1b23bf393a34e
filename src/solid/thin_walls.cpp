#include "solid/thin_walls.h"

#include <algorithm>
#include <cmath>

#include "core/geometry/measures.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr double kPlaces = 20000.;
constexpr float kParallel = -0.8f;  // cosine between the two sides' normals: wedges do not count
constexpr float kOff = 1e-3f;       // of `below`: where the look through begins

struct Place {
  Vec3 at;
  std::uint32_t face;
};

std::vector<Place> spread(const Mesh& mesh, double step) {
  std::vector<Place> places;
  double owed = 0.5;
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    const Triangle& t = mesh.triangles[f];
    owed += 0.5 * double(length(areaVector(mesh, t))) / step;
    for (; owed >= 1.; owed -= 1.) {
      // A low-discrepancy walk over the triangle (Roberts's R2 sequence).
      const double n = double(places.size());
      double u = std::fmod(n * 0.7548776662466927, 1.), v = std::fmod(n * 0.5698402909980532, 1.);
      if (u + v > 1.) {
        u = 1. - u;
        v = 1. - v;
      }
      const Vec3 a = mesh.positions[t[0]];
      places.push_back(
          {a + (mesh.positions[t[1]] - a) * float(u) + (mesh.positions[t[2]] - a) * float(v), f});
    }
  }
  return places;
}

}  // namespace

std::vector<ThinSpot> thinSpots(const TriangleTree& tree, float below, const Context& ctx) {
  const Mesh& mesh = tree.mesh();
  const double step = areaOf(mesh) / kPlaces;
  if (!(step > 0.)) return {};
  const auto places = spread(mesh, step);
  ctx.check();
  std::vector<ThinSpot> all(places.size());
  parallelFor(places.size(), 256, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t i = begin; i < end; ++i) {
      const Vec3 normal = faceNormal(mesh, mesh.triangles[places[i].face]);
      const auto hit = tree.firstHit(places[i].at, normal * -1.f, kOff * below, below);
      if (!hit || dot(normal, faceNormal(mesh, mesh.triangles[hit->face])) > kParallel) continue;
      all[i] = {places[i].at - normal * (0.5f * hit->distance), hit->distance, float(step),
                places[i].face};
    }
  });
  std::erase_if(all, [](const ThinSpot& s) { return s.area == 0.f; });
  return all;
}

float thicknessExceededBy(std::vector<ThinSpot> spots, double share) {
  if (spots.empty()) return 0.f;
  const auto at = std::min(spots.size() - 1, std::size_t((1. - share) * double(spots.size())));
  std::ranges::nth_element(spots, spots.begin() + std::ptrdiff_t(at), {}, &ThinSpot::thickness);
  return spots[at].thickness;
}

}  // namespace maquette
