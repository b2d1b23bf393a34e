#include "support/mask_session.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <memory>

#include "masks/face_labels.h"
#include "masks/random_streams.h"
#include "masks/regions.h"
#include "support/shapes.h"

namespace maquette::test {
namespace {

double squaredDistance(const Place& a, const Place& b) {
  double sum = 0.;
  for (std::size_t i = 0; i < 3; ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
  return sum;
}

/// Places far from each other: the first is the first, then always the farthest from all.
std::vector<std::uint32_t> spread(const std::vector<Place>& points, std::size_t count) {
  std::vector<double> nearest(points.size(), std::numeric_limits<double>::infinity());
  std::vector<std::uint32_t> chosen;
  std::uint32_t next = 0;
  while (chosen.size() < count) {
    chosen.push_back(next);
    for (std::size_t i = 0; i < points.size(); ++i)
      nearest[i] = std::min(nearest[i], squaredDistance(points[i], points[chosen.back()]));
    next = std::uint32_t(std::ranges::max_element(nearest) - nearest.begin());
  }
  return chosen;
}

struct Spot {
  std::uint32_t part = 0, other = 0;  // the nearest centre, and the next
  float margin = 0.f;                 // how much farther that is, relative
  bool half = false;
};

Spot spotAt(const Place& place, const std::vector<Place>& centres) {
  Spot spot;
  double best = std::numeric_limits<double>::infinity(), next = best;
  for (std::uint32_t c = 0; c < centres.size(); ++c) {
    const double d = squaredDistance(place, centres[c]);
    if (d < best) {
      next = best;
      spot.other = spot.part;
      best = d;
      spot.part = c;
    } else if (d < next) {
      next = d;
      spot.other = c;
    }
  }
  spot.margin = float(std::sqrt(next / best) - 1.);
  spot.half = place[0] + 0.3 * place[1] + 0.7 * place[2] >
              centres[spot.part][0] + 0.3 * centres[spot.part][1] + 0.7 * centres[spot.part][2];
  return spot;
}

std::vector<Place> placesOf(const std::vector<double>& flat) {
  std::vector<Place> places;
  for (std::size_t i = 0; i + 2 < flat.size(); i += 3)
    places.push_back({flat[i], flat[i + 1], flat[i + 2]});
  return places;
}

/// Which samples one prompt's answer covers.
void answer(MaskSet& masks, const std::vector<Spot>& spots, std::uint32_t prompt, Pcg64& stream) {
  enum { part, half, group } size = part;
  if (const double draw = stream.uniform(); draw > 0.96)
    size = group;
  else if (draw > 0.85)
    size = half;
  const Spot& asked = spots[prompt];
  const double ragged = 0.02 + 0.05 * stream.uniform();
  const std::size_t row = masks.bits.size();
  masks.bits.resize(row + masks.words(), 0);
  std::uint64_t noise = stream.next64() | 1;
  for (std::size_t i = 0; i < spots.size(); ++i) {
    noise ^= noise << 13;
    noise ^= noise >> 7;
    noise ^= noise << 17;
    const Spot& spot = spots[i];
    const bool strays = spot.margin < ragged && (noise >> 60) < 5;
    const std::uint32_t here = strays ? spot.other : spot.part;
    const bool in = size == group  ? here / 3 == asked.part / 3
                    : size == half ? here == asked.part && spot.half == asked.half
                                   : here == asked.part;
    if (in) masks.bits[row + i / 64] |= std::uint64_t{1} << (i % 64);
  }
  const double sure = size == part ? 0.86 : size == half ? 0.74 : 0.66;
  masks.quality.push_back(float(std::round(100. * (sure + 0.12 * stream.uniform())) / 100.));
  masks.prompts.push_back(prompt);
}

}  // namespace

MaskSession maskSession(MeshPtr mesh, const MaskSessionParams& params) {
  MaskSession session;
  session.surface = maskedSurfaceOf(mesh, {});
  const SurfaceSamples samples =
      samplesOn(session.surface->surface, params.points, params.seed, {});
  const std::vector<Place> places = placesOf(samples.places);
  std::vector<Place> few(
      places.begin(), places.begin() + std::ptrdiff_t(std::min<std::size_t>(2000, places.size())));
  std::vector<Place> centres;
  for (const std::uint32_t i : spread(few, params.parts)) centres.push_back(few[i]);
  // Centres that are near each other make a group.
  std::ranges::sort(centres, {}, [](const Place& p) { return p[2] + 1e-3 * p[0]; });

  MaskSet masks;
  masks.model = "generated";
  masks.seed = params.seed;
  masks.mesh = session.surface->fingerprint;
  masks.faces = samples.faces;
  masks.places = insideFrame(frameOf(samples.places), samples.places);
  std::vector<Spot> spots;
  for (const Place& place : places) spots.push_back(spotAt(place, centres));
  Pcg64 stream(params.seed + 1);
  for (std::size_t k = 0; k < params.prompts; ++k)
    answer(masks, spots, stream.bounded(std::uint32_t(params.points - 1)), stream);
  session.masks = std::make_shared<const MaskSet>(std::move(masks));
  for (const Triangle& t : mesh->triangles) {
    const Vec3 c = faceCentre(*mesh, t);
    session.truth.push_back(spotAt({c.x, c.y, c.z}, centres).part);
  }
  return session;
}

std::vector<std::int32_t> publishedLabels(const MaskedSurface& surface, const MaskSet& masks,
                                          const MergedMasks& merged, bool joined) {
  const LabelledSurface on{surface.surface, surface.links, surface.areas};
  auto labels = votedLabels(masks.faces, merged.labels, surface.areas.size());
  growOverUnknown(surface.links, labels, {});
  clearTiny(on, labels, {});
  grow(surface.links, labels, {});
  Regions regions = regionsOf(surface.links, labels, surface.areas, {});
  promoteLarge(regions, kUnknown);
  attachRest(on, regions, Attaching::published, {});
  labels = faceLabels(regions);
  if (!joined) return labels;
  regions = regionsOf(surface.links, labels, surface.areas, {});
  mergeSmall(surface.links, regions);
  return faceLabels(regions);
}

Mesh wavyBox(int n) {
  Mesh mesh = makeBox({100.f, 70.f, 50.f}, n);
  for (Vec3& p : mesh.positions)
    p = p * (1.f + 0.05f * std::sin(0.21f * p.x) * std::cos(0.17f * p.y + 0.13f * p.z));
  return mesh;
}

}  // namespace maquette::test
