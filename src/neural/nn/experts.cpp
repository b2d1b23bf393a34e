#include "neural/nn/experts.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/nonzero.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros_like.h>
#include <spdlog/fmt/fmt.h>

#include <tuple>

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr std::int64_t kAsked = 2;

Mlp expert(const Parameters& p, std::int64_t channels) {
  return Mlp(p, channels, 4 * channels, "net.0.proj", "net.2");
}

}  // namespace

Experts::Experts(const Parameters& p, std::int64_t channels, std::int64_t count)
    : gate(inside(p, "gate"), channels, count, false),
      shared(expert(inside(p, "shared_experts"), channels)) {
  for (std::int64_t i = 0; i < count; ++i)
    experts.push_back(expert(inside(p, fmt::format("experts.{}", i)), channels));
}

Routing Experts::route(const Tensor& tokens) const {
  Routing routing;
  routing.probabilities = at::softmax(gate(tokens), -1);
  std::tie(routing.weights, routing.experts) = at::topk(routing.probabilities, kAsked, -1);
  return routing;
}

Tensor Experts::operator()(const Tensor& x) const {
  const Tensor tokens = x.reshape({-1, x.size(-1)});  // [T, C]
  const Routing routing = route(tokens);
  // Summed in single precision: the reference runs its training branch, which does.
  Tensor sum = at::zeros_like(tokens, tokens.options().dtype(c10::kFloat));
  for (std::size_t i = 0; i < experts.size(); ++i) {
    const Tensor found = at::nonzero(routing.experts.eq(std::int64_t(i)));  // [n, 2]: token, rank
    if (found.size(0) == 0) continue;
    const Tensor rows = found.select(1, 0), ranks = found.select(1, 1);
    const Tensor answer = experts[i](tokens.index_select(0, rows));  // [n, C]
    const Tensor share = routing.weights.flatten().index_select(0, rows.mul(kAsked).add(ranks));
    sum.index_add_(0, rows, answer.to(c10::kFloat).mul(share.unsqueeze(1)));
  }
  return sum.to(x.scalar_type()).view(x.sizes()).add(shared(x));
}

}  // namespace maquette::neural
