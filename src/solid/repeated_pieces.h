#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/topology.h"
#include "core/jobs/context.h"

namespace maquette {

/// Finds pieces (joined across ordinary edges) that lie on others with all their triangles: the
/// same surface once more, divided otherwise. The smallest are looked at first, and what they lie
/// on stays.
///
/// @param upon  distance between surfaces that are the same
/// @return      F flags
std::vector<std::uint8_t> repeatedPieces(const Mesh& mesh, const EdgeTable& edges, float upon,
                                         const Context& ctx);

}  // namespace maquette
