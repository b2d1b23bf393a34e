#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "surface/surface_graph.h"

namespace maquette {

/// What lies on both sides of the borders between labels.
struct BorderBand {
  std::vector<std::uint32_t> nodes;  ///< nearest the border first
  std::vector<float> depths;         ///< mm from it, ascending
  float reach = 0.f;                 ///< mm, at least the last depth: where the band ends
};

/// The nodes that lie less than `reach` mm from a border, > 0, but the nearest `most` at most.
///
/// @param labels  N
BorderBand bandAround(const SurfaceGraph& graph, const std::vector<std::uint32_t>& labels,
                      float reach, std::size_t most = std::numeric_limits<std::size_t>::max());

/// How far each node [N] lies from the nearest border between labels; infinity from `reach` mm on.
std::vector<float> depthsOf(const SurfaceGraph& graph, const std::vector<std::uint32_t>& labels,
                            float reach);

}  // namespace maquette
