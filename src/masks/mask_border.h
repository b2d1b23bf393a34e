#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "surface/surface_graph.h"

namespace maquette {

using NodeFlags = std::vector<std::uint8_t>;  ///< one per node of a SurfaceGraph, 0 or 1

/// Moves the border of a set of nodes to the cheapest one within reach: short, and along edges
/// where the surface bends, inwards above all. A minimum cut in a band on both sides of the border,
/// whose rims hold on to what lies beside them.
///
/// @param in, out  nodes that end in the set and outside of it, wherever they lie
/// @param reach    mm; on fine meshes less, so that the cut stays quick
/// @param set      N flags, changed in place
void settleMask(const SurfaceGraph& graph, std::span<const std::uint32_t> in,
                std::span<const std::uint32_t> out, float reach, NodeFlags& set);

/// Takes away what lies nearer to `out` than to any of `in`, walking inside the set, where a bend
/// is a long way.
///
/// @param in  nodes of the set; at least one
void cutBetween(const SurfaceGraph& graph, std::span<const std::uint32_t> in, std::uint32_t out,
                NodeFlags& set);

}  // namespace maquette
