#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "masks/clean_surface.h"

// Labels of faces from labels of samples, for surfaces whose faces do not hang together.
//
// Source: part-segmentation specification 4.3.

namespace maquette {

inline constexpr std::size_t kPointsPerFace = 10;

/// Ten points on every face, 30 F numbers.
///
/// @param u, v  10 F numbers in [0, 1) each
std::vector<double> facePoints(const Surface& surface, std::span<const double> u,
                               std::span<const double> v);

/// The same with numpy's legacy draws of this seed.
std::vector<double> facePoints(const Surface& surface, std::uint32_t seed);

/// The sample nearest to each point, in single precision; of equally near ones the first.
///
/// @param points   3 P numbers
/// @param samples  3 N numbers
/// @param labels   N: samples with a negative one do not count; at least one is not
/// @throws InvalidInput  all are negative
/// @throws Cancelled
std::vector<std::uint32_t> nearestSamples(std::span<const double> points,
                                          std::span<const double> samples,
                                          std::span<const std::int32_t> labels, const Context& ctx);

/// The most frequent label among the samples nearest to the points of each face; of equally
/// frequent ones the smallest.
std::vector<std::int32_t> labelsByNearest(std::span<const std::uint32_t> nearest,
                                          std::span<const std::int32_t> labels);

}  // namespace maquette
