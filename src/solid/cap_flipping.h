#pragma once

#include <cstdint>
#include <vector>

#include "core/jobs/context.h"
#include "solid/multi_surface.h"

namespace maquette {

/// Does away with triangles without height, whose middle corner lies on their longest side: that
/// side is turned to end in the middle corner instead. Where that would make triangles cross,
/// nothing is done.
void flipCaps(MultiSurface& surface, const Context& ctx);

}  // namespace maquette
