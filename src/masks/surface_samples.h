#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "masks/clean_surface.h"

// Points on a surface, and the frame in which a network sees them.
//
// Source: part-segmentation specification 1.4, 1.5, 1.6.1.

namespace maquette {

/// Points on a surface.
struct SurfaceSamples {
  std::vector<std::uint32_t> faces;  ///< N: the face that a point lies on
  std::vector<double> places;        ///< 3 N, x y z in the unit of the surface

  std::size_t count() const { return faces.size(); }
};

/// Areas of faces, each added to those before it.
std::vector<double> areaSums(const Surface& surface);

/// Areas of faces.
std::vector<double> faceAreas(const Surface& surface);

/// Unit normals, 3 F; zero for a face without area.
std::vector<double> flatNormals(const Surface& surface);

/// The unit normal of every sample's face, 3 N.
std::vector<double> sampleNormals(const Surface& surface, const SurfaceSamples& samples);

/// Points drawn evenly over the area, as numpy's generator of this seed draws them.
///
/// @param surface  with an area above 0
/// @param count    >= 1
/// @throws InvalidInput  there is no area
/// @throws Cancelled
SurfaceSamples samplesOn(const Surface& surface, std::size_t count, std::uint64_t seed,
                         const Context& ctx);

/// The same with given draws in [0, 1): N that pick faces, and two for each point on its face.
SurfaceSamples samplesOn(const Surface& surface, std::span<const double> picks,
                         std::span<const double> spots);

/// Where the network's coordinates begin and what their unit is.
struct NetworkFrame {
  Place centre{};
  double scale = 0.;
  Place shift{};

  Place normalised(const Place& place) const;  ///< frame A: the longest axis spans [-1, 1]
  Place inside(const Place& place) const;      ///< frame S: and z begins at 0; what heads see
};

/// The frame of points. @param places  3 N >= 3 numbers
NetworkFrame frameOf(std::span<const double> places);

/// Points in frame S, 3 N numbers.
std::vector<double> insideFrame(const NetworkFrame& frame, std::span<const double> places);

}  // namespace maquette
