#include "masks/mask_bits.h"

namespace maquette {
namespace {

// The instruction that counts bits is younger than the oldest processor we are built for.
#if defined(__x86_64__) && defined(__GNUC__)
#define MAQUETTE_COUNTING __attribute__((target("popcnt")))
const bool kCounts = __builtin_cpu_supports("popcnt");
#else
#define MAQUETTE_COUNTING
constexpr bool kCounts = true;
#endif

MAQUETTE_COUNTING std::uint32_t quickCount(Bits bits) {
  std::uint32_t count = 0;
  for (const std::uint64_t word : bits) count += std::uint32_t(std::popcount(word));
  return count;
}

MAQUETTE_COUNTING std::uint32_t quickCount(Bits a, Bits b) {
  std::uint32_t count = 0;
  for (std::size_t w = 0; w < a.size(); ++w) count += std::uint32_t(std::popcount(a[w] & b[w]));
  return count;
}

}  // namespace

std::uint32_t countOf(Bits bits) {
  if (kCounts) return quickCount(bits);
  std::uint32_t count = 0;
  for (const std::uint64_t word : bits) count += std::uint32_t(std::popcount(word));
  return count;
}

std::uint32_t countOfBoth(Bits a, Bits b) {
  if (kCounts) return quickCount(a, b);
  std::uint32_t count = 0;
  for (std::size_t w = 0; w < a.size(); ++w) count += std::uint32_t(std::popcount(a[w] & b[w]));
  return count;
}

}  // namespace maquette
