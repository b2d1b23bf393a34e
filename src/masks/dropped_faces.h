#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// Which kept face stands for each face: itself; for a dropped one the kept face that shares most
/// corners with it, else that of a dropped one that it touches, else that of the face before it.
///
/// @param faces     F, welded
/// @param kept      faces that were kept, ascending, at least one
/// @param vertices  how many there are
/// @return  F places in `kept`
/// @throws Cancelled
std::vector<std::uint32_t> standingFor(std::span<const Triangle> faces,
                                       std::span<const std::uint32_t> kept, std::size_t vertices,
                                       const Context& ctx);

}  // namespace maquette
