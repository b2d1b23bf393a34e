#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "neural/nn/layers.h"

// Attention, and the ways in which the networks here lay out queries, keys and values. Mistaking
// one for another gives results that look plausible and mean nothing.
//
// Source: shape-generation specification 4.2, 4.3, 6.2; part-generation
// specification 3.2, 4.3, 4.4.

namespace maquette::neural {

/// What attention works on, by head.
struct Heads {
  at::Tensor q;  // [B, H, N, d]
  at::Tensor k;  // [B, H, M, d]
  at::Tensor v;  // [B, H, M, d]
};

/// Keys and values of what is looked at; the same for all queries, so worth keeping.
struct KeyValue {
  at::Tensor k, v;  // [B, H, M, d]
};

/// x [B, N, H * d] -> [B, H, N, d]: head h is the h-th run of d channels.
at::Tensor splitHeads(const at::Tensor& x, std::int64_t heads);

/// x [B, N, 3 * H * d], channels [q | k | v] x head x d.
Heads splitByKind(const at::Tensor& x, std::int64_t heads);

/// x [B, N, 3 * H * d], channels head x [q | k | v] x d: head h owns a run of 3 d channels.
Heads splitByHead(const at::Tensor& x, std::int64_t heads);

/// x [B, M, 2 * H * d], channels head x [k | v] x d.
KeyValue splitPairsByHead(const at::Tensor& x, std::int64_t heads);

/// softmax(q k^T / sqrt(d)) v, heads put side by side again: [B, N, H * d].
at::Tensor attend(const Heads& heads);

/// Self-attention with one projection for all, head x [q | k | v], LayerNorm on q and k.
/// Names: c_qkv, attention.q_norm, attention.k_norm, c_proj.
struct PackedSelfAttention {
  Linear qkv, out;
  LayerNorm qNorm, kNorm;
  std::int64_t heads = 0;
  bool normed = true;

  PackedSelfAttention(const Parameters& p, std::int64_t channels, std::int64_t headCount,
                      bool qkNorm = true);

  Heads project(const at::Tensor& x) const;
  at::Tensor operator()(const at::Tensor& x) const;  // [B, N, C] -> [B, N, C]
};

/// Cross-attention with one projection for keys and values, head x [k | v], LayerNorm on q and k.
/// Names: c_q, c_kv, attention.q_norm, attention.k_norm, c_proj.
struct PackedCrossAttention {
  Linear q, kv, out;
  LayerNorm qNorm, kNorm;
  std::int64_t heads = 0;
  bool normed = true;

  PackedCrossAttention(const Parameters& p, std::int64_t channels, std::int64_t headCount,
                       bool qkNorm = true);

  at::Tensor queries(const at::Tensor& x) const;  // [B, N, C] -> [B, H, N, d]
  KeyValue keys(const at::Tensor& data) const;    // [B, M, C]
  at::Tensor operator()(const at::Tensor& x, const KeyValue& data) const;
};

/// Three projections of their own, RMSNorm on q and k.
/// Names: to_q, to_k, to_v, q_norm, k_norm, out_proj.
struct SplitProjections {
  Linear q, k, v, out;
  RmsNorm qNorm, kNorm;
  std::int64_t heads = 0;

  SplitProjections(const Parameters& p, std::int64_t channels, std::int64_t contextChannels,
                   std::int64_t headCount);
};

/// Self-attention whose three projections are put side by side and then cut by head as if they were
/// one: head h takes chunks 3h, 3h+1, 3h+2 of [to_q | to_k | to_v].
struct SplitSelfAttention : SplitProjections {
  SplitSelfAttention(const Parameters& p, std::int64_t channels, std::int64_t headCount)
      : SplitProjections(p, channels, channels, headCount) {}

  Heads project(const at::Tensor& x) const;
  at::Tensor operator()(const at::Tensor& x) const;  // [B, N, C] -> [B, N, C]
};

/// Cross-attention, head h takes chunk h of to_q and chunks 2h, 2h+1 of [to_k | to_v].
struct SplitCrossAttention : SplitProjections {
  using SplitProjections::SplitProjections;

  at::Tensor queries(const at::Tensor& x) const;
  KeyValue keys(const at::Tensor& context) const;  // [B, M, contextChannels]
  at::Tensor operator()(const at::Tensor& x, const KeyValue& context) const;
};

}  // namespace maquette::neural
