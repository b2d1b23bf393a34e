// How the fixtures of shape generation are computed: layers first, whole networks behind them.

#include <ATen/ops/cat.h>

#include "neural/check/fixture.h"
#include "neural/nn/attention.h"
#include "neural/nn/dinov2.h"
#include "neural/nn/embeddings.h"
#include "neural/nn/experts.h"
#include "neural/nn/farthest_points.h"
#include "neural/nn/layers.h"
#include "neural/nn/shape_vae.h"

namespace maquette::neural {
namespace {

using at::Tensor;

void timeEmbedding(Fixture& f) {
  const std::int64_t width = f.config().integer("hidden");
  const NumberEmbedder time(f.weights("time_in."), width),
      guidance(f.weights("guidance_in."), width);
  f.out("time_embedding", scaledTimeWaves(f.in("t")));
  f.out("time_in", time(f.in("t")));
  f.out("guidance_embedding", scaledTimeWaves(f.in("guidance")));
  f.out("guidance_in", guidance(f.in("guidance")));
  const Tensor tau = f.stored("timesteps_f32").to(c10::kHalf).div(1000.);
  f.out("tau_f16", tau);
  f.out("u_f16", tau.mul(1000.));
}

void timeToken(Fixture& f) {
  const TimeToken token(f.weights("t_embedder."), f.config().integer("hidden"));
  f.out("sincos_40", timeWaves(f.in("t"), 40));
  f.out("sincos_2048", timeWaves(f.in("t"), 2048));
  f.out("token", token(f.in("t")));
}

void fourier(Fixture& f) {
  f.out("embedding", fourierFeatures(f.stored("points")));
  f.out("embedding_pi", fourierFeatures(f.stored("points"), 8, true));
  f.out("embedding_f16", fourierFeatures(f.stored("points_f16")));
}

void outHeads(Fixture& f, const std::string& prefix, const Heads& heads) {
  f.out(prefix + "q", heads.q);
  f.out(prefix + "k", heads.k);
  f.out(prefix + "v", heads.v);
}

void splitAttention(Fixture& f) {
  const std::int64_t width = f.config().integer("hidden_size"),
                     heads = f.config().integer("num_heads");
  const SplitSelfAttention self(f.weights("blocks.0.attn1."), width, heads);
  const SplitCrossAttention cross(f.weights("blocks.0.attn2."), width,
                                  f.config().integer("context_dim"), heads);
  outHeads(f, "self_", self.project(f.in("x")));
  f.out("self_attention", self(f.in("x")));
  const KeyValue context = cross.keys(f.in("context"));
  outHeads(f, "cross_", {cross.queries(f.in("x")), context.k, context.v});
  f.out("cross_attention", cross(f.in("x"), context));
}

void experts(Fixture& f) {
  const std::int64_t width = f.config().integer("hidden_size");
  const Experts moe(f.weights("moe."), width, f.config().integer("num_experts"));
  const Tensor x = f.in("x");
  const Routing routing = moe.route(x.reshape({-1, width}));
  f.out("gate_probabilities", routing.probabilities);
  f.out("expert_weights", routing.weights);
  f.out("expert_indices", routing.experts);
  f.out("shared", moe.shared(x));
  f.out("y", moe(x));
}

void norms(Fixture& f) {
  const Parameters p = f.weights("norm.");
  const std::int64_t n = 16;
  const Tensor x = f.in("x");
  f.out("layernorm_eps6", LayerNorm(p, n, 1e-6)(x));
  f.out("layernorm_eps5", LayerNorm(p, n, 1e-5)(x));
  f.out("layernorm_plain", LayerNorm()(x));
  RmsNorm rms(p, n);
  f.out("rms", rms(x));
  const Tensor half = f.stored("x").to(c10::kHalf);
  rms.weight = rms.weight.to(c10::kHalf);
  f.out("rms_f16_fused", rms(half));
  rms.rounding = RmsNorm::Rounding::twice;
  f.out("rms_f16_cast_first", rms(half));
  rms.eps = 1.0133e-6;  // 1e-6 in half precision, as that release of torch took it
  f.out("rms_f16_framework", rms(half));
}

void vaeBlocks(Fixture& f) {
  const std::int64_t width = f.config().integer("width"), heads = f.config().integer("heads");
  const SelfBlock self(f.weights("transformer.resblocks.0."), width, heads);
  const CrossBlock cross(f.weights("geo_decoder.cross_attn_decoder."), width, heads);
  const Tensor x = f.in("x"), query = f.in("query");
  outHeads(f, "self_", self.attention.project(self.norm1(x)));
  f.out("self", self(x));
  const KeyValue data = cross.keys(f.in("data"));
  outHeads(f, "cross_", {cross.attention.queries(cross.norm1(query)), data.k, data.v});
  f.out("cross", cross(query, data));
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

void wideDinov2(Fixture& f) {
  for (const std::string name : {"large", "giant"}) {
    const Dinov2Config shape = name == "large" ? Dinov2Config::large() : Dinov2Config::giant();
    const Dinov2Layer layer(f.weights(name + ".encoder.layer.0."), shape);
    f.out(name, layer(f.in("x_" + name)));
  }
}

constexpr Implementation kImplementations[] = {
    {"01-v20-time-embedding", timeEmbedding},
    {"02-v21-time-token", timeToken},
    {"03-fourier-embedder", fourier},
    {"07-v21-attention", splitAttention},
    {"08-v21-moe", experts},
    {"12-dinov2-mlp", dinov2Sizes},
    {"12-dinov2-swiglu", dinov2Sizes},
    {"17-norm-eps", norms},
    {"17-vae-blocks", vaeBlocks},
    {"33-wide-dinov2-layers", wideDinov2},
};

}  // namespace

std::span<const Implementation> shapeImplementations() { return kImplementations; }

}  // namespace maquette::neural
