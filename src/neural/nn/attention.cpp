#include "neural/nn/attention.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/scaled_dot_product_attention.h>

namespace maquette::neural {
namespace {

using at::Tensor;

/// [B, N, ...] with `kinds` runs of d channels for every head, cut into [kinds][B, H, N, d].
std::vector<Tensor> cutByHead(const Tensor& x, std::int64_t heads, std::int64_t kinds) {
  return x
      .view({x.size(0), x.size(1), heads, kinds, -1})  // [B, N, H, kinds, d]
      .permute({3, 0, 2, 1, 4})                        // [kinds, B, H, N, d]
      .unbind(0);
}

LayerNorm qkNormOf(const Parameters& p, std::string_view name, std::int64_t d, bool wanted) {
  return wanted ? LayerNorm(inside(p, name), d, 1e-6) : LayerNorm();
}

}  // namespace

Tensor splitHeads(const Tensor& x, std::int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);  // [B, H, N, d]
}

Heads splitByKind(const Tensor& x, std::int64_t heads) {
  const auto parts = x.view({x.size(0), x.size(1), 3, heads, -1})  // [B, N, 3, H, d]
                         .permute({2, 0, 3, 1, 4})                 // [3, B, H, N, d]
                         .unbind(0);
  return {parts[0], parts[1], parts[2]};
}

Heads splitByHead(const Tensor& x, std::int64_t heads) {
  const auto parts = cutByHead(x, heads, 3);
  return {parts[0], parts[1], parts[2]};
}

KeyValue splitPairsByHead(const Tensor& x, std::int64_t heads) {
  const auto parts = cutByHead(x, heads, 2);
  return {parts[0], parts[1]};
}

Tensor attend(const Heads& heads) {
  const Tensor mixed = at::scaled_dot_product_attention(heads.q, heads.k, heads.v);
  return mixed.transpose(1, 2).flatten(2);  // [B, H, N, d] -> [B, N, H * d]
}

PackedSelfAttention::PackedSelfAttention(const Parameters& p, std::int64_t channels,
                                         std::int64_t headCount, bool qkNorm)
    : qkv(inside(p, "c_qkv"), channels, 3 * channels, false),
      out(inside(p, "c_proj"), channels, channels),
      qNorm(qkNormOf(p, "attention.q_norm", channels / headCount, qkNorm)),
      kNorm(qkNormOf(p, "attention.k_norm", channels / headCount, qkNorm)),
      heads(headCount),
      normed(qkNorm) {}

Heads PackedSelfAttention::project(const Tensor& x) const {
  Heads all = splitByHead(qkv(x), heads);
  if (!normed) return all;
  return {qNorm(all.q), kNorm(all.k), all.v};
}

Tensor PackedSelfAttention::operator()(const Tensor& x) const { return out(attend(project(x))); }

PackedCrossAttention::PackedCrossAttention(const Parameters& p, std::int64_t channels,
                                           std::int64_t headCount, bool qkNorm)
    : q(inside(p, "c_q"), channels, channels, false),
      kv(inside(p, "c_kv"), channels, 2 * channels, false),
      out(inside(p, "c_proj"), channels, channels),
      qNorm(qkNormOf(p, "attention.q_norm", channels / headCount, qkNorm)),
      kNorm(qkNormOf(p, "attention.k_norm", channels / headCount, qkNorm)),
      heads(headCount),
      normed(qkNorm) {}

Tensor PackedCrossAttention::queries(const Tensor& x) const {
  const Tensor all = splitHeads(q(x), heads);
  return normed ? qNorm(all) : all;
}

KeyValue PackedCrossAttention::keys(const Tensor& data) const {
  KeyValue all = splitPairsByHead(kv(data), heads);
  if (normed) all.k = kNorm(all.k);
  return all;
}

Tensor PackedCrossAttention::operator()(const Tensor& x, const KeyValue& data) const {
  return out(attend({queries(x), data.k, data.v}));
}

SplitProjections::SplitProjections(const Parameters& p, std::int64_t channels,
                                   std::int64_t contextChannels, std::int64_t headCount)
    : q(inside(p, "to_q"), channels, channels, false),
      k(inside(p, "to_k"), contextChannels, channels, false),
      v(inside(p, "to_v"), contextChannels, channels, false),
      out(inside(p, "out_proj"), channels, channels),
      qNorm(inside(p, "q_norm"), channels / headCount),
      kNorm(inside(p, "k_norm"), channels / headCount),
      heads(headCount) {}

Heads SplitSelfAttention::project(const Tensor& x) const {
  const Heads all = splitByHead(at::cat({q(x), k(x), v(x)}, -1), heads);
  return {qNorm(all.q), kNorm(all.k), all.v};
}

Tensor SplitSelfAttention::operator()(const Tensor& x) const { return out(attend(project(x))); }

Tensor SplitCrossAttention::queries(const Tensor& x) const {
  return qNorm(splitHeads(q(x), heads));
}

KeyValue SplitCrossAttention::keys(const Tensor& context) const {
  KeyValue all = splitPairsByHead(at::cat({k(context), v(context)}, -1), heads);
  all.k = kNorm(all.k);
  return all;
}

Tensor SplitCrossAttention::operator()(const Tensor& x, const KeyValue& context) const {
  return out(attend({queries(x), context.k, context.v}));
}

}  // namespace maquette::neural
