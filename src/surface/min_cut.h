#pragma once

#include <cstdint>
#include <vector>

namespace maquette {

/// The cheapest way to part a small graph in two (Dinic's maximum flow, 1970).
///
/// Of several equally cheap ways the one with the fewest wanted nodes is taken, so more weight
/// against a node never adds a node.
class MinCut {
 public:
  explicit MinCut(std::uint32_t nodes) : bias_(nodes, 0) {}

  /// Adds to what it costs to leave a node out (positive) or in (negative).
  void addBias(std::uint32_t node, std::int64_t cost) { bias_[node] += cost; }

  /// Adds what it costs to put two nodes on different sides, >= 0.
  void addEdge(std::uint32_t a, std::uint32_t b, std::int64_t cost) {
    if (cost > 0) edges_.push_back({a, b, cost});
  }

  /// @return  flags, 1 for nodes that are in
  std::vector<std::uint8_t> solve() const;

 private:
  struct Edge {
    std::uint32_t a, b;
    std::int64_t cost;
  };
  std::vector<std::int64_t> bias_;
  std::vector<Edge> edges_;
};

}  // namespace maquette
