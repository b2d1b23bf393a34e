// How the fixtures of part segmentation are computed: Sonata, the feature layers, the mask heads.

#include <ATen/ops/argmax.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/stack.h>
#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "neural/check/fixture.h"
#include "neural/check/grids.h"
#include "neural/check/recipe.h"
#include "neural/segment/mask_heads.h"
#include "neural/segment/sonata.h"
#include "neural/weights/manifest.h"

namespace maquette::neural {
namespace {

using at::Tensor;

SonataConfig encoderConfig(const Fixture& f) {
  SonataConfig config;
  config.channels = f.config().integers("channels");
  config.heads = f.config().integers("heads");
  config.depths = f.config().integers("depths");
  config.window = f.config().integer("patch");
  return config;
}

void encoder(Fixture& f) {
  const SonataConfig config = encoderConfig(f);
  const Sonata model(f.weights("sonata."), config);
  const auto stages = sonataStages(cellsIn(f, "grid"), permutationsIn(f, "permutations"),
                                   config.depths, f.placement().device);
  for (std::size_t s = 0; s < stages.size(); ++s) {
    if (s > 0) f.out(fmt::format("stage{}/grid", s), tensorOf(stages[s].cells));
    if (s + 1 < stages.size()) f.out(fmt::format("stage{}/cluster", s), stages[s].cluster);
  }
  const Watch watch = [&](const std::string& step, const Tensor& value) {
    if (f.hasOut(step)) f.out(step, value);
  };
  const std::vector<Tensor> features = model(f.in("feat"), stages, watch);
  const Tensor rows =
      f.theirs("upcast_rows").to(f.placement().device, c10::kLong);  // a choice, not a result
  f.out("upcast_rows", rows);
  f.out("upcast", upcast(features, stages).index_select(0, rows));
}

void featureMlp(Fixture& f) {
  const std::vector<std::int64_t> widths = f.config().integers("widths");
  const ThreeLayers mlp(f.weights("mlp."), widths[0], widths[1], widths[3]);
  f.out("y", mlp(f.in("x")));
  std::vector<Tensor> pieces;
  std::int64_t begin = 0;
  for (const std::int64_t width : f.config().integers("stage_columns")) {
    Linear piece;
    piece.weight = mlp.first.weight.narrow(1, begin, width);
    pieces.push_back(piece(f.in("x").narrow(1, begin, width)));
    begin += width;
  }
  f.out("first_layer_pieces", at::stack(pieces));
}

void heads(Fixture& f) {
  const MaskHeads model(f.weights(),
                        {f.config().integer("feature"), f.config().integer("stage1_hidden"),
                         f.config().integer("stage2_hidden")});
  const auto dtype = f.placement().dtype;
  const Tensor features = f.in("features"), places = f.stored("points").to(dtype),
               prompts = f.stored("prompts").to(dtype);
  const MaskAnswers once = model(features, places, prompts, 100, f.context());
  f.out("stage1_logits", once.firstLogits);
  f.out("global", once.whole);
  f.out("stage2_logits", once.logits);
  f.out("iou_pooled", once.pooled);
  f.out("mask_probability", at::sigmoid(once.logits));
  f.outDecided("mask", at::sigmoid(once.logits).gt(0.5));
  f.out("iou", once.quality);
  f.outDecided("best_head", at::argmax(once.quality, 1));
  const MaskAnswers twice = model(features, places, prompts, 1000, f.context(), 2);
  f.out("iterations2/global", twice.whole);
  f.out("iterations2/stage2_logits", twice.logits);
  f.out("iterations2/iou", twice.quality);
  const auto split = [&](const std::string& name, const PiecewiseLayers& layers, bool sees) {
    f.out("split/" + name + "/point_part",
          layers.ofPoints(features.narrow(0, 0, 64), places.narrow(0, 0, 64)));
    f.out("split/" + name + "/prompt_part",
          layers.ofPrompts(prompts.narrow(0, 0, 1), sees ? once.whole.narrow(0, 0, 1) : Tensor())
              .squeeze(0));
  };
  for (std::size_t h = 0; h < 3; ++h) {
    split(fmt::format("seg_mlp_{}", h + 1), model.first[h], false);
    split(fmt::format("seg_s2_mlp_{}", h + 1), model.second[h], true);
  }
  split("seg_s2_mlp_g", model.whole, false);
  split("iou_mlp", model.quality, true);
}

/// The weights of fixture 16 follow from their names and from what it says of each, in the order of
/// the manifest beside it.
Parameters officialSizeWeights(const Fixture& f) {
  const std::vector<Manifest> manifests =
      readManifests(f.file().parent_path() / "manifest-p3sam.json");
  const Tensor amplitudes = f.stored("weight_log2_amplitude").cpu().to(c10::kDouble),
               offsets = f.stored("weight_offset").cpu().to(c10::kDouble);
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const Manifest& manifest : manifests) {
    if (std::int64_t(manifest.tensors.size()) != amplitudes.numel()) continue;
    for (std::size_t i = 0; i < manifest.tensors.size(); ++i) {
      const NamedShape& one = manifest.tensors[i];
      const auto row = std::int64_t(i);
      tensors.emplace_back(
          one.name, tensorByName(one.name, one.shape, std::exp2(amplitudes[row].item<double>()),
                                 offsets[row].item<double>()));
    }
  }
  return Parameters(tensors, f.file(), f.placement());
}

void officialSize(Fixture& f) {
  const Parameters p = officialSizeWeights(f);
  const auto dtype = f.placement().dtype;
  for (const std::string& name : f.outputs("weight_head/")) {
    const std::string weight = name.substr(name.find('/') + 1);
    f.out(name, p.take(weight, p.shape(weight)).flatten().narrow(0, 0, f.theirs(name).numel()));
  }
  const SonataConfig config = encoderConfig(f);
  const Sonata model(p.at("sonata."), config);
  const ThreeLayers mlp(p.at("mlp."), config.upcastChannels(), 512, 512);
  const MaskHeads masks(p, {});
  p.requireComplete();
  const auto stages = sonataStages(cellsIn(f, "grid"), permutationsIn(f, "permutations"),
                                   config.depths, f.placement().device);
  const std::vector<Tensor> features = model(f.in("feat"), stages);
  const auto probe = [&](const std::string& name) {
    const Tensor rows = f.theirs(name).to(f.placement().device, c10::kLong);
    f.out(name, rows);
    return rows;
  };
  for (std::size_t s = 0; s < features.size(); ++s) {
    const std::string stage = fmt::format("stage{}/", s);
    f.out(stage + "feat", features[s].index_select(0, probe(stage + "rows")));
    f.out(stage + "column_mean", features[s].mean(0));
    f.out(stage + "column_abs_mean", features[s].abs().mean(0));
  }
  const Tensor all = mlp.rest(firstLayerByStage(mlp.first, features, stages));
  f.out("features", all.index_select(0, probe("rows")));
  const Tensor places = f.in("feat").narrow(1, 0, 3);
  const MaskAnswers answers = masks(all, places, f.in("prompts").to(dtype), 2000, f.context());
  const Tensor rows = probe("logit_rows");
  f.out("stage1_logits", answers.firstLogits.index_select(1, rows));
  f.out("stage2_logits", answers.logits.index_select(1, rows));
  f.out("global", answers.whole);
  f.out("iou_pooled", answers.pooled);
  f.out("iou", answers.quality);
}

constexpr Implementation kImplementations[] = {
    {"15-encoder-tiny", encoder},
    {"16-official-size", officialSize},
    {"17-feature-mlp", featureMlp},
    {"18-heads", heads},
};

}  // namespace

std::span<const Implementation> segmentNetworkImplementations() { return kImplementations; }

}  // namespace maquette::neural
