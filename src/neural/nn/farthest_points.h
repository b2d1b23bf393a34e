#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace maquette::neural {

/// Picks points that lie far apart: each next one is the farthest from those before it.
///
/// The same points on the processor and on a graphics card: squared distances in single precision,
/// rounded step by step; of equals the last index wins.
///
/// @param points  float [N, 3], N < 2^32
/// @param count   how many; beyond the number of different places the last index repeats
/// @param start   index of the first one, < N
/// @return        int64 [count], on the device of `points`
/// @throws InvalidInput  no points, another shape or type, or a start out of range
///
/// Source: part-segmentation specification, A4.
at::Tensor farthestPoints(const at::Tensor& points, std::int64_t count, std::int64_t start);

}  // namespace maquette::neural
