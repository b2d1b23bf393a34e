#include "neural/segment/p3_sam_segmenter.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "core/base/error.h"
#include "masks/click_answers.h"
#include "masks/parts_from_masks.h"
#include "neural/segment/p3_sam_runner.h"

namespace maquette::neural {
namespace {

constexpr const char* kModel = "p3-sam";

std::vector<float> placesOf(const SeenSurface& seen, std::span<const std::uint32_t> samples) {
  std::vector<float> places;
  for (const std::uint32_t sample : samples)
    for (std::size_t axis = 0; axis < 3; ++axis)
      places.push_back(float(seen.places[3 * sample + axis]));
  return places;
}

/// One mesh, its features kept; a click is one look at the heads.
class P3SamSession : public SegmentSession {
 public:
  P3SamSession(std::shared_ptr<P3SamRunner> runner, SeenSurfacePtr seen, float reach,
               const Context& ctx)
      : runner_(std::move(runner)),
        seen_(std::move(seen)),
        answers_(seen_->surface, seen_->samples.faces, ctx, reach) {}

  Candidates query(const Prompts& prompts, const Context& ctx) override {
    return answers_.to(
        prompts, [&](const Click& click, const Context& asking) { return ask(click, asking); },
        ctx);
  }

 private:
  SampleMasks ask(const Click& click, const Context& ctx) {
    const Place inside =
        seen_->frame.inside({click.position.x, click.position.y, click.position.z});
    const std::array<float, 3> prompt{float(inside[0]), float(inside[1]), float(inside[2])};
    MaskBatch batch = runner_->masks(*seen_, prompt, 0, ctx);
    return {std::move(batch.bits), std::move(batch.quality)};
  }

  std::shared_ptr<P3SamRunner> runner_;
  SeenSurfacePtr seen_;
  ClickAnswers answers_;
};

class P3SamSegmenter : public PartSegmenter, public PlannedModel {
 public:
  P3SamSegmenter(const std::filesystem::path& weights, const MemoryPlan& plan, const Context& ctx)
      : runner_(std::make_shared<P3SamRunner>(weights, plan, ctx)) {}

  void follow(const MemoryPlan& plan) override { runner_->follow(plan); }
  MemoryUse used() const override { return runner_->used(); }

  std::unique_ptr<SegmentSession> open(MeshPtr mesh, const ClickParams& params,
                                       const Context& ctx) override {
    requireMesh(mesh);
    runner_->begin();
    SeenSurfacePtr seen =
        runner_->seen(mesh, pointsFor(params.points), params.seed, ctx.part(0.f, 0.75f));
    // Whoever opens is going to click, and the first click is not to take longer than others.
    ctx.stage("Getting ready for clicks");
    runner_->keepFirstLayers(*seen, ctx.part(0.75f, 0.9f));
    return std::make_unique<P3SamSession>(runner_, std::move(seen), reachOf(params),
                                          ctx.part(0.9f, 1.f));
  }

  PartsResult automatic(MeshPtr mesh, const AutoParams& params, const Context& ctx) override {
    requireMesh(mesh);
    requireValid(params);
    runner_->begin();
    const bool quick = params.prompts == 0 && !runner_->plan().onDevice;
    const std::int64_t prompts = params.prompts > 0 ? params.prompts
                                 : quick            ? kP3SamQuickPrompts
                                                    : kP3SamPrompts;
    // Features cost about as much as eight prompts.
    const float looked = 0.95f * 8.f / (8.f + float(prompts));
    const SeenSurfacePtr seen =
        runner_->seen(mesh, pointsFor(params.points), params.seed, ctx.part(0.f, looked));
    const MaskSetPtr masks = asked(*seen, prompts, params, ctx.part(looked, 0.95f));
    ctx.stage("Making parts");
    PartsResult result = PartsFromMasks(seen->surface, masks, ctx.part(0.95f, 0.97f))
                             .parts(params, ctx.part(0.97f, 1.f));
    if (quick)
      result.notes.push_back(fmt::format(
          "Computed on the processor, with {} prompts instead of the usual {}: small parts may be "
          "overlooked. Set Prompts to {} for all, which takes about {} times as long.",
          kP3SamQuickPrompts, kP3SamPrompts, kP3SamPrompts, kP3SamPrompts / kP3SamQuickPrompts));
    const std::string& loss = runner_->rung().loss;
    if (!loss.empty()) result.notes.push_back(loss);
    ctx.report(1.f);
    return result;
  }

 private:
  std::int64_t pointsFor(int wanted) const { return wanted > 0 ? wanted : runner_->usualPoints(); }

  static void requireMesh(const MeshPtr& mesh) {
    if (!mesh) throw InvalidInput("There is no mesh to segment.");
    requireUsable(*mesh);
  }

  /// Of every prompt the mask that the network holds to be the best of the three.
  MaskSetPtr asked(SeenSurface& seen, std::int64_t prompts, const AutoParams& params,
                   const Context& ctx) {
    ctx.stage("Asking for parts");
    auto set = std::make_shared<MaskSet>();
    set->model = kModel;
    set->seed = params.seed;
    set->faithful = params.faithful;
    set->mesh = seen.surface->fingerprint;
    set->faces = seen.samples.faces;
    set->places = seen.places;
    set->prompts = runner_->promptsOn(seen, prompts);
    const std::vector<float> places = placesOf(seen, set->prompts);
    for (std::int64_t done = 0; done < prompts;) {
      const float begin = float(done) / float(prompts);
      const MaskBatch batch = runner_->masks(seen, places, done, ctx.part(begin, begin));
      const auto words = std::size_t(batch.words);
      for (std::size_t k = 0; 3 * k < batch.quality.size(); ++k) {
        const auto heads = std::span(batch.quality).subspan(3 * k, 3);
        const auto best = std::size_t(std::ranges::max_element(heads) - heads.begin());
        set->quality.push_back(heads[best]);
        const auto row = std::span(batch.bits).subspan((3 * k + best) * words, words);
        set->bits.insert(set->bits.end(), row.begin(), row.end());
        ++done;
      }
      ctx.report(float(done) / float(prompts));
    }
    return set;
  }

  std::shared_ptr<P3SamRunner> runner_;
};

}  // namespace

std::unique_ptr<PartSegmenter> makeP3Sam(const std::filesystem::path& weights,
                                         const MemoryPlan& plan, const Context& ctx) {
  ctx.stage("Loading P3-SAM");
  auto made = std::make_unique<P3SamSegmenter>(weights, plan, ctx);
  ctx.report(1.f);
  return made;
}

}  // namespace maquette::neural
