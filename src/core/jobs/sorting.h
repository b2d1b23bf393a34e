#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/jobs/context.h"
#include "core/jobs/parallel.h"

namespace maquette {

/// Sorts on several threads, in slices that are merged; looks at the context between them.
///
/// @param less  no two elements may be equal under it, so that there is one result
/// @throws Cancelled  ctx was asked to stop; `all` is then in some order
template <class T, class Less>
void sortInSlices(std::vector<T>& all, Less less, const Context& ctx) {
  constexpr std::size_t kSlice = 1 << 16;
  const auto at = [&](std::size_t i) {
    return all.begin() + std::ptrdiff_t(std::min(i, all.size()));
  };
  const auto over = [&](std::size_t width, auto&& visit) {
    parallelFor((all.size() + width - 1) / width, 1, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        ctx.check();
        visit(i * width);
      }
    });
  };
  over(kSlice, [&](std::size_t begin) { std::sort(at(begin), at(begin + kSlice), less); });
  for (std::size_t width = kSlice; width < all.size(); width *= 2)
    over(2 * width, [&](std::size_t begin) {
      std::inplace_merge(at(begin), at(begin + width), at(begin + 2 * width), less);
    });
}

}  // namespace maquette
