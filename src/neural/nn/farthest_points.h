#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace maquette::neural {

/// Which of several points that are equally far is picked.
enum class Ties : std::uint8_t {
  last,      ///< the last index: the segmenter's sampler
  first,     ///< the first: torch_cluster on a processor
  lanes256,  ///< the first of the smallest (index mod 256): torch_cluster on a graphics card
};

/// Picks points that lie far apart: each next one is the farthest from those before it.
///
/// The same points on the processor and on a graphics card: squared distances in single precision,
/// rounded step by step. A graphics card knows the rule `last`; for others the points come here.
///
/// @param points  float [N, 3], N < 2^32
/// @param count   how many; beyond the number of different places one index repeats
/// @param start   index of the first one, < N
/// @param ties    of equals, which
/// @return        int64 [count], on the device of `points`
/// @throws InvalidInput  no points, another shape or type, or a start out of range
///
/// Source: part-segmentation specification, A4; shape-generation 6.4; part-generation 3.3.
at::Tensor farthestPoints(const at::Tensor& points, std::int64_t count, std::int64_t start,
                          Ties ties = Ties::last);

}  // namespace maquette::neural
