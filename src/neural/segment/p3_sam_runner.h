#pragma once

#include <c10/core/InferenceMode.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/models/ladder.h"
#include "masks/masked_surface.h"
#include "masks/p3_sam_plan.h"
#include "masks/surface_samples.h"
#include "neural/boundary.h"
#include "neural/segment/p3_sam.h"

namespace maquette::neural {

/// A mesh with its samples and what the network sees in them.
struct SeenSurface {
  MaskedSurfacePtr surface;
  SurfaceSamples samples;
  NetworkFrame frame;
  std::vector<double> places;  ///< 3 N, of the samples in frame S
  std::uint64_t seed = 0;
  std::int64_t start = 0;              ///< the sample that is the first prompt
  WeightForm form = WeightForm::full;  ///< of the weights that saw it
  HeadPoints points;
};
using SeenSurfacePtr = std::shared_ptr<SeenSurface>;

/// P3-SAM together with how it uses memory: loads it as the plan's rung says, goes down the ladder
/// where memory does not do, measures every stage.
class P3SamRunner {
 public:
  P3SamRunner(std::filesystem::path weights, MemoryPlan plan, const Context& ctx);

  void follow(const MemoryPlan& plan);
  const MemoryUse& used() const { return use_; }
  const MemoryPlan& plan() const { return plan_; }
  const Rung& rung() const { return plan_.ladder[rung_]; }  ///< where it is now

  /// A new job: what was measured before is forgotten.
  void begin() { use_ = {rung_, {}}; }

  /// The surface with its features, those of the last time where it is the same.
  SeenSurfacePtr seen(const MeshPtr& mesh, std::int64_t points, std::uint64_t seed,
                      const Context& ctx);

  std::int64_t usualPoints() const { return network_->usualPoints(); }

  /// Samples far apart, where the network is asked for masks.
  std::vector<std::uint32_t> promptsOn(const SeenSurface& seen, std::int64_t count);

  /// Computes what all prompts on the surface share, where the plan has room for it and it is not
  /// there yet. masks() does so by itself.
  void keepFirstLayers(SeenSurface& seen, const Context& ctx);

  /// The masks of as many of the prompts from `first` on as fit at once.
  ///
  /// @param prompts  3 numbers each, frame S
  MaskBatch masks(SeenSurface& seen, std::span<const float> prompts, std::int64_t first,
                  const Context& ctx);

 private:
  void use(const Rung& rung, const Context& ctx);
  void forget();

  /// Runs step(const P3SamStep&) on the current rung or below, and measures it.
  template <class Step>
  auto onLadder(const char* stage, const Context& ctx, Step&& step);

  void measured(const char* stage, double seconds);
  std::int64_t heldPeak() const;
  void resetPeak() const;

  std::filesystem::path file_;
  WeightForm form_ = WeightForm::full;  // of the network's weights
  MemoryPlan plan_;
  std::size_t rung_ = 0;
  MemoryUse use_;
  std::optional<P3Sam> network_;
  SeenSurfacePtr last_;
};

template <class Step>
auto P3SamRunner::onLadder(const char* stage, const Context& ctx, Step&& step) {
  const auto begin = std::chrono::steady_clock::now();
  resetPeak();
  const auto onRung = [&](const Rung& rung) {
    return atBoundary([&] {
      const c10::InferenceMode inference;
      use(rung, ctx);
      return step(p3SamStepOf(rung));
    });
  };
  auto done = runOnLadder(
      plan_.ladder, rung_, onRung, [this] { forget(); }, ctx);
  rung_ = use_.rung = done.rung;
  measured(stage, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  return std::move(done.value);
}

}  // namespace maquette::neural
