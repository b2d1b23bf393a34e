#include "solid/specks.h"

#include <algorithm>
#include <map>

namespace maquette {
namespace {

/// The 14 neighbours of a node along the edges of the tetrahedra (Kuhn 1960).
std::vector<std::ptrdiff_t> tetrahedraSteps(const VoxelGrid& grid) {
  std::vector<std::ptrdiff_t> steps;
  for (int d = 1; d < 8; ++d) {
    const auto step = std::ptrdiff_t(grid.index(d & 1, d >> 1 & 1, d >> 2 & 1));
    steps.push_back(step);
    steps.push_back(-step);
  }
  return steps;
}

}  // namespace

void removeSpecks(LabelField& field, const VoxelGrid& grid, std::size_t fewest,
                  const Context& ctx) {
  const auto steps = tetrahedraSteps(grid);
  // Only stored nodes can be specks: away from the cuts nothing changes within several voxels.
  std::vector<std::uint8_t> visited(field.stored.count(), 0);
  std::vector<std::size_t> piece;
  std::size_t counted = 0;
  field.stored.forEach(0, grid.nodes(), [&](std::size_t seed) {
    if (++counted % 4096 == 0) ctx.check();
    if (visited[field.stored.rank(seed)]) return;
    const Material mine = field.material[seed];
    piece.assign(1, seed);
    visited[field.stored.rank(seed)] = 1;
    bool large = false;
    std::map<Material, int> around;
    for (std::size_t head = 0; head < piece.size(); ++head) {
      if (head % 65536 == 65535) ctx.check();
      for (const std::ptrdiff_t step : steps) {
        const auto next = std::size_t(std::ptrdiff_t(piece[head]) + step);
        const Material other = field.material[next];
        if (other != mine) {
          if (other != kOutside && !large) ++around[other];
        } else if (!field.stored.contains(next)) {
          large = true;
        } else if (!visited[field.stored.rank(next)]) {
          visited[field.stored.rank(next)] = 1;
          piece.push_back(next);
        }
      }
    }
    if (large || piece.size() >= fewest || around.empty()) return;
    const auto most = std::ranges::max_element(
        around, [](const auto& l, const auto& r) { return l.second < r.second; });
    for (const std::size_t node : piece) {
      field.material[node] = most->first;
      field.claims[field.stored.rank(node)] = Claims::sole(most->first);
    }
  });
}

}  // namespace maquette
