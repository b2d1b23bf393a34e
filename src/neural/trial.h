#pragma once

#include "core/models/neural_abi.h"

namespace maquette::neural {

/// Runs a small transformer whose weights are computed, and compares it with itself in double
/// precision.
///
/// @throws InvalidInput  the sizes make no transformer
/// @throws Cancelled     between two blocks
NeuralTrialResult runTrial(const NeuralTrial& trial, const Context& ctx);

}  // namespace maquette::neural
