#include "core/models/memory_plan.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/device/memory_budget.h"
#include "core/device/memory_ledger.h"

namespace maquette {
namespace {

std::string keyOf(const MemoryPlan& plan, const PlanStage& stage) {
  return plan.model + "/" + stage.name;
}

/// A tenth of a gigabyte more than needed, so that the advice holds when it is followed.
std::string advisedLimit(std::int64_t bytes) {
  return fmt::format("{:.1f} GB", std::ceil(double(bytes) / 1e8 + 1.) / 10.);
}

[[noreturn]] void doesNotFit(const MemoryPlan& plan, const Rung& smallest) {
  const std::int64_t needed = smallest.peak();
  const std::string has = shownBytes(std::max<std::int64_t>(0, plan.room));
  const std::string detail = fmt::format("{}: {} needs {} bytes, room for {}", plan.model,
                                         smallest.name, needed, plan.room);
  if (plan.limit > 0)
    throw OutOfMemory(fmt::format("{} needs {} and the memory limit leaves {}. Raise the limit to "
                                  "{}, or choose a smaller model or a lower resolution.",
                                  plan.label, shownBytes(needed), has,
                                  advisedLimit(plan.limit + needed - plan.room)),
                      detail);
  throw OutOfMemory(fmt::format("{} needs {} and {} are free. Close other programs, or choose a "
                                "smaller model or a lower resolution.",
                                plan.label, shownBytes(needed), has),
                    detail);
}

}  // namespace

std::int64_t Rung::peak() const {
  std::int64_t most = 0;
  for (const PlanStage& stage : stages) most = std::max(most, stage.bytes());
  return most;
}

std::int64_t Rung::weightBytes() const {
  std::int64_t most = 0;
  for (const PlanStage& stage : stages) most = std::max(most, stage.weightBytes);
  return most;
}

std::int64_t MemoryUse::peak() const {
  std::int64_t most = 0;
  for (const StageUse& stage : stages) most = std::max(most, stage.measured);
  return most;
}

void requireLadder(const Ladder& ladder) {
  if (ladder.empty()) throw Error("A model has no way to do its job.", "empty ladder");
  bool lossy = false;
  for (const Rung& rung : ladder) {
    if (lossy && rung.loss.empty())
      throw Error("A model's ways to save memory are in the wrong order.", rung.name);
    lossy = !rung.loss.empty();
  }
}

MemoryPlan planMemory(MemoryPlan plan, Ladder ladder, const MemoryLedger* ledger, bool int8) {
  requireLadder(ladder);
  const std::int64_t least = ladder.back().peak();
  plan.ladder = std::move(ladder);
  if (ledger)
    for (Rung& rung : plan.ladder)
      for (PlanStage& stage : rung.stages)
        stage.activationBytes = std::llround(double(stage.activationBytes) *
                                             ledger->correction(keyOf(plan, stage), plan.where));
  const auto fits = [&](const Rung& rung) { return rung.peak() <= plan.room; };
  const auto wanted = [&](const Rung& rung) {
    return fits(rung) && rung.weights == WeightForm::int8;
  };
  auto found = int8 ? std::ranges::find_if(plan.ladder, wanted) : plan.ladder.end();
  if (found == plan.ladder.end()) found = std::ranges::find_if(plan.ladder, fits);
  // What went wrong once must not lock a model out for ever: where only the correction says no, the
  // most frugal way is tried, and measured again.
  if (found == plan.ladder.end() && least <= plan.room) {
    plan.rung = plan.ladder.size() - 1;
    return plan;
  }
  if (found == plan.ladder.end())
    doesNotFit(plan, *std::ranges::min_element(plan.ladder, {}, &Rung::peak));
  plan.rung = std::size_t(found - plan.ladder.begin());
  return plan;
}

void recordUse(MemoryLedger& ledger, const MemoryPlan& plan, const Rung& estimate,
               const MemoryUse& use) {
  for (const StageUse& was : use.stages)
    for (const PlanStage& stage : estimate.stages)
      if (stage.name == was.name)
        ledger.record({keyOf(plan, stage), plan.where, stage.activationBytes,
                       std::max<std::int64_t>(0, was.measured - stage.weightBytes), was.seconds});
}

std::string spokenPlan(const MemoryPlan& plan) {
  std::string text = fmt::format("about {} of {}", shownBytes(plan.peak()),
                                 shownBytes(std::max<std::int64_t>(0, plan.room)));
  if (plan.limit > 0) text += " that the memory limit leaves";
  if (!plan.chosen().name.empty()) text += ", " + plan.chosen().name;
  return text;
}

}  // namespace maquette
