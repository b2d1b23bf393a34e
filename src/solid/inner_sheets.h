#pragma once

#include <cstdint>
#include <vector>

#include "core/geometry/topology.h"
#include "core/jobs/context.h"

namespace maquette {

/// Finds sheets that end at open or non-manifold edges and that nobody sees from outside: walls and
/// flaps inside an object. The closed wall of a cavity is none.
///
/// @return  F flags
std::vector<std::uint8_t> innerSheets(const Mesh& mesh, const EdgeTable& edges, const Context& ctx);

/// The same with patches over the holes of the rest, through which they may be seen. Costs a look
/// at the whole mesh for each sheet, so that only a few small ones are asked.
std::vector<std::uint8_t> innerSheetsBehindHoles(const Mesh& mesh, const EdgeTable& edges,
                                                 const Context& ctx);

}  // namespace maquette
