#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <tuple>
#include <vector>

#include "neural/layer_stream.h"
#include "neural/nn/attention.h"
#include "neural/nn/experts.h"
#include "neural/nn/layers.h"
#include "neural/nn/watch.h"

// The block of the denoisers whose time is a token: Hunyuan3D 2.1 and X-Part.
//
// Source: shape-generation specification 4.3; part-generation specification 4.2.

namespace maquette::neural {

/// What decides the shapes of one block's weights.
struct PlainBlockConfig {
  std::int64_t width = 2048, heads = 16, contextWidth = 1024;
  std::int64_t experts = 0;    ///< 0: a plain feed-forward part
  bool skip = false;           ///< joins the output of an earlier block
  bool secondContext = false;  ///< looks at two contexts side by side
};

/// Keys and values of the contexts: the same at every step of the sampling.
struct PlainContext {
  KeyValue first;
  std::optional<KeyValue> second;
};

struct PlainBlock {
  PlainBlockConfig config;
  std::optional<Linear> skipInput;
  std::optional<LayerNorm> skipNorm;
  LayerNorm norm1, norm2, norm3;
  std::optional<LayerNorm> secondNorm;
  SplitSelfAttention self;
  SplitCrossAttention cross;
  std::optional<SplitCrossAttention> secondCross;
  std::optional<Mlp> mlp;
  std::optional<Experts> experts;

  PlainBlock(const Parameters& p, const PlainBlockConfig& shape);

  /// @param first, second  [B, T, contextWidth]; the second only where there are two
  PlainContext look(const at::Tensor& first, const at::Tensor& second = {}) const;

  at::Tensor join(const at::Tensor& skipped, const at::Tensor& x) const;  // [B, N, C]
  at::Tensor feedForward(const at::Tensor& normed) const;

  /// @param x         [B, N, C], joined with what was skipped
  /// @param together  every token of the batch sees every other one
  at::Tensor operator()(at::Tensor x, const PlainContext& context, bool together = false,
                        const Watch& watch = {}) const;
};

/// The stack of such blocks: the first half keeps its outputs, the second takes them back, last in,
/// first out; of an odd number the middle one does neither.
///
/// @param step  called as step(block's number, block, x joined)
template <class Step>
at::Tensor runWithSkips(LayerStream<PlainBlock>& blocks, at::Tensor x, Step&& step) {
  std::vector<at::Tensor> kept;
  const std::size_t middle = blocks.size() / 2;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const PlainBlock& block = blocks.at(i);
    if (i > middle) {
      x = block.join(kept.back(), x);
      kept.pop_back();
    }
    x = step(i, block, x);
    if (i < middle) kept.push_back(x);
  }
  return x;
}

/// All blocks of a stack, "blocks.N" by name: where they compute, or brought when they are due.
LayerStream<PlainBlock> plainBlocks(const Parameters& p, std::size_t depth,
                                    std::size_t expertBlocks, const PlainBlockConfig& common,
                                    bool streamed);

/// How many blocks there are, how many of the last ones ask experts, and how many experts each.
std::tuple<std::size_t, std::size_t, std::int64_t> plainDepthOf(const Parameters& p);

/// How many of the blocks, counted from the end, ask experts, and how wide everything is.
///
/// @param index  of the block
PlainBlockConfig plainBlockAt(std::size_t index, std::size_t depth, std::size_t expertBlocks,
                              PlainBlockConfig common);

}  // namespace maquette::neural
