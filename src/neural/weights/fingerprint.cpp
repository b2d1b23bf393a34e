#include "neural/weights/fingerprint.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <vector>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr std::size_t kLanes = 8;                         // enough to hide what a product takes
constexpr std::uint64_t kFactor = 0x9fb21c651e98df25ull;  // odd: every step can be undone
constexpr std::size_t kSlice = std::size_t{4} << 20;

/// Every bit of the result depends on every bit of the value, and none is lost.
std::uint64_t mixed(std::uint64_t value) {
  value ^= value >> 32;
  value *= kFactor;
  value ^= value >> 29;
  value *= 0xd6e8feb86659fd93ull;
  return value ^ value >> 32;
}

std::uint64_t wordAt(const std::byte* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

}  // namespace

std::uint64_t fingerprint(std::span<const std::byte> bytes, std::uint64_t seed) {
  std::uint64_t lanes[kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) lanes[i] = mixed(seed + (i + 1) * kFactor);
  const std::byte* at = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= kLanes * 8; left -= kLanes * 8, at += kLanes * 8)
    for (std::size_t i = 0; i < kLanes; ++i) {
      const std::uint64_t value = (lanes[i] ^ wordAt(at + 8 * i)) * kFactor;
      lanes[i] = std::rotl(value, 29);
    }
  for (std::size_t i = 0; left > 0; ++i) {
    const std::size_t part = std::min<std::size_t>(left, 8);
    std::uint64_t word = 0;
    std::memcpy(&word, at, part);
    lanes[i] = std::rotl((lanes[i] ^ word) * kFactor, 29);
    at += part;
    left -= part;
  }
  std::uint64_t sum = mixed(bytes.size() ^ seed);
  for (const std::uint64_t lane : lanes) sum = mixed(sum ^ lane) * kFactor;
  return mixed(sum);
}

std::uint64_t fingerprint(std::string_view text, std::uint64_t seed) {
  return fingerprint(std::as_bytes(std::span(text)), seed);
}

std::uint64_t fingerprintOfMuch(std::span<const std::byte> bytes, const Context& ctx) {
  const std::size_t slices = (bytes.size() + kSlice - 1) / kSlice;
  std::vector<std::uint64_t> sums(slices);
  std::atomic<std::size_t> done{0};
  parallelFor(slices, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t from = i * kSlice;
      sums[i] = fingerprint(bytes.subspan(from, std::min(kSlice, bytes.size() - from)), i);
      ctx.report(float(++done) / float(slices));
    }
  });
  return fingerprint(std::as_bytes(std::span(sums)), bytes.size());
}

std::string shownFingerprint(std::uint64_t value) { return fmt::format("{:016x}", value); }

}  // namespace maquette
