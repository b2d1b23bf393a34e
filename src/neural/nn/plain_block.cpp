#include "neural/nn/plain_block.h"

#include <ATen/ops/cat.h>
#include <spdlog/fmt/fmt.h>

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr double kEps = 1e-6;

template <class Layer, class... Sizes>
std::optional<Layer> where(bool wanted, const Parameters& p, Sizes... sizes) {
  return wanted ? std::optional<Layer>(std::in_place, p, sizes...) : std::nullopt;
}

}  // namespace

PlainBlock::PlainBlock(const Parameters& p, const PlainBlockConfig& shape)
    : config(shape),
      skipInput(where<Linear>(shape.skip, inside(p, "skip_linear"), 2 * shape.width, shape.width)),
      skipNorm(where<LayerNorm>(shape.skip, inside(p, "skip_norm"), shape.width, kEps)),
      norm1(inside(p, "norm1"), shape.width, kEps),
      norm2(inside(p, "norm2"), shape.width, kEps),
      norm3(inside(p, "norm3"), shape.width, kEps),
      secondNorm(where<LayerNorm>(shape.secondContext, inside(p, "norm2_2"), shape.width, kEps)),
      self(inside(p, "attn1"), shape.width, shape.heads),
      cross(inside(p, "attn2"), shape.width, shape.contextWidth, shape.heads),
      secondCross(where<SplitCrossAttention>(shape.secondContext, inside(p, "attn2_2"), shape.width,
                                             shape.contextWidth, shape.heads)),
      mlp(where<Mlp>(shape.experts == 0, inside(p, "mlp"), shape.width, 4 * shape.width, "fc1",
                     "fc2")),
      experts(where<Experts>(shape.experts > 0, inside(p, "moe"), shape.width, shape.experts)) {}

PlainContext PlainBlock::look(const Tensor& first, const Tensor& second) const {
  PlainContext context{cross.keys(first), {}};
  if (secondCross) context.second = secondCross->keys(second);
  return context;
}

Tensor PlainBlock::join(const Tensor& skipped, const Tensor& x) const {
  return (*skipNorm)((*skipInput)(at::cat({skipped, x}, -1)));  // [B, N, 2 C] -> [B, N, C]
}

Tensor PlainBlock::feedForward(const Tensor& normed) const {
  return mlp ? (*mlp)(normed) : (*experts)(normed);
}

Tensor PlainBlock::operator()(Tensor x, const PlainContext& context, bool together,
                              const Watch& watch) const {
  Tensor normed = norm1(x);
  if (together) normed = normed.reshape({1, -1, config.width});  // [1, B * N, C]
  Tensor seen = self(normed);
  show(watch, "self", seen);
  x = x.add(seen.view(x.sizes()));
  seen = cross(norm2(x), context.first);
  show(watch, "cross", seen);
  // Both look at the same x: side by side, not one after the other.
  if (secondCross) seen = seen.add((*secondCross)((*secondNorm)(x), *context.second));
  x = x.add(seen);
  seen = feedForward(norm3(x));
  show(watch, experts ? "moe" : "mlp", seen);
  return x.add(seen);
}

LayerStream<PlainBlock> plainBlocks(const Parameters& p, std::size_t depth,
                                    std::size_t expertBlocks, const PlainBlockConfig& common,
                                    bool streamed) {
  const auto make = [=](const Parameters& from, std::size_t i) {
    return PlainBlock(inside(from, fmt::format("blocks.{}", i)),
                      plainBlockAt(i, depth, expertBlocks, common));
  };
  if (streamed)  // what is missing is to be known now, not in the middle of the work
    for (std::size_t i = 0; i < depth; ++i) make(p.shapesOnly(), i);
  return {depth, [=](std::size_t i) { return make(p, i); }, streamed, p.placement().device};
}

std::tuple<std::size_t, std::size_t, std::int64_t> plainDepthOf(const Parameters& p) {
  const std::size_t depth = p.layers("blocks");
  const auto gate = [](std::size_t block) {
    return fmt::format("blocks.{}.moe.gate.weight", block);
  };
  std::size_t expertBlocks = 0;
  while (expertBlocks < depth && p.has(gate(depth - 1 - expertBlocks))) ++expertBlocks;
  return {depth, expertBlocks, expertBlocks == 0 ? 0 : p.size(gate(depth - 1), 0)};
}

PlainBlockConfig plainBlockAt(std::size_t index, std::size_t depth, std::size_t expertBlocks,
                              PlainBlockConfig common) {
  common.skip = index > depth / 2;
  if (depth - index > expertBlocks) common.experts = 0;
  return common;
}

}  // namespace maquette::neural
