#pragma once

#include <string>

#include "neural/kernels/kernels.h"

namespace maquette::neural {

/// Our own CUDA kernels, opened on the first call; null where they were not built.
const MaquetteKernels* kernels();

/// What they were built for, or that they are not there; for people.
std::string aboutKernels();

}  // namespace maquette::neural
