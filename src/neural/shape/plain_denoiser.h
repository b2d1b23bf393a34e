#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "neural/nn/embeddings.h"
#include "neural/nn/plain_block.h"

namespace maquette::neural {

/// What decides the shapes of the weights of Hunyuan3D 2.1's denoiser.
struct PlainDenoiserConfig {
  std::int64_t latentChannels = 64, width = 2048, heads = 16, contextWidth = 1024;
  std::size_t depth = 21, expertBlocks = 6;
  std::int64_t experts = 8;

  /// Read off the weights, but for the heads: 128 channels each.
  static PlainDenoiserConfig of(const Parameters& p);
};

/// The denoiser of Hunyuan3D 2.1: 21 blocks with skips, the time as token 0.
///
/// Source: shape-generation specification 4.3.
struct PlainDenoiser {
  PlainDenoiserConfig config;
  Linear input, output;
  TimeToken time;
  mutable LayerStream<PlainBlock> blocks;
  LayerNorm norm;

  /// @param streamed  two blocks at a time are where they compute; the weights, and the file that
  ///                  they are mapped from, are used as long as this lives
  PlainDenoiser(const Parameters& p, const PlainDenoiserConfig& shape, bool streamed = false);

  /// What every block keeps of the context.
  std::vector<PlainContext> look(const at::Tensor& context) const;  // [B, T, contextWidth]

  /// @param latents  [B, N, c]
  /// @param t        [B], from 0 (noise) to 1 (data)
  /// @return         the velocity, [B, N, c]
  at::Tensor operator()(const at::Tensor& latents, const at::Tensor& t,
                        const std::vector<PlainContext>& contexts, const Watch& watch = {}) const;
};

}  // namespace maquette::neural
