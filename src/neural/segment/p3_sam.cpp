#include "neural/segment/p3_sam.h"

#include <ATen/ops/empty.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <utility>

#include "core/base/error.h"
#include "masks/random_streams.h"
#include "neural/device_limit.h"
#include "neural/nn/farthest_points.h"
#include "neural/weights/family.h"
#include "neural/weights/name_map.h"

namespace maquette::neural {
namespace {

using at::Tensor;

/// What is no number, or infinite, spreads to the sum.
void requireNumbers(const Tensor& x, const std::string& where) {
  if (std::isfinite(x.sum(c10::kFloat).item<double>())) return;
  throw Error(fmt::format("P3-SAM computed something that is no number, {}. Its weight file is "
                          "probably damaged: delete it and get it again.",
                          where),
              fmt::format("not finite: {}", where));
}

/// "stage3/block1": "in block 2 of stage 4 of its encoder".
std::string placeOf(const std::string& step) {
  int stage = 0, block = 0;
  if (std::sscanf(step.c_str(), "stage%d/block%d", &stage, &block) == 2)
    return fmt::format("in block {} of stage {} of its encoder", block + 1, stage + 1);
  return "in the first layer of its encoder";
}

[[noreturn]] void notP3Sam(const WeightFile& file) {
  std::string found;
  for (const Family& family : familiesOf(file)) found += (found.empty() ? "" : ", ") + family.name;
  if (found == "Sonata point encoder")
    throw FileError(fmt::format("{} holds only the encoder of P3-SAM, without the heads that make "
                                "masks. Choose p3sam.safetensors.",
                                file.path().filename().string()),
                    file.path().string());
  throw FileError(fmt::format("{} does not hold P3-SAM{}. Choose p3sam.safetensors.",
                              file.path().filename().string(),
                              found.empty() ? std::string() : ", but " + found),
                  file.path().string());
}

/// What the file's metadata says of this, within limits, or what is usual.
std::int64_t toldBy(const WeightFile& file, const char* key, std::int64_t usual,
                    std::int64_t most) {
  const auto said = file.metadata().find(key);
  if (said == file.metadata().end()) return usual;
  const std::string& text = said->second;
  std::int64_t told = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), told);
  if (read.ec != std::errc() || told < 1 || told > most) notP3Sam(file);
  return told;
}

/// The file's names and shapes without a number: whatever is wrong with them is said at once,
/// before anything is computed or streamed.
Parameters promised(const WeightFile& file) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  for (const TensorView& tensor : file.tensors())
    tensors.emplace_back(
        tensor.name,
        at::empty(tensor.shape, at::TensorOptions(c10::kMeta).dtype(scalarTypeOf(tensor.dtype))));
  return Parameters(tensors, file.path(), {c10::Device(c10::kMeta), c10::kFloat});
}

/// Place, colour and normal of the sample that stands for each cell. Nobody gives colours: white,
/// divided by 255 by the official program, is all that the network has ever seen without them.
Tensor encoderRows(const P3SamInput& input, std::span<const std::int64_t> representatives) {
  const auto count = std::int64_t(representatives.size());
  const Tensor rows = at::empty({count, 9}, at::TensorOptions(c10::kFloat));
  float* row = rows.mutable_data_ptr<float>();
  for (const std::int64_t sample : representatives) {
    for (int axis = 0; axis < 3; ++axis) {
      const auto at = std::size_t(3 * sample + axis);
      row[axis] = float(input.places[at]);
      row[3 + axis] = float(1. / 255.);
      row[6 + axis] = float(input.normals[at]);
    }
    row += 9;
  }
  return rows;
}

}  // namespace

P3SamDraws drawnFrom(std::uint64_t seed, const Voxels& voxels) {
  // One generator for both, as in the official program; permutations have one of their own.
  Mt19937 random{std::uint32_t(seed)};
  std::vector<std::int64_t> draws(voxels.counts.size());
  const auto most = std::uint32_t(voxels.most());
  for (std::int64_t& draw : draws) draw = random.below(most);
  P3SamDraws drawn;
  drawn.representatives = voxels.pick(draws);
  drawn.start = random.below(std::uint32_t(voxels.inverse.size()));
  drawn.permutations = permutationsFor(std::uint32_t(seed));
  return drawn;
}

P3Sam::P3Sam(const WeightFile& file, Placement placement, bool streamed) : placement_(placement) {
  const std::string wrapper = wrapperOf(file);
  if (!file.find(wrapper + "seg_mlp_1.0.weight") ||
      !file.find(wrapper + "sonata.embedding.stem.linear.weight"))
    notP3Sam(file);
  config_.window = toldBy(file, "p3_sam_window", config_.window, 1 << 16);
  usualPoints_ = toldBy(file, "p3_sam_points", kP3SamPoints, 1'000'000);
  const Parameters names = promised(file).at(wrapper);
  build(names, names, false);
  if (config_.channels.size() > permutationsFor(0).size()) notP3Sam(file);
  names.requireComplete();
  const auto weights = [&] { return Parameters(file, placement).at(wrapper); };
  build(weights(), weights(), streamed);
  if (placement.device.is_cpu() && placement.dtype == c10::kFloat)
    for (const TensorView& tensor : file.tensors())
      if ((tensor.dtype == Dtype::F32 || tensor.dtype == Dtype::I8) && tensor.aligned())
        mappedBytes_ += std::int64_t(tensor.bytes());
}

P3Sam::P3Sam(const Parameters& weights, std::int64_t window) : placement_(weights.placement()) {
  config_.window = window;
  build(weights, weights, false);
}

/// @param encoder  for nobody else's use any more where it is streamed
void P3Sam::build(const Parameters& encoder, const Parameters& rest, bool streamed) {
  const std::int64_t window = config_.window;
  config_ = SonataConfig::of(rest.at("sonata."));
  config_.window = window;
  const MaskHeadsConfig masks = MaskHeadsConfig::of(rest);
  merge_ = ThreeLayers(rest.at("mlp."), config_.upcastChannels(), masks.features, masks.features);
  heads_.emplace(rest, masks);
  encoder_.emplace(encoder.at("sonata."), config_, streamed);
}

HeadPoints P3Sam::features(const P3SamInput& input, const Voxels& voxels, const P3SamDraws& draws,
                           const Context& ctx, const Watch& watch) const {
  const std::span<const CurvePermutation> permutations(draws.permutations.data(),
                                                       config_.depths.size());
  const auto stages = sonataStages(voxels.cells, permutations, config_.depths, placement_.device);
  ctx.report(0.1f);
  const Tensor rows =
      encoderRows(input, draws.representatives).to(placement_.device, placement_.dtype);  // [M, 9]
  const auto blocks = float(encoder_->layers->size());
  float done = 0.f;
  const Watch check = [&](const std::string& step, const Tensor& value) {
    show(watch, step, value);
    if (step.ends_with("feat")) return;  // seen as its block
    requireNumbers(value, placeOf(step));
    checkDeviceLimit();
    ctx.report(0.1f + 0.7f * std::min(1.f, done / blocks));
    done += 1.f;
  };
  HeadPoints points;
  points.cells = firstLayerByStage(merge_.first, (*encoder_)(rows, stages, check), stages);
  ctx.report(0.9f);
  merge_.restInPlace(points.cells, kP3SamRows);
  show(watch, "features", points.cells);
  requireNumbers(points.cells, "where it merges the stages of its encoder");
  checkDeviceLimit();
  const auto n = std::int64_t(voxels.inverse.size());
  points.cellOf = at::empty({n}, at::TensorOptions(c10::kLong));
  std::ranges::copy(voxels.inverse, points.cellOf.mutable_data_ptr<std::int64_t>());
  points.cellOf = points.cellOf.to(placement_.device);
  points.places = at::empty({n, 3}, at::TensorOptions(c10::kFloat));
  std::ranges::transform(input.places, points.places.mutable_data_ptr<float>(),
                         [](double x) { return float(x); });
  points.places = points.places.to(placement_.device, placement_.dtype);
  ctx.report(1.f);
  return points;
}

void P3Sam::keepFirstLayers(HeadPoints& points, const Context& ctx) const {
  keepPieces(*heads_, points, ctx);
}

Tensor P3Sam::farApart(const HeadPoints& points, std::int64_t count, std::int64_t start) const {
  return farthestPoints(points.places, count, start, Ties::last);
}

MaskBatch P3Sam::masks(const HeadPoints& points, const Tensor& prompts, std::int64_t pairs,
                       const Context& ctx) const {
  const Watch check = [](const std::string& step, const Tensor& value) {
    requireNumbers(value, step == "whole" ? "in the first half of its mask heads"
                                          : "in the second half of its mask heads");
    checkDeviceLimit();
  };
  return askedAt(*heads_, points, prompts, pairs, ctx, check);
}

}  // namespace maquette::neural
