// How the fixtures of shape generation are computed: whole networks.

#include <ATen/ops/cat.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/meshgrid.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros_like.h>

#include "neural/check/fixture.h"
#include "neural/nn/dinov2.h"
#include "neural/nn/farthest_points.h"
#include "neural/nn/flow.h"
#include "neural/nn/shape_vae.h"
#include "neural/shape/conditioner.h"
#include "neural/shape/plain_denoiser.h"
#include "neural/shape/stream_denoiser.h"

namespace maquette::neural {
namespace {

using at::Tensor;

/// Every step that the fixture names too.
Watch watching(Fixture& f) {
  return [&f](const std::string& step, const Tensor& value) {
    if (f.hasOut(step)) f.out(step, value);
  };
}

void streamDenoiser(Fixture& f) {
  StreamConfig shape = StreamConfig::of(f.weights());
  shape.heads = f.config().integer("num_heads");
  const StreamDenoiser model(f.weights(), shape);
  const Tensor scale = shape.guidance ? f.stored("guidance") : Tensor();
  const Tensor v = model(f.in("x"), f.stored("t"), f.in("cond"), scale, watching(f));
  f.out("v", v);
  if (f.hasOut("v_guided")) f.out("v_guided", guided(v, f.config().number("guidance_scale")));
}

void plainDenoiser(Fixture& f) {
  PlainDenoiserConfig shape = PlainDenoiserConfig::of(f.weights());
  shape.heads = f.config().integer("num_heads");
  const PlainDenoiser model(f.weights(), shape);
  const Tensor v = model(f.in("x"), f.stored("t"), model.look(f.in("cond")), watching(f));
  f.out("v", v);
  if (f.hasOut("v_guided")) f.out("v_guided", guided(v, f.config().number("guidance_scale")));
}

Dinov2 dinov2(const JsonFacts& config, const Parameters& weights) {
  const Parameters p = weights.at("main_image_encoder.model.");
  Dinov2Config shape = Dinov2Config::of(p);
  shape.heads = config.integer("encoder.kwargs.config.num_attention_heads");
  return Dinov2(p, shape);
}

void dinov2Sizes(Fixture& f) {
  const Dinov2 model = dinov2(f.config(), f.weights());
  for (const std::string size : {"28", "42", "70"}) {
    const Tensor pixels = f.in("pixels_" + size);
    const std::int64_t side = pixels.size(2) / 14;
    f.out("patches_" + size, model.patches(pixels));
    f.out("position_" + size, model.positionsFor(side, side));
    f.out("embeddings_" + size, model.embed(pixels));
    f.out("last_hidden_" + size, model(pixels));
  }
  const Tensor first = model.embed(f.in("pixels_42"));
  const Dinov2Layer& layer = model.layers[0];
  const Tensor attention = layer.attention(layer.norm1(first));
  f.out("attention_0_42", attention);
  const Tensor between = first.add(attention.mul(layer.scale1));
  f.out("ffn_0_42", layer.feedForward(layer.norm2(between)));
  const Tensor second = layer(first);
  f.out("layer_0_42", second);
  f.out("layer_1_42", model.layers[1](second));
}

void encoderTransform(Fixture& f) {
  const std::int64_t size = f.config().integer("encoder_size"),
                     small = f.config().integer("small_size");
  const Tensor gray = f.stored("gray_512").to(c10::kFloat).div(255.).mul(2.).sub(1.);
  const Tensor picture = gray.expand({1, 3, gray.size(0), gray.size(1)});
  for (const auto& [name, dtype] : {std::pair("f32", c10::kFloat), std::pair("f16", c10::kHalf)}) {
    const std::string end = std::string("_") + name;
    f.out("dino_512_rows" + end,
          pixelsFor(picture, size, dtype)[0].index_select(1, f.stored("rows")));
    f.out("dino_64" + end, pixelsFor(f.stored("image_64"), small, dtype));
    f.out("dino_42" + end, pixelsFor(f.stored("image_42"), small, dtype));
  }
}

void conditioner(Fixture& f) {
  const Dinov2 model = dinov2(f.config(), f.weightsOf("conditioner"));
  const Tensor context =
      lookAt(model, f.stored("image"), f.config().integer("encoder.kwargs.image_size"));
  f.out("context", context);
  const Tensor none = at::zeros_like(context);
  f.out("unconditional", f.theirs("unconditional").size(0) == 2 ? at::cat({none, none}) : none);
  if (f.hasOut("cfg_context")) f.out("cfg_context", at::cat({context, none}));
}

void multiViewConditioner(Fixture& f) {
  const Dinov2 model = dinov2(f.config(), f.weightsOf("conditioner"));
  for (const std::string views : {"02", "012"}) {
    const Tensor context =
        lookAtViews(model, f.stored("image_" + views), f.integers("view_idxs_" + views),
                    f.config().integer("encoder.kwargs.image_size"));
    f.out("context_" + views, context);
    f.out("unconditional_" + views, at::zeros_like(context));
  }
  f.out("view_embedding", viewEmbedding(model.config.width));
  f.out("view_embedding_1536", viewEmbedding(1536));
}

VaeConfig vaeConfig(const JsonFacts& config) {
  VaeConfig shape;
  shape.width = config.integer("width");
  shape.heads = config.integer("heads");
  shape.latentChannels = config.integer("embed_dim");
  shape.encoderLayers = config.integer("num_encoder_layers");
  shape.decoderLayers = config.integer("num_decoder_layers");
  shape.octaves = config.integer("num_freqs");
  shape.pointChannels = config.integer("point_feats");
  const std::int64_t down = config.integer("geo_decoder_downsample_ratio");
  shape.geometryWidth = shape.width / down;
  shape.geometryHeads = shape.heads / down;
  shape.geometryRatio = config.integer("geo_decoder_mlp_expand_ratio");
  shape.geometryNorm = config.flag("geo_decoder_ln_post");
  return shape;
}

void vaeDecode(Fixture& f) {
  const VaeConfig shape = vaeConfig(f.config());
  const LatentDecoder latents(f.weights(), shape);
  const GeometryDecoder field(f.weights("geo_decoder."), shape);
  const Tensor unscaled = f.in("latents").mul(1. / f.config().number("scale_factor"));
  f.out("unscaled", unscaled);
  const Tensor first = latents.input(unscaled);
  f.out("post_kl", first);
  f.out("resblock_0", latents.blocks[0](first));
  const Tensor kv = latents(unscaled);
  f.out("kv", kv);
  if (f.hasOut("latents_proj")) f.out("latents_proj", field.project(kv));
  const Tensor query = field.embed(f.stored("points"));
  f.out("query_proj", query);
  const Tensor seen = field.block(query, field.keys(kv));
  f.out("cross_block", seen);
  if (f.hasOut("ln_post")) f.out("ln_post", field.norm(seen));
  f.out("logits", field(f.stored("points"), field.keys(kv)));
}

void vaeEncode(Fixture& f) {
  const VaeConfig shape = vaeConfig(f.config());
  const PointEncoder encoder(f.weights("encoder."), shape);
  const Linear moments(f.weights("pre_kl."), shape.width, 2 * shape.latentChannels);
  const std::int64_t uniform = f.config().integer("pc_size"),
                     sharp = f.config().integer("pc_sharpedge_size"),
                     latents = f.config().integer("num_latents"),
                     ratio = f.config().integer("downsample_ratio");
  const Tensor surface = f.stored("surface")[0];  // [P, 7]
  std::vector<Tensor> data, queries;
  const auto add = [&](const std::string& kind, std::int64_t first, std::int64_t points,
                       std::int64_t picks, std::int64_t start) {
    const Tensor order = f.stored("permutation_" + kind).narrow(0, 0, picks * ratio);
    const Tensor kept = surface.narrow(0, first, points).index_select(0, order);
    const Tensor picked = farthestPoints(kept.narrow(1, 0, 3), picks, start, Ties::first);
    f.out("fps_indices_" + kind, picked);
    data.push_back(kept);
    queries.push_back(kept.index_select(0, picked));
  };
  const std::vector<std::int64_t> starts = f.integers("fps_starts");
  const std::int64_t uniformLatents = uniform * latents / (uniform + sharp);
  add("uniform", 0, uniform, uniformLatents, starts[0]);
  if (sharp > 0) add("sharp", uniform, sharp, latents - uniformLatents, starts[1]);
  const Tensor query = encoder.features(at::cat(queries).unsqueeze(0));
  const Tensor all = encoder.features(at::cat(data).unsqueeze(0));
  f.out("query_features", query);
  f.out("data_features", all);
  const auto dtype = f.placement().dtype;
  const Tensor queryTokens = encoder.input(query.to(dtype)), tokens = encoder.input(all.to(dtype));
  f.out("query_tokens", queryTokens);
  f.out("data_tokens_head", tokens.narrow(1, 0, 5));
  Tensor x = encoder.cross(queryTokens, encoder.cross.keys(tokens));
  f.out("cross", x);
  for (std::size_t i = 0; i < encoder.blocks.size(); ++i)
    f.out("self_" + std::to_string(i), x = encoder.blocks[i](x));
  const Tensor out = encoder(query, all);
  f.out("ln_post", out);
  f.out("moments", moments(out));
  const Posterior seen(moments(out));
  f.out("mean", seen.mean);
  f.out("logvar", seen.logVariance);
  const Tensor sample = seen.sample(f.in("epsilon"));
  f.out("sample", sample);
  f.out("scaled", sample.mul(f.config().number("scale_factor")));
}

void vanillaGrid(Fixture& f) {
  const JsonFacts config = f.configOf("vae");
  const VaeConfig shape = vaeConfig(config);
  const Parameters weights = f.weightsOf("vae");
  const LatentDecoder latents(weights, shape);
  const GeometryDecoder field(weights.at("geo_decoder."), shape);
  const std::int64_t nodes = f.config().integer("octree_resolution") + 1,
                     chunk = f.config().integer("num_chunks");
  const double bounds = f.config().number("bounds");
  const Tensor axis =
      at::linspace(-bounds, bounds, nodes, at::TensorOptions(c10::kDouble)).to(c10::kFloat);
  f.out("axis", axis);
  const Tensor points =
      at::stack(at::meshgrid({axis, axis, axis}, "ij"), -1).view({-1, 3}).to(f.placement().device);
  f.out("first_points", points.narrow(0, 0, f.theirs("first_points").size(0)));
  const Tensor in = f.in("latents");
  // Latents of this fixture are those that the decoder takes, unscaled already or not at all.
  const KeyValue kv = field.keys(latents(in.mul(1. / config.number("scale_factor"))));
  std::vector<Tensor> logits;
  for (const Tensor& some : points.split(chunk))
    logits.push_back(field(some.unsqueeze(0).expand({in.size(0), -1, -1}), kv));
  f.out("grid", at::cat(logits, 1).view({in.size(0), nodes, nodes, nodes}));
}

void wideDinov2(Fixture& f) {
  for (const std::string name : {"large", "giant"}) {
    const Dinov2Config shape = name == "large" ? Dinov2Config::large() : Dinov2Config::giant();
    const Dinov2Layer layer(f.weights(name + ".encoder.layer.0."), shape);
    f.out(name, layer(f.in("x_" + name)));
  }
}

void wideStream(Fixture& f) {
  const std::int64_t width = f.config().integer("hidden_size"),
                     heads = f.config().integer("num_heads");
  const NumberEmbedder time(f.weights("time_in."), width);
  const DoubleBlock pair(f.weights("double_blocks.0."), width, heads);
  const SingleBlock single(f.weights("single_blocks.0."), width, heads);
  const StreamFinal last(f.weights("final_layer."), width, 64);
  const Tensor vec = f.in("vec");
  f.out("time", time(f.stored("t")));
  const auto [img, txt] = pair(f.in("img"), f.in("txt"), vec);
  f.out("double_img", img);
  f.out("double_txt", txt);
  f.out("single", single(at::cat({f.in("txt"), f.in("img")}, 1), vec));
  f.out("final", last(f.in("img"), vec));
}

void widePlain(Fixture& f) {
  PlainBlockConfig shape{.width = f.config().integer("hidden_size"),
                         .heads = f.config().integer("num_heads"),
                         .contextWidth = f.config().integer("context_dim"),
                         .skip = true};
  const TimeToken token(f.weights("t_embedder."), shape.width);
  const PlainBlock block(f.weights("blocks.11."), shape);
  f.out("token", token(f.stored("t")));
  const Tensor x = block.join(f.in("skip"), f.in("x"));
  f.out("skip", x);
  const Watch watch = [&](const std::string& step, const Tensor& value) {
    f.out(step == "self" ? "self_attention" : step == "cross" ? "cross_attention" : "ffn", value);
  };
  f.out("block", block(x, block.look(f.in("context")), false, watch));
}

void wideVae(Fixture& f) {
  VaeConfig shape;
  const SelfBlock self(f.weights("transformer.resblocks.0."), shape.width, shape.heads);
  const GeometryDecoder field(f.weights("geo_decoder."), shape);
  const Tensor x = self(f.in("x"));
  f.out("self", x);
  f.out("standard_logits", field(f.stored("points"), field.keys(f.in("x"))));
}

void wideVaeTurbo(Fixture& f) {
  VaeConfig shape;
  shape.geometryWidth = f.config().integer("width");
  shape.geometryHeads = f.config().integer("heads");
  shape.geometryRatio = 1;
  shape.geometryNorm = false;
  const GeometryDecoder field(f.weights("geo_decoder."), shape);
  f.out("turbo_logits", field(f.stored("points"), field.keys(f.in("x"))));
}

constexpr Implementation kImplementations[] = {
    {"06-v20-denoiser", streamDenoiser},
    {"06-v20-denoiser-guided", streamDenoiser},
    {"09-v21-denoiser", plainDenoiser},
    {"09-v21-denoiser-even", plainDenoiser},
    {"12-dinov2-mlp", dinov2Sizes},
    {"12-dinov2-swiglu", dinov2Sizes},
    {"13-encoder-transform", encoderTransform},
    {"13-conditioner-single", conditioner},
    {"13-conditioner-size-70", conditioner},
    {"14-conditioner-multiview", multiViewConditioner},
    {"18-vae-decode", vaeDecode},
    {"18-vae-decode-turbo", vaeDecode},
    {"19-vae-encode-uniform", vaeEncode},
    {"19-vae-encode-sharp", vaeEncode},
    {"22-vanilla-grid", vanillaGrid},
    {"22-vanilla-grid-batch", vanillaGrid},
    {"33-wide-dinov2-layers", wideDinov2},
    {"33-wide-v20-blocks", wideStream},
    {"33-wide-v21-block", widePlain},
    {"33-wide-vae", wideVae},
    {"33-wide-vae-turbo", wideVaeTurbo},
};

}  // namespace

std::span<const Implementation> shapeNetworkImplementations() { return kImplementations; }

}  // namespace maquette::neural
