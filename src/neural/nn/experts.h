#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "neural/nn/layers.h"

namespace maquette::neural {

/// Which experts a token asks, and how much each counts.
struct Routing {
  at::Tensor probabilities;  // [T, E]
  at::Tensor weights;        // [T, K], the largest first; not made to sum to one
  at::Tensor experts;        // int64 [T, K]
};

/// A mixture of experts: every token asks the two likeliest of them, weighted by their
/// probabilities as they are, and one expert that all share.
/// Names: gate, experts.N.net.0.proj, experts.N.net.2, shared_experts.
///
/// Source: shape-generation specification 4.3, part-generation specification 4.5.
struct Experts {
  Linear gate;
  std::vector<Mlp> experts;
  Mlp shared;

  Experts(const Parameters& p, std::int64_t channels, std::int64_t count);

  /// @param tokens  [T, C]
  Routing route(const at::Tensor& tokens) const;

  at::Tensor operator()(const at::Tensor& x) const;  // [B, N, C] -> [B, N, C]
};

}  // namespace maquette::neural
