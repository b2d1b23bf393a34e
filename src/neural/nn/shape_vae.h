#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "neural/nn/attention.h"
#include "neural/nn/layers.h"

// The parts of ShapeVAE. Hunyuan3D uses them to turn latents into a field, X-Part also to turn
// surfaces into tokens.
//
// Source: shape-generation specification 6.2 to 6.4; part-generation specification 3.1, 3.2, 6.1.

namespace maquette::neural {

/// What decides the shapes of a ShapeVAE's weights.
struct VaeConfig {
  std::int64_t width = 1024, heads = 16;
  std::int64_t latentChannels = 64;
  std::int64_t encoderLayers = 8, decoderLayers = 16;
  std::int64_t octaves = 8;        ///< of the Fourier features
  std::int64_t pointChannels = 4;  ///< of a surface point besides its place: normal, label
  std::int64_t geometryWidth = 1024, geometryHeads = 16;
  std::int64_t geometryRatio = 4;  ///< of its MLP
  bool geometryNorm = true;        ///< ln_post, and with it the norms of q and k

  /// Read off the weights; heads have 64 channels each. What a file lacks stays as it is here.
  static VaeConfig of(const Parameters& p);

  std::int64_t placeChannels() const { return 3 * (1 + 2 * octaves); }
};

/// x += attention(ln_1 x); x += mlp(ln_2 x).
struct SelfBlock {
  PackedSelfAttention attention;
  LayerNorm norm1, norm2;
  Mlp mlp;

  SelfBlock(const Parameters& p, std::int64_t width, std::int64_t heads);

  at::Tensor operator()(at::Tensor x) const;
};

/// x += attention(ln_1 x, ln_2 data); x += mlp(ln_3 x).
struct CrossBlock {
  PackedCrossAttention attention;
  LayerNorm norm1, norm2, norm3;
  Mlp mlp;

  CrossBlock(const Parameters& p, std::int64_t width, std::int64_t heads, std::int64_t ratio = 4,
             bool qkNorm = true);

  KeyValue keys(const at::Tensor& data) const;  // [B, M, C]
  at::Tensor operator()(at::Tensor x, const KeyValue& data) const;
};

/// From latents to what the field is read from. Names: post_kl, transformer.
struct LatentDecoder {
  Linear input;
  std::vector<SelfBlock> blocks;

  LatentDecoder(const Parameters& p, const VaeConfig& config);

  at::Tensor operator()(const at::Tensor& latents) const;  // [B, N, c] -> [B, N, C]
};

/// The field at points, positive inside. Names: those inside "geo_decoder.".
struct GeometryDecoder {
  VaeConfig config;
  Linear queryInput, latentInput, output;
  CrossBlock block;
  LayerNorm norm;

  GeometryDecoder(const Parameters& p, const VaeConfig& shape);

  /// The same for all points of a mesh, so computed once: what the decoded latents say.
  KeyValue keys(const at::Tensor& latents) const;       // [B, N, C]
  at::Tensor project(const at::Tensor& latents) const;  // [B, N, C] -> [B, N, Cg]
  at::Tensor embed(const at::Tensor& points) const;     // [B, P, 3] -> [B, P, Cg]
  at::Tensor read(const at::Tensor& x) const;           // [B, P, Cg] -> [B, P, 1]
  at::Tensor operator()(const at::Tensor& points, const KeyValue& latents) const;  // [B, P, 1]
};

/// What an encoder says of its latents: where they lie and how sure that is.
struct Posterior {
  at::Tensor mean, logVariance;  // [B, N, c]

  explicit Posterior(const at::Tensor& moments);  // [B, N, 2 c]

  at::Tensor deviation() const;
  at::Tensor sample(const at::Tensor& noise) const;  // [B, N, c]
};

/// From surface points to tokens. Names: those inside "encoder.".
struct PointEncoder {
  VaeConfig config;
  Linear input;
  CrossBlock cross;
  std::vector<SelfBlock> blocks;
  LayerNorm norm;

  PointEncoder(const Parameters& p, const VaeConfig& shape);

  /// Points with normals and labels as the encoder sees them: only places become waves.
  at::Tensor features(const at::Tensor& points) const;  // [B, P, 3 + 4] -> [B, P, 55]

  /// @param queries  features of the points that were picked, [B, N, 55]
  /// @param data     features of all points, [B, P, 55]
  at::Tensor operator()(const at::Tensor& queries, const at::Tensor& data) const;  // [B, N, C]
};

}  // namespace maquette::neural
