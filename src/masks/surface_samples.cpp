#include "masks/surface_samples.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "masks/random_streams.h"

namespace maquette {
namespace {

Place minus(const Place& a, const Place& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }

/// Twice the area, along the normal: of the first two sides, not of those at the first corner.
Place crossOf(const Surface& surface, const Triangle& face) {
  const auto& v = surface.vertices;
  const Place a = minus(v[face[1]], v[face[0]]), b = minus(v[face[2]], v[face[1]]);
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

double lengthOf(const Place& p) { return std::sqrt(p[0] * p[0] + p[1] * p[1] + p[2] * p[2]); }

/// Draws a number in [0, 1) for each use.
template <class Pick, class Spot>
SurfaceSamples drawn(const Surface& surface, std::size_t count, const Pick& pick, const Spot& spot,
                     const Context& ctx) {
  const std::vector<double> sums = areaSums(surface);
  if (sums.empty() || !(sums.back() > 0.))
    throw InvalidInput("The surface has no area: there is nothing to put samples on.");
  SurfaceSamples samples;
  samples.faces.reserve(count);
  samples.places.reserve(3 * count);
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 16384 == 0) ctx.check();
    const auto found = std::ranges::lower_bound(sums, pick() * sums.back());
    samples.faces.push_back(std::uint32_t(found - sums.begin()));
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 65536 == 0) ctx.check();
    double r1 = spot(), r2 = spot();
    if (r1 + r2 > 1.) {
      r1 = std::abs(r1 - 1.);
      r2 = std::abs(r2 - 1.);
    }
    const Triangle& face = surface.faces[samples.faces[i]];
    const Place& v0 = surface.vertices[face[0]];
    const Place e1 = minus(surface.vertices[face[1]], v0);
    const Place e2 = minus(surface.vertices[face[2]], v0);
    for (std::size_t a = 0; a < 3; ++a)
      samples.places.push_back((r1 * e1[a] + r2 * e2[a]) + v0[a]);  // the corner last
  }
  return samples;
}

}  // namespace

std::vector<double> areaSums(const Surface& surface) {
  std::vector<double> sums;
  sums.reserve(surface.faces.size());
  double sum = 0.;
  for (const Triangle& face : surface.faces)
    sums.push_back(sum += lengthOf(crossOf(surface, face)) / 2.);
  return sums;
}

std::vector<double> faceAreas(const Surface& surface) {
  std::vector<double> areas;
  areas.reserve(surface.faces.size());
  for (const Triangle& face : surface.faces) areas.push_back(lengthOf(crossOf(surface, face)) / 2.);
  return areas;
}

std::vector<double> flatNormals(const Surface& surface) {
  std::vector<double> normals;
  normals.reserve(3 * surface.faces.size());
  for (const Triangle& face : surface.faces) {
    const Place cross = crossOf(surface, face);
    const double length = lengthOf(cross);
    for (const double c : cross) normals.push_back(length > 1e-13 ? c / length : 0.);
  }
  return normals;
}

std::vector<double> sampleNormals(const Surface& surface, const SurfaceSamples& samples) {
  const std::vector<double> ofFaces = flatNormals(surface);
  std::vector<double> normals(3 * samples.count());
  for (std::size_t i = 0; i < samples.count(); ++i)
    for (std::size_t axis = 0; axis < 3; ++axis)
      normals[3 * i + axis] = ofFaces[3 * samples.faces[i] + axis];
  return normals;
}

SurfaceSamples samplesOn(const Surface& surface, std::size_t count, std::uint64_t seed,
                         const Context& ctx) {
  Pcg64 stream(seed);
  const auto next = [&] { return stream.uniform(); };
  return drawn(surface, count, next, next, ctx);
}

SurfaceSamples samplesOn(const Surface& surface, std::span<const double> picks,
                         std::span<const double> spots) {
  auto pick = picks.begin(), spot = spots.begin();
  return drawn(
      surface, picks.size(), [&] { return *pick++; }, [&] { return *spot++; }, Context());
}

Place NetworkFrame::normalised(const Place& place) const {
  Place moved;
  for (std::size_t a = 0; a < 3; ++a) moved[a] = (place[a] - centre[a]) / (scale + 1e-10);
  return moved;
}

Place NetworkFrame::inside(const Place& place) const { return minus(normalised(place), shift); }

NetworkFrame frameOf(std::span<const double> places) {
  Place least{places[0], places[1], places[2]}, most = least;
  for (std::size_t i = 3; i < places.size(); ++i) {
    least[i % 3] = std::min(least[i % 3], places[i]);
    most[i % 3] = std::max(most[i % 3], places[i]);
  }
  NetworkFrame frame;
  for (std::size_t a = 0; a < 3; ++a) {
    frame.centre[a] = (most[a] + least[a]) / 2.;
    frame.scale = std::max(frame.scale, std::abs((most[a] - least[a]) / 2.));
  }
  // Rounding keeps order: the least normalised is the normalised least.
  const Place low = frame.normalised(least), high = frame.normalised(most);
  frame.shift = {(low[0] + high[0]) / 2., (low[1] + high[1]) / 2., low[2]};
  return frame;
}

std::vector<double> insideFrame(const NetworkFrame& frame, std::span<const double> places) {
  std::vector<double> inside;
  inside.reserve(places.size());
  for (std::size_t i = 0; i + 2 < places.size(); i += 3) {
    const Place moved = frame.inside({places[i], places[i + 1], places[i + 2]});
    inside.insert(inside.end(), moved.begin(), moved.end());
  }
  return inside;
}

}  // namespace maquette
