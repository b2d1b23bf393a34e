#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "neural/nn/attention.h"
#include "neural/nn/embeddings.h"
#include "neural/nn/layers.h"
#include "neural/nn/watch.h"

// The denoiser of Hunyuan3D 2.0, mini, multi-view, fast and turbo: blocks that keep latents and
// context apart, then blocks that have them in one row; time and guidance shift and scale.
//
// Source: shape-generation specification 4.2.

namespace maquette::neural {

struct StreamConfig {
  std::int64_t latentChannels = 64, contextChannels = 1536, width = 1024, heads = 16;
  std::size_t doubleBlocks = 16, singleBlocks = 32;
  bool guidance = false;  ///< the guidance is told to the network instead of computed twice

  /// Read off the weights, but for the heads: 64 channels each.
  static StreamConfig of(const Parameters& p);
};

/// One of the two rows of a double block. Names: PREFIX_mod.lin, PREFIX_attn, PREFIX_mlp.
struct StreamHalf {
  Linear modulation, qkv, out;
  RmsNorm qNorm, kNorm;
  Mlp mlp;
  std::int64_t heads = 0;

  StreamHalf(const Parameters& p, const std::string& prefix, std::int64_t width,
             std::int64_t headCount);

  /// Shift, scale, gate, and the three again: [B, C] -> [B, 6, C].
  at::Tensor modulate(const at::Tensor& vector) const;
  Heads project(const at::Tensor& x, const at::Tensor& modulated) const;
  at::Tensor finish(at::Tensor x, const at::Tensor& seen, const at::Tensor& modulated) const;
};

struct DoubleBlock {
  StreamHalf latent, context;

  DoubleBlock(const Parameters& p, std::int64_t width, std::int64_t heads);

  /// @return  latents [B, N, C] and context [B, T, C]
  std::pair<at::Tensor, at::Tensor> operator()(const at::Tensor& latents,
                                               const at::Tensor& contexts, const at::Tensor& vector,
                                               const Watch& watch = {}) const;
};

struct SingleBlock {
  Linear modulation, in, out;
  RmsNorm qNorm, kNorm;
  std::int64_t heads = 0;

  SingleBlock(const Parameters& p, std::int64_t width, std::int64_t headCount);

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& vector,
                        const Watch& watch = {}) const;  // [B, T + N, C]
};

struct StreamFinal {
  Linear modulation, out;

  StreamFinal(const Parameters& p, std::int64_t width, std::int64_t channels);

  at::Tensor operator()(const at::Tensor& x, const at::Tensor& vector) const;
};

struct StreamDenoiser {
  StreamConfig config;
  Linear latentInput, contextInput;
  NumberEmbedder time;
  std::optional<NumberEmbedder> guidance;
  std::vector<DoubleBlock> doubles;
  std::vector<SingleBlock> singles;
  StreamFinal last;

  StreamDenoiser(const Parameters& p, const StreamConfig& shape);

  /// @param latents  [B, N, c]
  /// @param t        [B], from 0 (noise) to 1 (data)
  /// @param context  [B, T, contextChannels]
  /// @param scale    [B], only where the network is told the guidance
  /// @return         the velocity, [B, N, c]
  at::Tensor operator()(const at::Tensor& latents, const at::Tensor& t, const at::Tensor& context,
                        const at::Tensor& scale = {}, const Watch& watch = {}) const;
};

}  // namespace maquette::neural
