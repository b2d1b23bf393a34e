#include "masks/random_streams.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <utility>

namespace maquette {
namespace {

/// One of SeedSequence's two hashes: its constant changes with every call.
struct SeedHash {
  std::uint32_t constant, factor;

  std::uint32_t operator()(std::uint32_t value) {
    value ^= constant;
    constant *= factor;
    value *= constant;
    return value ^ (value >> 16);
  }
};

std::uint32_t mix(std::uint32_t a, std::uint32_t b) {
  const std::uint32_t mixed = 0xca01f9ddu * a - 0x4973f715u * b;
  return mixed ^ (mixed >> 16);
}

}  // namespace

std::array<std::uint32_t, 8> Pcg64::words(std::uint64_t seed) {
  std::array<std::uint32_t, 4> pool{std::uint32_t(seed), std::uint32_t(seed >> 32), 0, 0};
  SeedHash in{0x43b0d7e5u, 0x931e8875u};
  for (std::uint32_t& word : pool) word = in(word);
  for (std::size_t from = 0; from < pool.size(); ++from)
    for (std::size_t to = 0; to < pool.size(); ++to)
      if (from != to) pool[to] = mix(pool[to], in(pool[from]));
  SeedHash out{0x8b51f9ddu, 0x58f38dedu};
  std::array<std::uint32_t, 8> words;
  for (std::size_t i = 0; i < words.size(); ++i) words[i] = out(pool[i % pool.size()]);
  return words;
}

Pcg64::Pcg64(std::uint64_t seed) {
  const auto all = words(seed);
  const auto pair = [&](std::size_t i) {
    return Wide(std::uint64_t(all[2 * i]) | std::uint64_t(all[2 * i + 1]) << 32);
  };
  increment_ = 2 * (pair(2) << 64 | pair(3)) + 1;
  step();
  state_ += pair(0) << 64 | pair(1);
  step();
}

void Pcg64::step() {
  constexpr Wide kFactor = Wide(0x2360ED051FC65DA4ull) << 64 | 0x4385DF649FCCF645ull;
  state_ = state_ * kFactor + increment_;
}

std::uint64_t Pcg64::next64() {
  step();
  const std::uint64_t folded = std::uint64_t(state_ >> 64) ^ std::uint64_t(state_);
  const auto turn = unsigned(state_ >> 122);
  return folded >> turn | folded << ((64 - turn) % 64);
}

std::uint32_t Pcg64::next32() {
  if (half_) return *std::exchange(half_, std::nullopt);
  const std::uint64_t both = next64();
  half_ = std::uint32_t(both >> 32);
  return std::uint32_t(both);
}

double Pcg64::uniform() { return double(next64() >> 11) * 0x1p-53; }

std::uint32_t Pcg64::bounded(std::uint32_t most) {
  if (most == 0) return 0;
  const std::uint32_t range = most + 1;  // Lemire's method
  std::uint64_t product = std::uint64_t(next32()) * range;
  if (std::uint32_t(product) < range) {
    const std::uint32_t least = (0xffffffffu - most) % range;
    while (std::uint32_t(product) < least) product = std::uint64_t(next32()) * range;
  }
  return std::uint32_t(product >> 32);
}

std::vector<std::int64_t> Pcg64::choice(std::int64_t n, std::int64_t count) {
  const auto draw = [&](std::int64_t most) { return std::int64_t(bounded(std::uint32_t(most))); };
  if (n > 10'000 && count > n / 50) {  // the end of a shuffle
    std::vector<std::int64_t> all(static_cast<std::size_t>(n));
    std::iota(all.begin(), all.end(), std::int64_t{0});
    for (std::int64_t i = n - 1; i >= std::max<std::int64_t>(n - count, 1); --i)
      std::swap(all[std::size_t(i)], all[std::size_t(draw(i))]);
    return {all.end() - count, all.end()};
  }
  std::vector<std::int64_t> some;  // Floyd's method, then a shuffle
  std::unordered_set<std::int64_t> seen;
  for (std::int64_t j = n - count; j < n; ++j) {
    const std::int64_t drawn = draw(j);
    some.push_back(seen.insert(drawn).second ? drawn : (seen.insert(j), j));
  }
  for (std::int64_t i = count - 1; i >= 1; --i)
    std::swap(some[std::size_t(i)], some[std::size_t(draw(i))]);
  return some;
}

Mt19937::Mt19937(std::uint32_t seed) {
  words_[0] = seed;
  for (std::uint32_t i = 1; i < words_.size(); ++i)
    words_[i] = 1812433253u * (words_[i - 1] ^ (words_[i - 1] >> 30)) + i;
}

void Mt19937::refill() {
  constexpr std::size_t kCount = 624, kShift = 397;
  for (std::size_t i = 0; i < kCount; ++i) {
    const std::uint32_t y = (words_[i] & 0x80000000u) | (words_[(i + 1) % kCount] & 0x7fffffffu);
    words_[i] = words_[(i + kShift) % kCount] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0u);
  }
  used_ = 0;
}

std::uint32_t Mt19937::next() {
  if (used_ == words_.size()) refill();
  std::uint32_t y = words_[used_++];
  y ^= y >> 11;
  y ^= (y << 7) & 0x9d2c5680u;
  y ^= (y << 15) & 0xefc60000u;
  return y ^ (y >> 18);
}

double Mt19937::uniform() {
  const std::uint32_t a = next() >> 5, b = next() >> 6;
  return (double(a) * 67108864. + double(b)) / 9007199254740992.;
}

std::uint32_t Mt19937::below(std::uint32_t n) {
  const std::uint32_t most = n - 1;
  if (most == 0) return 0;
  std::uint32_t mask = most;
  for (const int shift : {1, 2, 4, 8, 16}) mask |= mask >> shift;
  for (;;)
    if (const std::uint32_t value = next() & mask; value <= most) return value;
}

std::vector<std::int64_t> Mt19937::permutation(std::int64_t n) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  for (std::int64_t i = 0; i + 1 < n; ++i)
    std::swap(order[std::size_t(i)],
              order[std::size_t(i + std::int64_t(next() % std::uint32_t(n - i)))]);
  return order;
}

}  // namespace maquette
