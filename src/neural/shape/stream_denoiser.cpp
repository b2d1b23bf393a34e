#include "neural/shape/stream_denoiser.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/silu.h>
#include <spdlog/fmt/fmt.h>

namespace maquette::neural {
namespace {

using at::Tensor;

/// LayerNorm without weights of its own, then scaled and shifted: scale and shift are [B, 1, C].
Tensor normed(const Tensor& x, const Tensor& shift, const Tensor& scale) {
  return scale.add(1.).mul(LayerNorm()(x)).add(shift);
}

/// Number `i` of what modulate() made, for every token: [B, 1, C].
Tensor piece(const Tensor& modulated, std::int64_t i) { return modulated.narrow(1, i, 1); }

Tensor modulation(const Linear& layer, const Tensor& vector, std::int64_t pieces) {
  return layer(at::silu(vector)).view({vector.size(0), pieces, -1});
}

RmsNorm headNorm(const Parameters& p, std::string_view name, std::int64_t d) {
  return RmsNorm(inside(p, name), d, RmsNorm::Rounding::twice, "scale");
}

Heads normHeads(Heads heads, const RmsNorm& q, const RmsNorm& k) {
  return {q(heads.q), k(heads.k), heads.v};
}

void showHeads(const Watch& watch, const Heads& heads) {
  show(watch, "q", heads.q);
  show(watch, "k", heads.k);
  show(watch, "v", heads.v);
}

}  // namespace

StreamConfig StreamConfig::of(const Parameters& p) {
  StreamConfig config;
  config.width = p.size("latent_in.weight", 0);
  config.latentChannels = p.size("latent_in.weight", 1);
  config.contextChannels = p.size("cond_in.weight", 1);
  config.heads = config.width / 64;
  config.doubleBlocks = p.layers("double_blocks");
  config.singleBlocks = p.layers("single_blocks");
  config.guidance = p.has("guidance_in.in_layer.weight");
  return config;
}

StreamHalf::StreamHalf(const Parameters& p, const std::string& prefix, std::int64_t width,
                       std::int64_t headCount)
    : modulation(inside(p, prefix + "_mod.lin"), width, 6 * width),
      qkv(inside(p, prefix + "_attn.qkv"), width, 3 * width),
      out(inside(p, prefix + "_attn.proj"), width, width),
      qNorm(headNorm(p, prefix + "_attn.norm.query_norm", width / headCount)),
      kNorm(headNorm(p, prefix + "_attn.norm.key_norm", width / headCount)),
      mlp(inside(p, prefix + "_mlp"), width, 4 * width, "0", "2", Gelu::tanh),
      heads(headCount) {}

Tensor StreamHalf::modulate(const Tensor& vector) const {
  return neural::modulation(modulation, vector, 6);
}

Heads StreamHalf::project(const Tensor& x, const Tensor& modulated) const {
  const Tensor in = normed(x, piece(modulated, 0), piece(modulated, 1));
  return normHeads(splitByKind(qkv(in), heads), qNorm, kNorm);
}

Tensor StreamHalf::finish(Tensor x, const Tensor& seen, const Tensor& modulated) const {
  x = x.add(piece(modulated, 2).mul(out(seen)));
  const Tensor in = normed(x, piece(modulated, 3), piece(modulated, 4));
  return x.add(piece(modulated, 5).mul(mlp(in)));
}

DoubleBlock::DoubleBlock(const Parameters& p, std::int64_t width, std::int64_t heads)
    : latent(p, "img", width, heads), context(p, "txt", width, heads) {}

std::pair<Tensor, Tensor> DoubleBlock::operator()(const Tensor& latents, const Tensor& contexts,
                                                  const Tensor& vector, const Watch& watch) const {
  const Tensor latentMod = latent.modulate(vector), contextMod = context.modulate(vector);
  show(watch, "img_mod", latentMod);
  show(watch, "txt_mod", contextMod);
  const Heads ours = latent.project(latents, latentMod);
  const Heads theirs = context.project(contexts, contextMod);
  // The context comes first: [B, H, T + N, d].
  const Heads all{at::cat({theirs.q, ours.q}, 2), at::cat({theirs.k, ours.k}, 2),
                  at::cat({theirs.v, ours.v}, 2)};
  showHeads(watch, all);
  const Tensor seen = attend(all);  // [B, T + N, C]
  show(watch, "attention", seen);
  const std::int64_t t = contexts.size(1);
  return {latent.finish(latents, seen.narrow(1, t, latents.size(1)), latentMod),
          context.finish(contexts, seen.narrow(1, 0, t), contextMod)};
}

SingleBlock::SingleBlock(const Parameters& p, std::int64_t width, std::int64_t headCount)
    : modulation(inside(p, "modulation.lin"), width, 3 * width),
      in(inside(p, "linear1"), width, 7 * width),
      out(inside(p, "linear2"), 5 * width, width),
      qNorm(headNorm(p, "norm.query_norm", width / headCount)),
      kNorm(headNorm(p, "norm.key_norm", width / headCount)),
      heads(headCount) {}

Tensor SingleBlock::operator()(const Tensor& x, const Tensor& vector, const Watch& watch) const {
  const std::int64_t width = x.size(-1);
  const Tensor modulated = neural::modulation(modulation, vector, 3);
  const Tensor wide = in(normed(x, piece(modulated, 0), piece(modulated, 1)));  // [B, T + N, 7 C]
  const Tensor qkv = wide.narrow(-1, 0, 3 * width);
  // The cut leaves gaps between the rows, which view() inside does not mind.
  const Heads all = normHeads(splitByKind(qkv, heads), qNorm, kNorm);
  showHeads(watch, all);
  const Tensor seen = attend(all);
  show(watch, "attention", seen);
  const Tensor mlp = gelu(wide.narrow(-1, 3 * width, 4 * width), Gelu::tanh);
  return x.add(piece(modulated, 2).mul(out(at::cat({seen, mlp}, -1))));
}

StreamFinal::StreamFinal(const Parameters& p, std::int64_t width, std::int64_t channels)
    : modulation(inside(p, "adaLN_modulation.1"), width, 2 * width),
      out(inside(p, "linear"), width, channels) {}

Tensor StreamFinal::operator()(const Tensor& x, const Tensor& vector) const {
  const Tensor modulated = neural::modulation(modulation, vector, 2);
  return out(normed(x, piece(modulated, 0), piece(modulated, 1)));
}

StreamDenoiser::StreamDenoiser(const Parameters& p, const StreamConfig& shape)
    : config(shape),
      latentInput(inside(p, "latent_in"), shape.latentChannels, shape.width),
      contextInput(inside(p, "cond_in"), shape.contextChannels, shape.width),
      time(inside(p, "time_in"), shape.width),
      last(inside(p, "final_layer"), shape.width, shape.latentChannels) {
  if (shape.guidance) guidance.emplace(inside(p, "guidance_in"), shape.width);
  for (std::size_t i = 0; i < shape.doubleBlocks; ++i)
    doubles.emplace_back(inside(p, fmt::format("double_blocks.{}", i)), shape.width, shape.heads);
  for (std::size_t i = 0; i < shape.singleBlocks; ++i)
    singles.emplace_back(inside(p, fmt::format("single_blocks.{}", i)), shape.width, shape.heads);
}

Tensor StreamDenoiser::operator()(const Tensor& latents, const Tensor& t, const Tensor& context,
                                  const Tensor& scale, const Watch& watch) const {
  Tensor h = latentInput(latents);  // [B, N, C]
  show(watch, "latent_in", h);
  Tensor vector = time(t);  // [B, C]
  show(watch, "time_in", vector);
  if (guidance) {
    const Tensor told = (*guidance)(scale);
    show(watch, "guidance_in", told);
    vector = vector.add(told);
  }
  Tensor c = contextInput(context);  // [B, T, C]
  show(watch, "cond_in", c);
  for (std::size_t i = 0; i < doubles.size(); ++i) {
    std::tie(h, c) = doubles[i](h, c, vector);
    show(watch, fmt::format("double_{}_img", i), h);
    show(watch, fmt::format("double_{}_txt", i), c);
  }
  Tensor z = at::cat({c, h}, 1);  // [B, T + N, C]
  for (std::size_t i = 0; i < singles.size(); ++i) {
    z = singles[i](z, vector);
    show(watch, fmt::format("single_{}", i), z);
  }
  return last(z.narrow(1, c.size(1), h.size(1)), vector);
}

}  // namespace maquette::neural
