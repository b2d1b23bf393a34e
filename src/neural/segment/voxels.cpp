#include "neural/segment/voxels.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/base/error.h"
#include "core/jobs/context.h"
#include "core/jobs/parallel.h"
#include "core/jobs/sorting.h"

namespace maquette::neural {
namespace {

constexpr double kMostCells = 65'000.;

/// The key that orders voxels: a hash without collisions on the grids that occur.
std::uint64_t keyOf(const Cell& cell) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const std::int32_t value : {cell.x, cell.y, cell.z})
    hash = hash * 1099511628211ull ^ std::uint64_t(std::uint32_t(value));
  return hash;
}

/// x, y, z in 21 bits each, with room for -1: adding offsets to packed cells keeps their order.
std::int64_t packed(std::int64_t x, std::int64_t y, std::int64_t z) {
  return (x << 42) + (y << 21) + z;
}

std::int64_t packed(const Cell& cell) { return packed(cell.x + 1, cell.y + 1, cell.z + 1); }

struct Keyed {
  std::uint64_t key;
  std::int32_t row;
};

std::vector<Keyed> sortedByKey(std::vector<Keyed> all) {
  const auto less = [](const Keyed& a, const Keyed& b) {
    return a.key != b.key ? a.key < b.key : a.row < b.row;
  };
  sortInSlices(all, less, Context());
  return all;
}

std::vector<Keyed> sortedCells(std::span<const Cell> cells) {
  std::vector<Keyed> all(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i)
    all[i] = {std::uint64_t(packed(cells[i])), std::int32_t(i)};
  return sortedByKey(std::move(all));
}

std::vector<Cell> cellsOf(std::span<const double> places, double cell) {
  const std::size_t n = places.size() / 3;
  std::vector<double> floors(places.size());
  std::array<double, 3> least{HUGE_VAL, HUGE_VAL, HUGE_VAL}, most{-HUGE_VAL, -HUGE_VAL, -HUGE_VAL};
  for (std::size_t i = 0; i < places.size(); ++i) {
    floors[i] = std::floor(places[i] / cell);
    if (!std::isfinite(floors[i])) throw InvalidInput("A point has no place.");
    least[i % 3] = std::min(least[i % 3], floors[i]);
    most[i % 3] = std::max(most[i % 3], floors[i]);
  }
  for (int axis = 0; axis < 3; ++axis)
    if (!(most[std::size_t(axis)] - least[std::size_t(axis)] < kMostCells))
      throw InvalidInput("The points lie too far apart, or are no points.");
  std::vector<Cell> cells(n);
  for (std::size_t i = 0; i < n; ++i)
    cells[i] = {std::int32_t(floors[3 * i] - least[0]), std::int32_t(floors[3 * i + 1] - least[1]),
                std::int32_t(floors[3 * i + 2] - least[2])};
  return cells;
}

}  // namespace

std::int32_t Voxels::most() const { return *std::ranges::max_element(counts); }

std::vector<std::int64_t> Voxels::pick(std::span<const std::int64_t> draws) const {
  std::vector<std::int64_t> picked(counts.size());
  for (std::size_t v = 0; v < picked.size(); ++v)
    picked[v] = members[std::size_t(starts[v] + draws[v] % counts[v])];
  return picked;
}

Voxels voxelsOf(std::span<const double> places, double cell) {
  if (places.empty()) throw InvalidInput("There are no points.");
  const std::vector<Cell> cells = cellsOf(places, cell);
  std::vector<Keyed> keyed(cells.size());
  for (std::size_t i = 0; i < cells.size(); ++i) keyed[i] = {keyOf(cells[i]), std::int32_t(i)};
  keyed = sortedByKey(std::move(keyed));
  Voxels voxels;
  voxels.inverse.resize(cells.size());
  voxels.members.resize(cells.size());
  for (std::size_t i = 0; i < keyed.size(); ++i) {
    if (i == 0 || keyed[i].key != keyed[i - 1].key) {
      voxels.keys.push_back(keyed[i].key);
      voxels.cells.push_back(cells[std::size_t(keyed[i].row)]);
      voxels.counts.push_back(0);
      voxels.starts.push_back(std::int64_t(i));
    }
    ++voxels.counts.back();
    voxels.inverse[std::size_t(keyed[i].row)] = std::int32_t(voxels.keys.size() - 1);
    voxels.members[i] = keyed[i].row;
  }
  voxels.starts.push_back(std::int64_t(keyed.size()));
  return voxels;
}

Coarser halved(std::span<const Cell> cells) {
  std::vector<Cell> parents(cells.begin(), cells.end());
  for (Cell& cell : parents) cell = {cell.x >> 1, cell.y >> 1, cell.z >> 1};
  const std::vector<Keyed> sorted = sortedCells(parents);
  Coarser coarser;
  coarser.cluster.resize(cells.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i == 0 || sorted[i].key != sorted[i - 1].key)
      coarser.cells.push_back(parents[std::size_t(sorted[i].row)]);
    coarser.cluster[std::size_t(sorted[i].row)] = std::int32_t(coarser.cells.size() - 1);
  }
  return coarser;
}

NeighbourMap neighboursOf(std::span<const Cell> cells) {
  const std::vector<Keyed> sorted = sortedCells(cells);
  NeighbourMap map;
  // A packed cell and its neighbour differ by the same number everywhere, so that cells in order
  // meet their neighbours in order: no table is needed, only a second finger.
  parallelFor(map.below.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      const auto offset = std::int64_t(k);
      const std::int64_t step = packed(offset / 9 - 1, offset / 3 % 3 - 1, offset % 3 - 1);
      std::vector<std::pair<std::int32_t, std::int32_t>> found;
      std::size_t finger = 0;
      for (const Keyed& cell : sorted) {
        const std::int64_t wanted = std::int64_t(cell.key) + step;
        while (finger < sorted.size() && std::int64_t(sorted[finger].key) < wanted) ++finger;
        if (finger == sorted.size()) break;
        if (std::int64_t(sorted[finger].key) == wanted)
          found.emplace_back(cell.row, sorted[finger].row);
      }
      std::ranges::sort(found);
      for (const auto& [cell, neighbour] : found) {
        map.below[k].cells.push_back(cell);
        map.below[k].neighbours.push_back(neighbour);
      }
    }
  });
  return map;
}

}  // namespace maquette::neural
