#pragma once

#include <cstdint>
#include <optional>

#include "core/geometry/triangle_tree.h"
#include "solid/skin_region.h"

namespace maquette {

// Each looks for one step at an active vertex, takes the first or best that wins, and says whether
// it did. The steps with a neighbour named can be asked to win less, or to lose little.

/// Exchanges a side at the vertex for the other diagonal.
bool turnSide(SkinRegion& region, std::uint32_t v);
bool turnSide(SkinRegion& region, std::uint32_t v, std::uint32_t w, float gain);

/// Moves a vertex of the skin: onto an edge or corner of the original, to where it was wanted, onto
/// the nearest place of the original or towards the middle of its neighbours.
bool shiftVertex(SkinRegion& region, std::uint32_t v, std::optional<Vec3> wanted,
                 const TriangleTree& original, float gain = SkinRegion::kGain);

/// Whether a vertex of a cut is not clearly below the skin, and so in its way.
bool isInTheWay(const SkinRegion& region, std::uint32_t v);

/// Moves a vertex of a cut that is in the way of the skin farther below it.
bool sinkVertex(SkinRegion& region, std::uint32_t v);

/// Draws a vertex of the skin into a neighbour: one inside a part's skin into any, one of a seam
/// along it.
bool joinVertex(SkinRegion& region, std::uint32_t v);
bool joinVertex(SkinRegion& region, std::uint32_t v, std::uint32_t u, float gain);

/// Divides a side at the vertex that is off the original, where planes of the original meet.
bool divideSide(SkinRegion& region, std::uint32_t v);
bool divideSide(SkinRegion& region, std::uint32_t v, std::uint32_t w, float gain);

}  // namespace maquette
