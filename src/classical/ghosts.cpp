#include "classical/ghosts.h"

#include <algorithm>
#include <numeric>

namespace maquette {
namespace {

constexpr double kNeverMissed = 0.004;  // of an outline's area: outlines are never that exact

/// Nodes piece by piece, in the order of the pieces' first nodes.
std::vector<std::vector<std::uint32_t>> piecesOf(const SolidGrid& grid, const Context& ctx) {
  std::vector<std::vector<std::uint32_t>> pieces;
  std::vector<std::uint8_t> left = grid.inside;
  for (std::size_t start = 0; start < left.size(); ++start) {
    if (!left[start]) continue;
    std::vector<std::uint32_t>& piece = pieces.emplace_back();
    piece.push_back(static_cast<std::uint32_t>(start));
    left[start] = 0;
    for (std::size_t k = 0; k < piece.size(); ++k) {
      if (k % 65536 == 0) ctx.check();
      for (int axis = 0; axis < 3; ++axis)
        for (const std::size_t next : {piece[k] + grid.stride(axis), piece[k] - grid.stride(axis)})
          if (left[next]) {
            left[next] = 0;
            piece.push_back(static_cast<std::uint32_t>(next));
          }
    }
  }
  return pieces;
}

/// The pixels that a piece covers in one view, each once.
std::vector<std::uint32_t> shadowOf(const std::vector<std::uint32_t>& piece, const SolidGrid& grid,
                                    bool frontal) {
  std::vector<std::uint32_t> shadow;
  shadow.reserve(piece.size());
  const auto nx = std::uint32_t(grid.nx), ny = std::uint32_t(grid.ny);
  for (const std::uint32_t node : piece) {
    const std::uint32_t x = node % nx, y = node / nx % ny, z = node / nx / ny;
    shadow.push_back(frontal ? z * nx + x : z * ny + y);
  }
  std::ranges::sort(shadow);
  shadow.erase(std::unique(shadow.begin(), shadow.end()), shadow.end());
  return shadow;
}

}  // namespace

int removeGhosts(SolidGrid& grid, const Context& ctx) {
  const auto pieces = piecesOf(grid, ctx);
  if (pieces.size() < 2) return 0;
  std::array<std::vector<std::uint32_t>, 2> cover;  // how many pieces are behind each pixel
  cover[0].assign(std::size_t(grid.nx) * std::size_t(grid.nz), 0);
  cover[1].assign(std::size_t(grid.ny) * std::size_t(grid.nz), 0);
  std::vector<std::array<std::vector<std::uint32_t>, 2>> shadows;
  for (const auto& piece : pieces) {
    ctx.check();
    shadows.push_back({shadowOf(piece, grid, true), shadowOf(piece, grid, false)});
    for (std::size_t view = 0; view < 2; ++view)
      for (const std::uint32_t pixel : shadows.back()[view]) ++cover[view][pixel];
  }
  std::vector<std::size_t> order(pieces.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t p) { return pieces[p].size(); });
  std::array<std::ptrdiff_t, 2> spare{};  // pixels that may still be uncovered
  for (std::size_t view = 0; view < 2; ++view)
    spare[view] = static_cast<std::ptrdiff_t>(
        kNeverMissed * double(std::ranges::count_if(cover[view], [](auto n) { return n > 0; })));
  int removed = 0;
  for (const std::size_t p : order) {
    std::array<std::ptrdiff_t, 2> bared{};
    for (std::size_t view = 0; view < 2; ++view)
      bared[view] = std::ranges::count_if(
          shadows[p][view], [&](std::uint32_t pixel) { return cover[view][pixel] < 2; });
    if (bared[0] > spare[0] || bared[1] > spare[1]) continue;
    for (std::size_t view = 0; view < 2; ++view) spare[view] -= bared[view];
    for (std::size_t view = 0; view < 2; ++view)
      for (const std::uint32_t pixel : shadows[p][view]) --cover[view][pixel];
    for (const std::uint32_t node : pieces[p]) grid.inside[node] = 0;
    ++removed;
  }
  return removed;
}

}  // namespace maquette
