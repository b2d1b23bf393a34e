#include "masks/p3_sam_plan.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

#include "neural/weights/int8.h"
#include "neural/weights/name_map.h"
#include "neural/weights/weight_file.h"

namespace maquette {
namespace {

constexpr std::int64_t kFloat = 4;
constexpr const char* kFirstLayers = "first layers";
// Cells that a surface has at every stage, whatever the number of samples.
constexpr std::array<std::int64_t, 5> kMostCells{1'000'000'000, 250'000, 60'000, 16'000, 4'000};
constexpr std::int64_t kPointsPerPrompt = 4096;  // P3SamStep::pairs

struct Way {
  int prompts;
  bool kept;
  bool streamed;
};
constexpr std::array<Way, 4> kWays{
    {{32, true, false}, {8, true, false}, {8, false, false}, {2, false, true}}};

/// Cells of stage s among `points` samples.
std::int64_t cellsOf(std::int64_t points, std::size_t s) {
  return std::min(points, kMostCells[std::min(s, kMostCells.size() - 1)]);
}

/// Features of every stage, and on the way to them one block at a time.
std::int64_t encoderBytes(std::int64_t points, const P3SamSizes& sizes) {
  std::int64_t kept = points * 250, most = 0;  // tables of neighbours and orders
  for (std::size_t s = 0; s < sizes.channels.size(); ++s) {
    const std::int64_t n = cellsOf(points, s), c = sizes.channels[s];
    // Beside a block's input: q, k, v in two orders, or four times the width twice.
    const std::int64_t block = std::max(8 * n, 3 * n + 8 * std::min(n, kP3SamRows)) * c;
    most = std::max(most, kept + kFloat * (n * c + block));
    kept += kFloat * n * c;
  }
  const std::int64_t merged = points + cellsOf(points, 1) + 3 * std::min(points, kP3SamRows);
  return std::max(most, kept + kFloat * merged * sizes.features);
}

Rung rungOf(const JobSize& size, const P3SamSizes& sizes, const Way& way, WeightForm form) {
  const std::int64_t points = size.points > 0 ? size.points : kP3SamPoints;
  const bool click = size.prompts == 1;
  Rung rung;
  rung.chunk = way.prompts;
  rung.streamed = way.streamed;
  rung.weights = form;
  const bool small = form == WeightForm::int8;
  rung.name = fmt::format(
      "{} prompts at a time{}{}{}", way.prompts, way.kept ? "" : ", first layers computed anew",
      way.streamed ? ", weights from their file" : "", small ? ", weights in 8 bits" : "");
  if (small)
    rung.loss = "With its weights in 8 bits P3-SAM may see borders of parts a little elsewhere.";
  if (way.kept) rung.stages.push_back({kFirstLayers, 0, 0, 0});  // filled below
  const P3SamStep step = p3SamStepOf(rung);
  const std::int64_t heads = sizes.weightBytes - sizes.encoderBytes;
  const std::int64_t asked = click ? 1 : step.prompts;
  const std::int64_t held = points * (kFloat * sizes.features + 40);
  const std::int64_t pieces = points * kFloat * (3 * sizes.firstInner + 5 * sizes.secondInner);
  const std::int64_t pairs = std::min(step.pairs, asked * points);
  const std::int64_t answers = asked * points * (3 * kFloat + 1) +
                               3 * pairs * kFloat * sizes.firstInner +
                               (way.kept ? 0 : pieces / points * (pairs / asked));
  // Weights that computed features before stay where they are unless they are streamed.
  const std::int64_t all = sizes.weightBytes - (small ? sizes.int8Saves : 0);
  const std::int64_t weights = way.streamed ? heads : all;
  const std::int64_t block = sizes.blockBytes - (small ? sizes.int8SavesBlock : 0);
  rung.stages.clear();
  rung.stages.push_back({"features", way.streamed ? heads + 2 * block : all,
                         encoderBytes(points, sizes), int(kP3SamRows)});
  if (way.kept) rung.stages.push_back({kFirstLayers, weights, held + pieces, 0});
  rung.stages.push_back(
      {"masks", weights, held + (way.kept ? pieces : 0) + answers, int(step.prompts)});
  return rung;
}

}  // namespace

P3SamSizes p3SamSizesOf(const WeightFile& file) {
  const std::string prefix = wrapperOf(file);
  P3SamSizes sizes;
  sizes.weightBytes = sizes.encoderBytes = sizes.blockBytes = 0;
  sizes.int8Saves = sizes.int8SavesBlock = 0;
  std::string block;
  std::int64_t blockBytes = 0, blockSaves = 0;
  for (const TensorView& tensor : file.tensors()) {
    const auto bytes = std::int64_t(tensor.elements()) * kFloat;
    sizes.weightBytes += bytes;
    const std::string_view name = std::string_view(tensor.name).substr(prefix.size());
    if (!name.starts_with("sonata.")) continue;
    sizes.encoderBytes += bytes;
    const std::int64_t saves =
        worthInt8(tensor.name, tensor.shape) ? bytes - std::int64_t(bytesInInt8(tensor)) : 0;
    sizes.int8Saves += saves;
    const std::size_t end = name.find('.', std::min(name.find(".block"), name.size() - 1) + 1);
    if (name.find(".block") == std::string_view::npos) continue;
    if (name.substr(0, end) != block) blockBytes = blockSaves = 0;
    block = name.substr(0, end);
    blockBytes += bytes;
    blockSaves += saves;
    if (blockBytes < sizes.blockBytes) continue;
    sizes.blockBytes = blockBytes;
    sizes.int8SavesBlock = blockSaves;
  }
  sizes.channels.clear();
  for (int s = 0;; ++s) {
    const std::string name = fmt::format("{}sonata.enc.enc{}.block0.attn.proj.weight", prefix, s);
    if (!file.find(name)) break;
    sizes.channels.push_back(dimensionOf(file, name, 0));
  }
  sizes.features = dimensionOf(file, prefix + "seg_mlp_1.0.weight", 1) - 6;
  sizes.firstInner = dimensionOf(file, prefix + "seg_mlp_1.0.weight", 0);
  sizes.secondInner = dimensionOf(file, prefix + "seg_s2_mlp_g.0.weight", 0);
  return sizes;
}

Ladder p3SamLadder(const JobSize& size, const P3SamSizes& sizes) {
  Ladder ladder;
  for (const WeightForm form : {WeightForm::full, WeightForm::int8})
    for (const Way& way : kWays)
      if (form == WeightForm::full || sizes.int8Saves > 0)
        ladder.push_back(rungOf(size, sizes, way, form));
  return ladder;
}

P3SamStep p3SamStepOf(const Rung& rung) {
  P3SamStep step;
  step.prompts = std::max(1, rung.chunk);
  step.pairs = step.prompts * kPointsPerPrompt;
  step.keepsFirstLayers = std::ranges::any_of(
      rung.stages, [](const PlanStage& stage) { return stage.name == kFirstLayers; });
  return step;
}

}  // namespace maquette
