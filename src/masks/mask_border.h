#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/jobs/context.h"
#include "core/models/parameters.h"
#include "surface/surface_graph.h"

namespace maquette {

using NodeFlags = std::vector<std::uint8_t>;  ///< one per node of a SurfaceGraph, 0 or 1

inline constexpr float kUsualReach = -1.f;  ///< as far as the distance of samples suggests

/// Millimetres that a border may move to an edge: 0 not at all, below 0 kUsualReach.
float reachOf(const ClickParams& params);

/// What kUsualReach means on a surface with so many samples, mm.
float usualReach(const SurfaceGraph& graph, std::size_t samples);

/// Moves the border of a set of nodes to the cheapest one within reach: short, and along edges
/// where the surface bends, inwards above all. A minimum cut in a band on both sides of the border,
/// whose rims hold on to what lies beside them.
///
/// @param in, out  nodes that end in the set and outside of it, wherever they lie
/// @param reach    mm, > 0; on fine meshes less, so that the cut stays quick
/// @param set      N flags, changed in place
void settleMask(const SurfaceGraph& graph, std::span<const std::uint32_t> in,
                std::span<const std::uint32_t> out, float reach, NodeFlags& set);

/// The same for the borders between labels, one pair of labels after the other, lowest first. What
/// is too small or too thin for the reach keeps its inner half, so that no label is lost.
///
/// @param labels  N, changed in place
/// @throws Cancelled
void settleLabels(const SurfaceGraph& graph, float reach, std::vector<std::int32_t>& labels,
                  const Context& ctx);

/// Takes away what lies nearer to `out` than to any of `in`, walking inside the set, where a bend
/// is a long way.
///
/// @param in  nodes of the set; at least one
void cutBetween(const SurfaceGraph& graph, std::span<const std::uint32_t> in, std::uint32_t out,
                NodeFlags& set);

}  // namespace maquette
