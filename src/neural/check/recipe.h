#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "neural/check/json_facts.h"

namespace maquette::neural {

/// A tensor of numbers that look random and follow from its name: offset + scale * u, u in [-1, 1)
/// from splitmix64 seeded with the name's FNV-1a. How fixtures of official size state their weights
/// without holding them.
at::Tensor tensorByName(const std::string& name, at::IntArrayRef shape, double scale,
                        double offset);

/// What "weights_recipe" of a fixture's configuration asks for, or nothing.
///
/// @param config  laid flat with '/'
std::vector<std::pair<std::string, at::Tensor>> weightsByRecipe(const JsonFacts& config);

}  // namespace maquette::neural
