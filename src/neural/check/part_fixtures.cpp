// How the fixtures of part generation (X-Part) are computed.

#include <ATen/ops/cat.h>
#include <ATen/ops/min.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <spdlog/fmt/fmt.h>

#include "masks/random_streams.h"
#include "neural/check/fixture.h"
#include "neural/complete/part_denoiser.h"
#include "neural/nn/attention.h"
#include "neural/nn/embeddings.h"
#include "neural/nn/experts.h"
#include "neural/nn/farthest_points.h"
#include "neural/nn/shape_vae.h"

namespace maquette::neural {
namespace {

using at::Tensor;

std::vector<std::int64_t> slice(const std::vector<std::int64_t>& all, bool head) {
  const auto count = std::ptrdiff_t(std::min<std::size_t>(64, all.size()));
  return head ? std::vector(all.begin(), all.begin() + count)
              : std::vector(all.end() - count, all.end());
}

Tensor doubles(const std::vector<double>& all, at::IntArrayRef shape) {
  return at::tensor(all, at::TensorOptions(c10::kDouble)).view(shape);
}

void pcg64(Fixture& f) {
  const std::vector<std::int64_t> seeds = f.integers("seeds");
  std::vector<std::int64_t> words32, words64, raw;
  std::vector<double> uniform;
  for (const std::int64_t seed : seeds) {
    const auto words = Pcg64::words(std::uint64_t(seed));
    words32.insert(words32.end(), words.begin(), words.end());
    for (std::size_t i = 0; i < words.size(); i += 2)
      words64.push_back(std::int64_t(words[i] | std::uint64_t(words[i + 1]) << 32));
    Pcg64 first{std::uint64_t(seed)}, second{std::uint64_t(seed)};
    for (int i = 0; i < 6; ++i) raw.push_back(std::int64_t(first.next64()));
    for (int i = 0; i < 10; ++i) uniform.push_back(second.uniform());
  }
  f.out("words32", words32);
  f.out("words64_bits", words64);
  f.out("raw64_bits", raw);
  f.out("uniform", doubles(uniform, {std::int64_t(seeds.size()), 10}));
  const std::vector<std::int64_t> cases = f.integers("choice_cases");
  for (std::size_t i = 0; 2 * i < cases.size(); ++i)
    for (const std::int64_t seed : {std::int64_t{42}, std::int64_t{4294967301}}) {
      const auto picked = Pcg64(std::uint64_t(seed)).choice(cases[2 * i], cases[2 * i + 1]);
      f.out(fmt::format("choice.{}.seed{}.head", i, seed), slice(picked, true));
      f.out(fmt::format("choice.{}.seed{}.tail", i, seed), slice(picked, false));
    }
  Pcg64 mixed(42);
  f.out("mixed.choice7", mixed.choice(7, 7));
  f.out("mixed.uniform3", doubles({mixed.uniform(), mixed.uniform(), mixed.uniform()}, {3}));
  f.out("mixed.choice12000_300", mixed.choice(12'000, 300));
  f.out("mixed.uniform2", doubles({mixed.uniform(), mixed.uniform()}, {2}));
}

void farthest(Fixture& f) {
  const std::vector<std::int64_t> starts = f.integers("start");
  for (const auto& [name, count] : {std::pair("index", 15), std::pair("index_40", 40)}) {
    std::vector<Tensor> rows;
    for (std::size_t i = 0; i < starts.size(); ++i)
      rows.push_back(
          farthestPoints(f.stored("points")[std::int64_t(i)], count, starts[i], Ties::lanes256));
    f.out(name, at::stack(rows));
  }
}

void fourier(Fixture& f) {
  f.out("embedding", fourierFeatures(f.stored("points")));
  f.out("embedding_f16", fourierFeatures(f.stored("points_f16").to(c10::kFloat)));
  f.out("embedding_f64", fourierFeatures(f.stored("points_f64")));
}

void vaeCross(Fixture& f) {
  const CrossBlock block(f.weights("encoder.cross_attn."), f.config().integer("width"),
                         f.config().integer("heads"));
  const KeyValue data = block.keys(f.in("data"));
  f.out("attention", block.attention(block.norm1(f.in("query")), data));
  f.out("x", block(f.in("query"), data));
}

void vaeSelf(Fixture& f) {
  const SelfBlock block(f.weights("transformer.resblocks.0."), f.config().integer("width"),
                        f.config().integer("heads"));
  f.out("attention", block.attention(block.norm1(f.in("x"))));
  f.out("x", block(f.in("x")));
}

/// One surface for all parts, or one each.
void encoder(Fixture& f, std::string_view prefix) {
  VaeConfig shape;
  shape.width = f.config().integer("width");
  shape.heads = f.config().integer("heads");
  shape.encoderLayers = f.config().integer("layers");
  const PointEncoder model(f.weights(prefix), shape);
  const std::vector<std::int64_t> starts = f.integers("fps_start");
  const Tensor surface = f.stored("surface")
                             .expand({std::int64_t(starts.size()), -1, -1})
                             .index_select(1, f.stored("perm"));
  std::vector<Tensor> indices, picked;
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const Tensor points = surface[std::int64_t(i)];
    indices.push_back(farthestPoints(points.narrow(1, 0, 3), f.config().integer("latents"),
                                     starts[i], Ties::lanes256));
    picked.push_back(points.index_select(0, indices.back()));
  }
  const Tensor queries = at::stack(picked);  // [K, S, 7]
  f.out("fps_index", at::stack(indices));
  f.out("query_points", queries.narrow(2, 0, 3));
  f.out("tokens", model(model.features(queries), model.features(surface)));
}

void encoderPart(Fixture& f) { encoder(f, "geo_encoder.local_encoder.encoder."); }
void encoderObject(Fixture& f) { encoder(f, "obj_encoder.encoder."); }

void featureJoin(Fixture& f) {
  const std::int64_t token = f.config().integer("token_dim"),
                     feature = f.config().integer("feature_dim"),
                     context = f.config().integer("context_dim");
  const Tensor points = f.stored("object_surface")[0].narrow(1, 0, 3).to(c10::kDouble);
  for (const auto& [kind, out, layer] : {std::tuple("object", "obj_cond", "obj_out_proj."),
                                         std::tuple("part", "geo_cond", "geo_out_proj.")}) {
    const std::string name = kind;
    const Linear project(f.weights(layer), token + feature, context);
    const Tensor queries = f.stored(name + "_query_points").to(c10::kDouble);
    // Differences first: the product form loses what decides between near neighbours.
    const Tensor distances = queries.unsqueeze(2).sub(points).square().sum(-1).sqrt();  // [K, S, P]
    const auto [nearest, index] = at::min(distances, -1);
    const Tensor clear = f.theirs(name + "_ambiguous").eq(0);
    f.out(name + "_distance", nearest);
    f.outWhere(name + "_index", index, clear);
    const auto sorted = std::get<0>(distances.sort(-1));
    f.out(name + "_ambiguous", sorted.select(-1, 1).sub(sorted.select(-1, 0)).lt(1e-3));
    const Tensor features = f.in("point_features")[0]
                                .index_select(0, index.flatten())
                                .view({index.size(0), index.size(1), feature});
    f.outWhere(out, project(at::cat({f.in(name + "_tokens"), features}, -1)),
               clear.unsqueeze(-1).expand({-1, -1, context}));
  }
}

void norms(Fixture& f) {
  for (const std::string& name : f.outputs()) {
    const Parameters p = f.weights(name + ".");
    const Tensor x = f.in(name);
    const double eps = f.config().number("eps." + name);
    if (p.has("bias")) {
      f.out(name, LayerNorm(p, x.size(-1), eps)(x));
    } else {
      RmsNorm norm(p, x.size(-1));
      norm.eps = eps;
      f.out(name, norm(x));
    }
  }
}

void timeEmbedding(Fixture& f) {
  const TimeToken token(f.weights("t_embedder."), f.config().integer("hidden"));
  const Tensor t = f.stored("t");
  f.out("features", timeWaves(t, 32));
  f.out("features_8", timeWaves(t, 8));
  f.out("features_2048", timeWaves(t, 2048));
  f.out("embedding", token(t).squeeze(1));
}

PartDenoiserConfig denoiserConfig(const Fixture& f) {
  PartDenoiserConfig shape;
  shape.latentChannels = f.config().integer("in_channels");
  shape.width = f.config().integer("hidden");
  shape.names = f.config().integer("part_embeddings");
  if (!f.config().isNumber("depth")) return shape;
  shape.heads = f.config().integer("heads");
  shape.contextWidth = f.config().integer("context_dim");
  shape.depth = std::size_t(f.config().integer("depth"));
  shape.expertBlocks = std::size_t(f.config().integer("moe_layers"));
  shape.experts = f.config().integer("experts");
  return shape;
}

void partInput(Fixture& f) {
  const PartInput input(f.weights(), denoiserConfig(f));
  f.out("tokens", input(f.in("z"), f.stored("t"), f.stored("part_ids")));
}

void selfAttention(Fixture& f) {
  const std::int64_t width = f.config().integer("hidden");
  const Parameters p = f.weights();
  const SplitSelfAttention attention(
      p.at(p.has("blocks.0.attn1.to_q.weight") ? "blocks.0.attn1." : "blocks.1.attn1."), width,
      f.config().integer("heads"));
  const Tensor x = f.in("x");
  if (f.config().flag("global"))
    f.out("y", attention(x.reshape({1, -1, width})).view(x.sizes()));
  else
    f.out("y", attention(x));
}

void crossAttention(Fixture& f) {
  const SplitCrossAttention attention(f.weights("blocks.0.attn2."), f.config().integer("hidden"),
                                      f.config().integer("context_dim"),
                                      f.config().integer("heads"));
  f.out("y", attention(f.in("x"), attention.keys(f.in("context"))));
}

void experts(Fixture& f) {
  const std::int64_t width = f.config().integer("hidden");
  const Parameters p = f.weights();
  std::size_t block = 0;
  while (block < 21 && !p.has(fmt::format("blocks.{}.moe.gate.weight", block))) ++block;
  const Experts moe(p.at(fmt::format("blocks.{}.moe.", block)), width,
                    f.config().integer("experts"));
  const Tensor x = f.in("x");
  const Routing routing = moe.route(x.reshape({-1, width}));
  const auto shaped = [&](const Tensor& all) { return all.view({x.size(0), x.size(1), -1}); };
  f.out("probabilities", shaped(routing.probabilities));
  f.out("expert_weights", shaped(routing.weights));
  f.outDecided("experts", shaped(routing.experts));
  f.out("y", moe(x));
}

void block(Fixture& f) {
  const auto index = std::size_t(f.config().integer("block"));
  const PlainBlockConfig common{.width = f.config().integer("hidden"),
                                .heads = f.config().integer("heads"),
                                .contextWidth = f.config().integer("context_dim"),
                                .experts = f.config().integer("experts"),
                                .secondContext = true};
  const PlainBlock one(f.weights(fmt::format("blocks.{}.", index)),
                       plainBlockAt(index, std::size_t(f.config().integer("depth")),
                                    std::size_t(f.config().integer("moe_layers")), common));
  Tensor x = f.in("x");
  if (f.hasIn("skip")) x = one.join(f.in("skip"), x);
  f.out("x", one(x, one.look(f.in("obj_cond"), f.in("geo_cond")), index % 2 == 1));
}

void denoiser(Fixture& f) {
  const PartDenoiser model(f.weights(), denoiserConfig(f));
  std::vector<Tensor> hidden;
  const Watch watch = [&](const std::string&, const Tensor& value) { hidden.push_back(value); };
  const Tensor v = model(f.in("z"), f.stored("t"), f.stored("part_ids"),
                         model.look(f.in("obj_cond"), f.in("geo_cond")), watch);
  f.out("hidden", at::stack(hidden));
  f.out("velocity", v);
}

VaeConfig decoderConfig(const Fixture& f) {
  VaeConfig shape;
  shape.width = shape.geometryWidth = f.config().integer("width");
  shape.heads = shape.geometryHeads = f.config().integer("heads");
  return shape;
}

void vaeDecode(Fixture& f) {
  VaeConfig shape = decoderConfig(f);
  shape.latentChannels = f.config().integer("embed_dim");
  shape.decoderLayers = f.config().integer("layers");
  const LatentDecoder decoder(f.weights(), shape);
  const double unscale = 1. / f.config().number("scale_factor");
  f.out("h", decoder(f.in("z").mul(unscale)));
  f.out("u_reference", f.stored("z_bf16").to(c10::kBFloat16).mul(unscale));
}

void fieldQuery(Fixture& f) {
  const GeometryDecoder field(f.weights("geo_decoder."), decoderConfig(f));
  const KeyValue h = field.keys(f.in("h"));
  const std::int64_t parts = h.k.size(0), chunk = f.config().integer("num_chunks");
  const auto logits = [&](const Tensor& queries) {
    std::vector<Tensor> all;
    for (const Tensor& some : queries.split(chunk))
      all.push_back(field(some.unsqueeze(0).expand({parts, -1, -1}), h));
    return at::cat(all, 1).squeeze(-1);  // [K, P]
  };
  f.out("logits", logits(f.stored("queries")));
  f.out("logits_f64", logits(f.stored("queries_f64")));
  f.out("logits_f16", logits(f.stored("queries_f16").to(c10::kFloat)));
}

constexpr Implementation kImplementations[] = {
    {"02-rng-pcg64", pcg64},
    {"07-fps", farthest},
    {"08-fourier", fourier},
    {"09-vae-cross-block", vaeCross},
    {"10-vae-self-block", vaeSelf},
    {"11-encoder-part", encoderPart},
    {"12-encoder-object", encoderObject},
    {"21-feature-join", featureJoin},
    {"29-norm-epsilons", norms},
    {"30-time-embedding", timeEmbedding},
    {"31-part-embedding", partInput},
    {"32-attn-self-local", selfAttention},
    {"33-attn-self-global", selfAttention},
    {"34-attn-cross", crossAttention},
    {"35-moe", experts},
    {"36-block-local", block},
    {"37-block-global", block},
    {"38-block-local-skip", block},
    {"39-block-global-skip", block},
    {"40-block-local-skip-moe", block},
    {"41-block-global-skip-moe", block},
    {"42-dit-full", denoiser},
    {"60-vae-decode", vaeDecode},
    {"61-field-query", fieldQuery},
};

}  // namespace

std::span<const Implementation> partImplementations() { return kImplementations; }

}  // namespace maquette::neural
