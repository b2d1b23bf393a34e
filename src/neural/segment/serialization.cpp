#include "neural/segment/serialization.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "core/jobs/context.h"
#include "core/jobs/parallel.h"
#include "core/jobs/sorting.h"

namespace maquette::neural {
namespace {

/// Bits of the three words in turn, the first word's most significant bit first.
std::uint64_t interleave(const std::array<std::uint32_t, 3>& words, int depth) {
  std::uint64_t code = 0;
  for (int bit = depth - 1; bit >= 0; --bit)
    for (const std::uint32_t word : words) code = code << 1 | (word >> bit & 1);
  return code;
}

/// Skilling's transform, "Programming the Hilbert curve", AIP 2004.
std::uint64_t hilbertCode(std::array<std::uint32_t, 3> words, int depth) {
  for (int bit = depth - 1; bit >= 0; --bit) {
    const std::uint32_t low = (1u << bit) - 1;
    for (std::uint32_t& word : words) {
      if (word >> bit & 1) {
        words[0] ^= low;
      } else {
        const std::uint32_t swapped = (words[0] ^ word) & low;
        words[0] ^= swapped;
        word ^= swapped;
      }
    }
  }
  std::uint64_t code = interleave(words, depth);
  for (int shift = 1; shift < 3 * depth; shift *= 2) code ^= code >> shift;  // out of Gray code
  return code;
}

}  // namespace

int depthOf(std::span<const Cell> cells) {
  std::int32_t most = 0;
  for (const Cell& cell : cells) most = std::max({most, cell.x, cell.y, cell.z});
  return int(std::bit_width(std::uint32_t(most) + 1));
}

std::int64_t codeOf(const Cell& cell, Curve curve, int depth) {
  std::array<std::uint32_t, 3> words{std::uint32_t(cell.x), std::uint32_t(cell.y),
                                     std::uint32_t(cell.z)};
  if (curve == Curve::zSwapped || curve == Curve::hilbertSwapped) std::swap(words[0], words[1]);
  const bool hilbert = curve == Curve::hilbert || curve == Curve::hilbertSwapped;
  return std::int64_t(hilbert ? hilbertCode(words, depth) : interleave(words, depth));
}

CurveOrder orderAlong(std::span<const Cell> cells, Curve curve) {
  const int depth = depthOf(cells);
  std::vector<std::pair<std::int64_t, std::int64_t>> keyed(cells.size());  // code, row
  parallelFor(cells.size(), 1 << 13, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      keyed[i] = {codeOf(cells[i], curve, depth), std::int64_t(i)};
  });
  sortInSlices(keyed, std::less<>(), Context());
  CurveOrder result;
  result.order.resize(cells.size());
  result.inverse.resize(cells.size());
  for (std::size_t j = 0; j < keyed.size(); ++j) {
    result.order[j] = keyed[j].second;
    result.inverse[std::size_t(keyed[j].second)] = std::int64_t(j);
  }
  return result;
}

Windows windowsOf(std::span<const std::int64_t> offsets, std::int64_t size) {
  Windows windows;
  std::int64_t first = 0;
  for (const std::int64_t end : offsets) {
    const std::int64_t n = end - first;
    const auto slot0 = std::int64_t(windows.slots.size());
    const std::int64_t padded = n <= size ? n : (n + size - 1) / size * size;
    for (std::int64_t i = 0; i < padded; ++i)
      windows.slots.push_back(std::int32_t(first + (i < n ? i : i - size)));
    for (std::int64_t i = 0; i < n; ++i) windows.readback.push_back(std::int32_t(slot0 + i));
    for (std::int64_t i = 0; i < padded; i += size)
      windows.bounds.push_back(std::int32_t(slot0 + i));
    first = end;
  }
  windows.bounds.push_back(std::int32_t(windows.slots.size()));
  return windows;
}

}  // namespace maquette::neural
