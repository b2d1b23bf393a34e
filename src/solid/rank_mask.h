#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace maquette {

/// A set of grid nodes with numbers: one bit a node, and the members numbered in order.
///
/// Costs 1.5 bits a node, so that data kept for few nodes needs no array over all of them.
class RankMask {
 public:
  RankMask() = default;
  explicit RankMask(std::size_t nodes) : bits_((nodes + 63) / 64, 0), before_(bits_.size(), 0) {}

  /// Safe from several threads only for nodes in different words (64 nodes).
  void insert(std::size_t node) { bits_[node >> 6] |= std::uint64_t{1} << (node & 63); }

  /// Numbers the members; call after the last insert.
  void number() {
    std::uint32_t sum = 0;
    for (std::size_t w = 0; w < bits_.size(); ++w) {
      before_[w] = sum;
      sum += countBits(bits_[w]);
    }
    count_ = sum;
  }

  std::size_t count() const { return count_; }
  bool contains(std::size_t node) const { return bits_[node >> 6] >> (node & 63) & 1; }

  /// The number of a member, in [0, count).
  std::uint32_t rank(std::size_t node) const {
    const std::uint64_t below = bits_[node >> 6] & ((std::uint64_t{1} << (node & 63)) - 1);
    return before_[node >> 6] + countBits(below);
  }

  /// Calls visit(node) for the members in [begin, end), ascending.
  template <class Visit>
  void forEach(std::size_t begin, std::size_t end, Visit&& visit) const {
    for (std::size_t node = begin; node < end;) {
      const std::uint64_t rest = bits_[node >> 6] >> (node & 63);
      if (rest == 0) {
        node = (node | 63) + 1;
        continue;
      }
      node += static_cast<std::size_t>(std::countr_zero(rest));
      if (node >= end) return;
      visit(node);
      ++node;
    }
  }

 private:
  /// std::popcount is a call into libgcc where the compiler may not assume the instruction.
  static std::uint32_t countBits(std::uint64_t x) {
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return static_cast<std::uint32_t>(x * 0x0101010101010101u >> 56);
  }

  std::vector<std::uint64_t> bits_;
  std::vector<std::uint32_t> before_;  // members in the words before
  std::size_t count_ = 0;
};

}  // namespace maquette
