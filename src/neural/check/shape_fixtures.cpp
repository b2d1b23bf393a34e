// How the fixtures of shape generation are computed: the layers. Whole networks are in
// shape_networks.cpp.

#include "neural/check/fixture.h"
#include "neural/nn/attention.h"
#include "neural/nn/embeddings.h"
#include "neural/nn/experts.h"
#include "neural/nn/farthest_points.h"
#include "neural/nn/layers.h"
#include "neural/nn/shape_vae.h"
#include "neural/shape/stream_denoiser.h"

namespace maquette::neural {
namespace {

using at::Tensor;

void timeEmbedding(Fixture& f) {
  const std::int64_t width = f.config().integer("hidden");
  const NumberEmbedder time(f.weights("time_in."), width),
      guidance(f.weights("guidance_in."), width);
  f.out("time_embedding", scaledTimeWaves(f.stored("t")));
  f.out("time_in", time(f.stored("t")));
  f.out("guidance_embedding", scaledTimeWaves(f.stored("guidance")));
  f.out("guidance_in", guidance(f.stored("guidance")));
  const Tensor tau = f.stored("timesteps_f32").to(c10::kHalf).div(1000.);
  f.out("tau_f16", tau);
  f.out("u_f16", tau.mul(1000.));
  f.out("time_embedding_f16", scaledTimeWaves(tau));
  // Guidance 0 is left out there.
  f.out("guidance_embedding_f16",
        scaledTimeWaves(f.stored("guidance").narrow(0, 1, 3).to(c10::kHalf)));
}

void timeToken(Fixture& f) {
  const TimeToken token(f.weights("t_embedder."), f.config().integer("hidden"));
  f.out("sincos_40", timeWaves(f.stored("t"), 40));
  f.out("sincos_2048", timeWaves(f.stored("t"), 2048));
  f.out("token", token(f.stored("t")));
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

/// Every step that the fixture names too.
Watch watching(Fixture& f) {
  return [&f](const std::string& step, const Tensor& value) {
    if (f.hasOut(step)) f.out(step, value);
  };
}

void doubleBlock(Fixture& f) {
  const DoubleBlock block(f.weights("double_blocks.0."), f.config().integer("hidden_size"),
                          f.config().integer("num_heads"));
  const auto [img, txt] = block(f.in("img"), f.in("txt"), f.in("vec"), watching(f));
  f.out("img", img);
  f.out("txt", txt);
}

void singleBlock(Fixture& f) {
  const SingleBlock block(f.weights("single_blocks.0."), f.config().integer("hidden_size"),
                          f.config().integer("num_heads"));
  f.out("x", block(f.in("x"), f.in("vec"), watching(f)));
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
  f.outDecided("expert_indices", routing.experts);
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
  rms.weight = p.take("weight", {n}, c10::kHalf);
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

void posterior(Fixture& f) {
  const Posterior seen(f.in("moments"));
  f.out("mean", seen.mean);
  f.out("logvar", seen.logVariance);
  f.out("std", seen.deviation());
  f.out("sample", seen.sample(f.in("epsilon")));
}

void farthest(Fixture& f) {
  const std::vector<std::int64_t> starts = f.integers("starts");
  for (const std::int64_t start : starts)
    f.out("indices_start_" + std::to_string(start),
          farthestPoints(f.stored("points"), 12, start, Ties::first));
  f.out("lattice_indices", farthestPoints(f.stored("lattice"), f.config().integer("lattice_count"),
                                          f.integers("lattice_start")[0], Ties::first));
}

constexpr Implementation kImplementations[] = {
    {"01-v20-time-embedding", timeEmbedding},
    {"02-v21-time-token", timeToken},
    {"03-fourier-embedder", fourier},
    {"04-v20-double-block", doubleBlock},
    {"05-v20-single-block", singleBlock},
    {"07-v21-attention", splitAttention},
    {"08-v21-moe", experts},
    {"17-norm-eps", norms},
    {"17-vae-blocks", vaeBlocks},
    {"19-posterior", posterior},
    {"20-farthest-point-sampling", farthest},
};

}  // namespace

std::span<const Implementation> shapeImplementations() { return kImplementations; }

}  // namespace maquette::neural
