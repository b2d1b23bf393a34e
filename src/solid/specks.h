#pragma once

#include <vector>

#include "core/jobs/context.h"
#include "solid/label_field.h"

namespace maquette {

/// Gives pieces of a part that are only a few voxels large to the part that surrounds them most.
/// Pieces without a neighbour part (loose crumbs of the object itself) stay.
///
/// @param fewest  pieces with fewer nodes are given away
void removeSpecks(LabelField& field, const VoxelGrid& grid, std::size_t fewest, const Context& ctx);

}  // namespace maquette
