#include "neural/check/grids.h"

#include <ATen/ops/empty.h>

#include <algorithm>

namespace maquette::neural {

using at::Tensor;

std::vector<Cell> cellsIn(const Fixture& f, const std::string& name) {
  const std::vector<std::int64_t> all = f.integers(name);
  std::vector<Cell> cells(all.size() / 3);
  for (std::size_t i = 0; i < cells.size(); ++i)
    cells[i] = {std::int32_t(all[3 * i]), std::int32_t(all[3 * i + 1]),
                std::int32_t(all[3 * i + 2])};
  return cells;
}

Tensor tensorOf(const std::vector<Cell>& cells) {
  Tensor all = at::empty({std::int64_t(cells.size()), 3}, at::TensorOptions(c10::kLong));
  auto* to = all.mutable_data_ptr<std::int64_t>();
  for (const Cell& cell : cells)
    for (const std::int32_t value : {cell.x, cell.y, cell.z}) *to++ = value;
  return all;
}

Tensor tensorOf(const std::vector<std::int32_t>& numbers) {
  Tensor all = at::empty({std::int64_t(numbers.size())}, at::TensorOptions(c10::kLong));
  std::ranges::copy(numbers, all.mutable_data_ptr<std::int64_t>());
  return all;
}

Tensor codesOf(const std::vector<Cell>& cells, int depth) {
  Tensor all = at::empty({4, std::int64_t(cells.size())}, at::TensorOptions(c10::kLong));
  auto* to = all.mutable_data_ptr<std::int64_t>();
  for (const Curve curve : kCurves)
    for (const Cell& cell : cells) *to++ = codeOf(cell, curve, depth);
  return all;
}

std::vector<CurvePermutation> permutationsIn(const Fixture& f, const std::string& name) {
  const std::vector<std::int64_t> all = f.integers(name);
  std::vector<CurvePermutation> permutations(all.size() / 4);
  for (std::size_t i = 0; i < permutations.size(); ++i)
    std::copy_n(all.begin() + std::ptrdiff_t(4 * i), 4, permutations[i].begin());
  return permutations;
}

SonataStage stageOf(const Fixture& f, const CurvePermutation& permutation) {
  const std::int64_t blocks[] = {4};
  const CurvePermutation permutations[] = {permutation};
  return std::move(sonataStages(cellsIn(f, "grid"), permutations, blocks, f.placement().device)[0]);
}

}  // namespace maquette::neural
