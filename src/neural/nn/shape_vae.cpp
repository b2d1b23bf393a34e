#include "neural/nn/shape_vae.h"

#include <ATen/ops/cat.h>
#include <spdlog/fmt/fmt.h>

#include "neural/nn/embeddings.h"

namespace maquette::neural {
namespace {

using at::Tensor;

std::vector<SelfBlock> stack(const Parameters& p, std::int64_t count, std::int64_t width,
                             std::int64_t heads) {
  std::vector<SelfBlock> blocks;
  for (std::int64_t i = 0; i < count; ++i)
    blocks.emplace_back(p.at(fmt::format("resblocks.{}.", i)), width, heads);
  return blocks;
}

}  // namespace

VaeConfig VaeConfig::of(const Parameters& p) {
  constexpr std::int64_t kHead = 64;
  VaeConfig config;
  if (p.has("post_kl.weight")) {
    config.width = p.size("post_kl.weight", 0);
    config.latentChannels = p.size("post_kl.weight", 1);
    config.decoderLayers = std::int64_t(p.layers("transformer.resblocks"));
  }
  if (p.has("encoder.input_proj.weight")) {
    config.width = p.size("encoder.input_proj.weight", 0);
    config.encoderLayers = std::int64_t(p.layers("encoder.self_attn.resblocks"));
  }
  config.heads = config.width / kHead;
  if (p.has("geo_decoder.query_proj.weight")) {
    config.geometryWidth = p.size("geo_decoder.query_proj.weight", 0);
    config.octaves = (p.size("geo_decoder.query_proj.weight", 1) / 3 - 1) / 2;
    config.geometryHeads = config.geometryWidth / kHead;
    config.geometryRatio =
        p.size("geo_decoder.cross_attn_decoder.mlp.c_fc.weight", 0) / config.geometryWidth;
    config.geometryNorm = p.has("geo_decoder.ln_post.weight");
  }
  if (p.has("encoder.input_proj.weight"))
    config.pointChannels = p.size("encoder.input_proj.weight", 1) - config.placeChannels();
  return config;
}

SelfBlock::SelfBlock(const Parameters& p, std::int64_t width, std::int64_t heads)
    : attention(inside(p, "attn"), width, heads),
      norm1(inside(p, "ln_1"), width, 1e-6),
      norm2(inside(p, "ln_2"), width, 1e-6),
      mlp(inside(p, "mlp"), width, 4 * width, "c_fc", "c_proj") {}

Tensor SelfBlock::operator()(Tensor x) const {
  x = x.add(attention(norm1(x)));
  return x.add(mlp(norm2(x)));
}

CrossBlock::CrossBlock(const Parameters& p, std::int64_t width, std::int64_t heads,
                       std::int64_t ratio, bool qkNorm)
    : attention(inside(p, "attn"), width, heads, qkNorm),
      norm1(inside(p, "ln_1"), width, 1e-6),
      norm2(inside(p, "ln_2"), width, 1e-6),
      norm3(inside(p, "ln_3"), width, 1e-6),
      mlp(inside(p, "mlp"), width, ratio * width, "c_fc", "c_proj") {}

KeyValue CrossBlock::keys(const Tensor& data) const { return attention.keys(norm2(data)); }

Tensor CrossBlock::operator()(Tensor x, const KeyValue& data) const {
  x = x.add(attention(norm1(x), data));
  return x.add(mlp(norm3(x)));
}

LatentDecoder::LatentDecoder(const Parameters& p, const VaeConfig& config)
    : input(inside(p, "post_kl"), config.latentChannels, config.width),
      blocks(stack(inside(p, "transformer"), config.decoderLayers, config.width, config.heads)) {}

Tensor LatentDecoder::operator()(const Tensor& latents) const {
  Tensor x = input(latents);
  for (const SelfBlock& block : blocks) x = block(x);
  return x;
}

GeometryDecoder::GeometryDecoder(const Parameters& p, const VaeConfig& shape)
    : config(shape),
      queryInput(inside(p, "query_proj"), shape.placeChannels(), shape.geometryWidth),
      latentInput(shape.geometryWidth == shape.width
                      ? Linear()
                      : Linear(inside(p, "latents_proj"), shape.width, shape.geometryWidth)),
      output(inside(p, "output_proj"), shape.geometryWidth, 1),
      // Without ln_post the official program forces the norms of q and k off, too.
      block(inside(p, "cross_attn_decoder"), shape.geometryWidth, shape.geometryHeads,
            shape.geometryRatio, shape.geometryNorm),
      norm(shape.geometryNorm ? LayerNorm(inside(p, "ln_post"), shape.geometryWidth, 1e-5)
                              : LayerNorm()) {}

Tensor GeometryDecoder::project(const Tensor& latents) const {
  return latentInput.defined() ? latentInput(latents) : latents;
}

KeyValue GeometryDecoder::keys(const Tensor& latents) const { return block.keys(project(latents)); }

Tensor GeometryDecoder::embed(const Tensor& points) const {
  // Waves in the type of the points, which may be finer than that of the weights.
  return queryInput(fourierFeatures(points, config.octaves).to(queryInput.dtype));
}

Tensor GeometryDecoder::read(const Tensor& x) const {
  return output(config.geometryNorm ? norm(x) : x);
}

Tensor GeometryDecoder::operator()(const Tensor& points, const KeyValue& latents) const {
  return read(block(embed(points), latents));
}

Posterior::Posterior(const Tensor& moments) {
  const auto halves = moments.chunk(2, -1);
  mean = halves[0];
  logVariance = halves[1].clamp(-30., 20.);
}

Tensor Posterior::deviation() const { return logVariance.mul(.5).exp(); }

Tensor Posterior::sample(const Tensor& noise) const { return mean.add(deviation().mul(noise)); }

PointEncoder::PointEncoder(const Parameters& p, const VaeConfig& shape)
    : config(shape),
      input(inside(p, "input_proj"), shape.placeChannels() + shape.pointChannels, shape.width),
      cross(inside(p, "cross_attn"), shape.width, shape.heads),
      blocks(stack(inside(p, "self_attn"), shape.encoderLayers, shape.width, shape.heads)),
      norm(inside(p, "ln_post"), shape.width, 1e-5) {}

Tensor PointEncoder::features(const Tensor& points) const {
  const Tensor places = points.narrow(-1, 0, 3);
  const Tensor rest = points.narrow(-1, 3, points.size(-1) - 3);
  return at::cat({fourierFeatures(places, config.octaves), rest}, -1);
}

Tensor PointEncoder::operator()(const Tensor& queries, const Tensor& data) const {
  const auto dtype = input.dtype;
  Tensor x = cross(input(queries.to(dtype)), cross.keys(input(data.to(dtype))));
  for (const SelfBlock& block : blocks) x = block(x);
  return norm(x);
}

}  // namespace maquette::neural
