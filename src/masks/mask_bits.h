#pragma once

#include <bit>
#include <cstdint>
#include <span>

namespace maquette {

using Bits = std::span<const std::uint64_t>;

/// How many bits are set; of the words of both. Both have as many words.
std::uint32_t countOf(Bits bits);
std::uint32_t countOfBoth(Bits a, Bits b);

/// Calls visit(i) for every set bit, ascending.
template <class Visit>
void forEachBit(Bits bits, const Visit& visit) {
  for (std::size_t w = 0; w < bits.size(); ++w)
    for (std::uint64_t rest = bits[w]; rest != 0; rest &= rest - 1)
      visit(64 * w + std::size_t(std::countr_zero(rest)));
}

}  // namespace maquette
