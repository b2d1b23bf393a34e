#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "neural/nn/embeddings.h"
#include "neural/nn/plain_block.h"

namespace maquette::neural {

/// What decides the shapes of the weights of X-Part's denoiser.
struct PartDenoiserConfig {
  std::int64_t latentChannels = 64, width = 2048, heads = 16, contextWidth = 1024;
  std::size_t depth = 21, expertBlocks = 6;
  std::int64_t experts = 8;
  std::int64_t names = 50;  ///< so many parts can be told apart

  /// Read off the weights, but for the heads: 128 channels each.
  static PartDenoiserConfig of(const Parameters& p);
};

/// What goes in: latents, the names of their parts, the time.
struct PartInput {
  Linear latent;
  at::Tensor names;  // [50, C]
  TimeToken time;

  PartInput(const Parameters& p, const PartDenoiserConfig& shape);

  /// @param ids  int64 [K], < 50
  /// @return     the time, then the latents: [K, 1 + L, C]
  at::Tensor operator()(const at::Tensor& latents, const at::Tensor& t,
                        const at::Tensor& ids) const;
};

/// The denoiser of X-Part: one batch entry per part; blocks with odd numbers let every part see
/// every other one.
///
/// Source: part-generation specification 4.
struct PartDenoiser {
  PartDenoiserConfig config;
  PartInput input;
  Linear output;
  mutable LayerStream<PlainBlock> blocks;
  LayerNorm norm;

  /// @param streamed  as PlainDenoiser's
  PartDenoiser(const Parameters& p, const PartDenoiserConfig& shape, bool streamed = false);

  /// @param object, part  [K, S, contextWidth]
  std::vector<PlainContext> look(const at::Tensor& object, const at::Tensor& part) const;

  /// @param latents  [K, L, c]
  /// @param ids      int64 [K], < 50: drawn anew at every step
  /// @return         the velocity, [K, L, c]
  at::Tensor operator()(const at::Tensor& latents, const at::Tensor& t, const at::Tensor& ids,
                        const std::vector<PlainContext>& contexts, const Watch& watch = {}) const;
};

}  // namespace maquette::neural
