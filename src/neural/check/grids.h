#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <string>
#include <vector>

#include "neural/check/fixture.h"
#include "neural/segment/sonata.h"

// What fixtures say of voxels, as the code takes it, and back.

namespace maquette::neural {

std::vector<Cell> cellsIn(const Fixture& f, const std::string& name);
at::Tensor tensorOf(const std::vector<Cell>& cells);            // int64 [n, 3]
at::Tensor tensorOf(const std::vector<std::int32_t>& numbers);  // int64 [n]
at::Tensor codesOf(const std::vector<Cell>& cells, int depth);  // int64 [4, n]
std::vector<CurvePermutation> permutationsIn(const Fixture& f, const std::string& name);

/// The one stage of a fixture that has just one: rows of all four curves as permuted.
SonataStage stageOf(const Fixture& f, const CurvePermutation& permutation);

}  // namespace maquette::neural
