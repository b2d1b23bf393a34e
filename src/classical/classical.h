#pragma once

#include "core/models/registry.h"

namespace maquette {

/// Adds the entry "classical" for each of the three jobs. They need no weights and no GPU, and are
/// always available.
void registerClassical(Registry& registry);

}  // namespace maquette
