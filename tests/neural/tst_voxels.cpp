#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "core/base/error.h"
#include "masks/random_streams.h"
#include "neural/facts.h"
#include "neural/segment/serialization.h"
#include "neural/segment/voxels.h"

using namespace maquette;
using namespace maquette::neural;

namespace {

/// Cells of a small block, some of them missing.
std::vector<Cell> someCells(std::int32_t side, std::uint32_t oneIn) {
  Mt19937 random(7);
  std::vector<Cell> cells;
  for (std::int32_t x = 0; x < side; ++x)
    for (std::int32_t y = 0; y < side; ++y)
      for (std::int32_t z = 0; z < side; ++z)
        if (random.below(oneIn) == 0) cells.push_back({x, y, z});
  const std::vector<std::int64_t> order = random.permutation(std::int64_t(cells.size()));
  std::vector<Cell> shuffled;
  for (const std::int64_t i : order) shuffled.push_back(cells[std::size_t(i)]);
  return shuffled;
}

}  // namespace

FACT(neighboursAreThoseThatLookingAtAllPairsFinds) {
  const std::vector<Cell> cells = someCells(9, 3);
  const NeighbourMap map = neighboursOf(cells);
  for (std::int32_t k = 0; k < 13; ++k) {
    std::set<std::pair<std::int32_t, std::int32_t>> expected, found;
    for (std::size_t p = 0; p < cells.size(); ++p)
      for (std::size_t q = 0; q < cells.size(); ++q)
        if (cells[q] ==
            Cell{cells[p].x + k / 9 - 1, cells[p].y + k / 3 % 3 - 1, cells[p].z + k % 3 - 1})
          expected.emplace(p, q);
    const NeighbourMap::Pairs& pairs = map.below[std::size_t(k)];
    for (std::size_t i = 0; i < pairs.cells.size(); ++i)
      found.emplace(pairs.cells[i], pairs.neighbours[i]);
    EXPECT(found == expected && found.size() == pairs.cells.size());
    EXPECT(std::ranges::is_sorted(pairs.cells));
  }
}

FACT(aHilbertCurveGoesFromCellToCell) {
  std::vector<Cell> cells;
  for (std::int32_t i = 0; i < 512; ++i) cells.push_back({i / 64, i / 8 % 8, i % 8});
  for (const Curve curve : {Curve::hilbert, Curve::hilbertSwapped}) {
    std::vector<std::pair<std::int64_t, Cell>> along;
    for (const Cell& cell : cells) along.emplace_back(codeOf(cell, curve, 3), cell);
    std::ranges::sort(along, {}, [](const auto& one) { return one.first; });
    for (std::size_t i = 1; i < along.size(); ++i) {
      const Cell &a = along[i - 1].second, &b = along[i].second;
      EXPECT(std::abs(a.x - b.x) + std::abs(a.y - b.y) + std::abs(a.z - b.z) == 1);
      EXPECT(along[i].first == std::int64_t(i));
    }
  }
}

FACT(everyPlaceIsReadBackFromItsOwnSlot) {
  for (const std::int64_t n : {1, 31, 32, 33, 63, 64, 65, 1000}) {
    const std::int64_t offsets[] = {n};
    const Windows windows = windowsOf(offsets, 32);
    for (std::size_t i = 0; i < windows.readback.size(); ++i)
      EXPECT(windows.slots[std::size_t(windows.readback[i])] == std::int32_t(i));
    for (std::size_t w = 1; w < windows.bounds.size(); ++w)
      EXPECT(windows.bounds[w] - windows.bounds[w - 1] == std::min<std::int64_t>(n, 32));
  }
}

FACT(pointsThatAreNoneAreRefused) {
  const std::vector<double> none, good{0, 0, 0, 1, 1, 1}, far{0, 0, 0, 1e6, 0, 0},
      bad{0, 0, 0, 0, NAN, 0};
  EXPECT(voxelsOf(good, 0.005).cells.size() == 2);
  MESSAGE_OF(InvalidInput, voxelsOf(none, 0.005));
  MESSAGE_OF(InvalidInput, voxelsOf(far, 0.005));
  MESSAGE_OF(InvalidInput, voxelsOf(bad, 0.005));
}

FACT(halvingKeepsEveryCellInItsParent) {
  const std::vector<Cell> cells = someCells(12, 4);
  const Coarser coarser = halved(cells);
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const Cell& parent = coarser.cells[std::size_t(coarser.cluster[i])];
    EXPECT((parent == Cell{cells[i].x / 2, cells[i].y / 2, cells[i].z / 2}));
  }
  EXPECT(std::ranges::is_sorted(coarser.cells, {}, [](const Cell& cell) {
    return std::array{cell.x, cell.y, cell.z};
  }));
}

FACT_MAIN
