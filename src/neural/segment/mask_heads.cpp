#include "neural/segment/mask_heads.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/sigmoid.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace maquette::neural {
namespace {

using at::Tensor;

constexpr std::int64_t kLogits = 3;

/// The larger of what was found in the points so far and in those of this chunk, [K, n, C].
void keepLargest(Tensor& most, const Tensor& chunk) {
  const Tensor here = chunk.amax(1);
  most = most.defined() ? at::maximum(most, here) : here;
}

}  // namespace

PiecewiseLayers::PiecewiseLayers(const Parameters& p, std::int64_t wholeWidth,
                                 std::int64_t featureWidth, std::int64_t logitsWidth,
                                 std::int64_t inner, std::int64_t out)
    : layers(p, wholeWidth + featureWidth + 6 + logitsWidth, inner, out) {
  // Columns: [whole, features, point, prompt, logits].
  std::int64_t at = 0;
  const auto next = [&](std::int64_t width) {
    const Tensor columns = layers.first.weight.narrow(1, at, width);
    at += width;
    return columns;
  };
  if (wholeWidth > 0) whole = next(wholeWidth);
  features = next(featureWidth);
  point = next(3);
  prompt = next(3);
  if (logitsWidth > 0) logits = next(logitsWidth);
}

Tensor PiecewiseLayers::ofPoints(const Tensor& f, const Tensor& places) const {
  return at::linear(f, features).add(at::linear(places, point));
}

Tensor PiecewiseLayers::ofPrompts(const Tensor& prompts, const Tensor& g) const {
  const Tensor own = at::linear(prompts, prompt, layers.first.bias);
  return g.defined() ? own.add(at::linear(g, whole)) : own;
}

Tensor PiecewiseLayers::operator()(const Tensor& points, const Tensor& prompts,
                                   const Tensor& z) const {
  Tensor x = points.unsqueeze(0).add(prompts.unsqueeze(1));  // [K, n, C]
  if (z.defined()) x.add_(at::linear(z, logits));
  return layers.rest(x);
}

MaskHeadsConfig MaskHeadsConfig::of(const Parameters& p) {
  return {p.size("seg_mlp_1.0.weight", 1) - 6, p.size("seg_mlp_1.0.weight", 0),
          p.size("seg_s2_mlp_g.0.weight", 0)};
}

MaskHeads::MaskHeads(const Parameters& p, const MaskHeadsConfig& config)
    : whole(inside(p, "seg_s2_mlp_g"), 0, config.features, kLogits, config.secondInner,
            config.secondInner),
      quality(inside(p, "iou_mlp"), config.secondInner, config.features, kLogits,
              config.secondInner, config.secondInner),
      qualityOut(inside(p, "iou_mlp_out"), config.secondInner, config.secondInner, kLogits) {
  for (std::size_t h = 0; h < first.size(); ++h) {
    first[h] = PiecewiseLayers(inside(p, fmt::format("seg_mlp_{}", h + 1)), 0, config.features, 0,
                               config.firstInner, 1);
    second[h] = PiecewiseLayers(inside(p, fmt::format("seg_s2_mlp_{}", h + 1)), config.secondInner,
                                config.features, kLogits, config.secondInner, 1);
  }
}

PointPieces MaskHeads::pieces(const Tensor& features, const Tensor& places) const {
  PointPieces all;
  for (std::size_t h = 0; h < first.size(); ++h) {
    all.first[h] = first[h].ofPoints(features, places);
    all.second[h] = second[h].ofPoints(features, places);
  }
  all.whole = whole.ofPoints(features, places);
  all.quality = quality.ofPoints(features, places);
  return all;
}

MaskAnswers MaskHeads::operator()(const Tensor& features, const Tensor& places,
                                  const Tensor& prompts, std::int64_t chunk, const Context& ctx,
                                  int iterations) const {
  const std::int64_t n = features.size(0), k = prompts.size(0);
  const auto eachChunk = [&](auto&& work) {
    for (std::int64_t begin = 0; begin < n; begin += chunk) {
      ctx.check();
      const std::int64_t count = std::min(chunk, n - begin);
      work(begin, count, features.narrow(0, begin, count), places.narrow(0, begin, count));
    }
  };
  MaskAnswers answers;
  answers.firstLogits = at::empty({k, n, kLogits}, features.options());
  answers.logits = at::empty_like(answers.firstLogits);
  const Tensor wholePrompts = whole.ofPrompts(prompts);
  Tensor largest;
  eachChunk([&](std::int64_t begin, std::int64_t count, const Tensor& f, const Tensor& p) {
    std::vector<Tensor> heads;
    for (const PiecewiseLayers& head : first)
      heads.push_back(head(head.ofPoints(f, p), head.ofPrompts(prompts)));
    const Tensor z = at::cat(heads, -1);  // [K, n, 3]
    answers.firstLogits.narrow(1, begin, count).copy_(z);
    keepLargest(largest, whole(whole.ofPoints(f, p), wholePrompts, z));
  });
  for (int i = 0; i < iterations; ++i) {
    if (i > 0) {
      largest.reset();
      eachChunk([&](std::int64_t begin, std::int64_t count, const Tensor& f, const Tensor& p) {
        const Tensor z = answers.logits.narrow(1, begin, count);
        keepLargest(largest, whole(whole.ofPoints(f, p), wholePrompts, z));
      });
    }
    answers.whole = largest;  // [K, 256]
    const Tensor before = i == 0 ? answers.firstLogits : answers.logits;
    const bool last = i + 1 == iterations;
    answers.pooled.reset();
    eachChunk([&](std::int64_t begin, std::int64_t count, const Tensor& f, const Tensor& p) {
      const Tensor z = before.narrow(1, begin, count);
      std::vector<Tensor> heads;
      for (const PiecewiseLayers& head : second)
        heads.push_back(head(head.ofPoints(f, p), head.ofPrompts(prompts, answers.whole), z));
      const Tensor next = at::cat(heads, -1);
      answers.logits.narrow(1, begin, count).copy_(next);
      if (last)
        keepLargest(answers.pooled, quality(quality.ofPoints(f, p),
                                            quality.ofPrompts(prompts, answers.whole), next));
    });
  }
  answers.quality = at::sigmoid(qualityOut(answers.pooled));
  return answers;
}

}  // namespace maquette::neural
