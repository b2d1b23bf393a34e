#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

// The random numbers that the official programs draw, so that a seed means the same here.
//
// Source: part-generation specification 2.5; part-segmentation specification, annex A.

namespace maquette {

/// numpy's default generator: PCG64 (XSL-RR 128/64) behind its SeedSequence.
class Pcg64 {
 public:
  explicit Pcg64(std::uint64_t seed);

  std::uint64_t next64();
  std::uint32_t next32();  ///< the low half first, the high half at the next call
  double uniform();        ///< in [0, 1)

  /// A whole number in [0, most]. @param most  < 2^32 - 1
  std::uint32_t bounded(std::uint32_t most);

  /// `count` of 0, 1 .. n-1, each at most once. @param count  <= n < 2^32
  std::vector<std::int64_t> choice(std::int64_t n, std::int64_t count);

  /// What the seed becomes, for tests: the first eight words.
  static std::array<std::uint32_t, 8> words(std::uint64_t seed);

 private:
  void step();

  __extension__ using Wide = unsigned __int128;
  Wide state_ = 0, increment_ = 0;
  std::optional<std::uint32_t> half_;
};

/// The Mersenne twister of numpy's legacy functions and of torch on the processor.
class Mt19937 {
 public:
  explicit Mt19937(std::uint32_t seed);

  std::uint32_t next();
  double uniform();  ///< in [0, 1), 53 bits of two words

  /// numpy's legacy whole number in [0, n): words under a mask until one fits. @param n  >= 1
  std::uint32_t below(std::uint32_t n);

  /// torch's random order of 0, 1 .. n-1. @param n  < 2^32
  std::vector<std::int64_t> permutation(std::int64_t n);

 private:
  void refill();

  std::array<std::uint32_t, 624> words_;
  std::size_t used_ = 624;
};

}  // namespace maquette
