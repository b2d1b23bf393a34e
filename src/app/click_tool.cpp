#include "app/click_tool.h"

#include <algorithm>

#include "core/base/log.h"

namespace maquette {

ClickTool::ClickTool(Workbench& bench, QObject* parent) : QObject(parent), bench_(bench) {
  connect(&bench.store(), &DocumentStore::changed, this,
          [this](const Document& before, const Document& after) {
            if (before.shape == after.shape) return;
            drop();
            forget();
          });
  const auto askAgain = [this] {
    const Prompts said = prompts_;  // they mean the same to another one
    drop();
    forget();
    prompts_ = said;
    if (active()) ask();
  };
  connect(&bench, &Workbench::segmenterChanged, this, askAgain);
  connect(&bench, &Workbench::clickSettingsChanged, this, [this, askAgain] {
    const ClickParams now = clickParamsOf(bench_.settings().parts);
    if (bench_.segmenter().id != kClassical && clickParamsOf(asked_) != now) askAgain();
  });
}

ClickJob ClickTool::jobNow() const {
  const ModelEntry& wanted = bench_.segmenter();
  const bool usable = whyUnavailable(wanted).empty();
  return {usable ? wanted.id : kClassical, wanted.label, bench_.document().shape,
          bench_.settings().parts};
}

/// Whether the next click is answered without anything being loaded first, as far as one can tell.
bool ClickTool::ready(const ClickJob& job) const {
  return job.segmenter == kClassical ||
         (answered_.mesh == job.mesh && answered_.segmenter == job.segmenter &&
          clickParamsOf(answered_.params) == clickParamsOf(job.params) &&
          bench_.services().models.state().id == job.segmenter);
}

void ClickTool::warmUp() {
  const ClickJob job = jobNow();
  if (!job.mesh || chosen_.asking) return;
  ModelManager& models = bench_.services().models;
  models.prefetch<PartSegmenter>(job.segmenter);
  if (job.segmenter != kClassical) {
    const auto plan =
        outcomeOf([&] { return models.plan<PartSegmenter>(job.segmenter, job.size()); });
    if (!plan || !plan->onDevice) return;
  }
  const auto handle = bench_.services().gpu.runLatest(
      "session", [&services = bench_.services(), job](const Context& ctx) {
        openSession(services, job, ctx);
      });
  bench_.jobs().follow(
      tr("Preparing to click"), Stage::parts, handle, this, [](const auto&) {}, true);
}

void ClickTool::click(std::uint32_t face, Vec3 position, bool positive) {
  if (!bench_.document().shape || (!positive && prompts_.clicks.empty())) return;
  prompts_.clicks.push_back({face, position, positive});
  ask();
}

void ClickTool::ask() {
  const ClickJob job = jobNow();
  asked_ = job.params;
  if (!gaveUp_) {
    chosen_.clicks->put(prompts_);
    if (!chosen_.asking) askNetwork(job);
  }
  if (gaveUp_ || !ready(job)) {
    standInLine_.clicks->put(prompts_);
    if (!standInLine_.asking) askStandIn(job.mesh);
  }
}

template <class Work, class Receive>
void ClickTool::send(Line& line, Lane& lane, const QString& name, bool background, Work work,
                     Receive receive) {
  const auto clicks = line.clicks;
  const auto handle = lane.run([work, clicks](const Context& ctx) { return work(*clicks, ctx); });
  line.stop = handle.stop;
  line.asking = true;
  bench_.jobs().follow(
      name, Stage::parts, handle, this,
      [&line, clicks, receive](const Outcome<ClickAnswer>& outcome) {
        if (line.clicks != clicks) return;  // of another object, or of another segmenter
        line.asking = false;
        receive(outcome);
      },
      background);
}

void ClickTool::askNetwork(const ClickJob& job) {
  const auto work = [&services = bench_.services(), job](LatestClicks& clicks, const Context& ctx) {
    return askSession(services, job, clicks, ctx);
  };
  send(chosen_, bench_.services().gpu, tr("Selecting"), false, work,
       [this, job](const Outcome<ClickAnswer>& outcome) {
         if (outcome.failed()) return failed(job, outcome.failure());
         if (outcome.cancelled()) return cancelled();
         answered_ = job;
         if (outcome->number != chosen_.clicks->number()) {
           if (!chosen_.clicks->empty()) ask();  // more clicks came at the last moment
           return;
         }
         standInLine_.clicks->put({});
         show(*outcome, false);
       });
}

void ClickTool::askStandIn(const MeshPtr& mesh) {
  const auto work = [&registry = bench_.services().registry, standIn = standIn_, mesh](
                        LatestClicks& clicks, const Context& ctx) {
    return standIn->ask(registry, mesh, clicks, ctx);
  };
  send(standInLine_, bench_.services().work, tr("Selecting without the network"), true, work,
       [this, mesh](const Outcome<ClickAnswer>& outcome) {
         if (outcome.failed())
           log("app")->warn("the classical answer: {}", outcome.failure().message);
         if (!outcome) return;
         if (outcome->number == standInLine_.clicks->number())
           show(*outcome, true);
         else if (!standInLine_.clicks->empty())
           askStandIn(mesh);
       });
}

void ClickTool::show(const ClickAnswer& answer, bool classical) {
  if (!answer.candidates || !active()) return;
  candidates_ = answer.candidates;
  index_ = std::min(candidates_->preferred, candidates_->masks.size() - 1);
  classical_ = classical;
  announce();
}

void ClickTool::failed(const ClickJob& job, const Failure& failure) {
  const bool network = job.segmenter != kClassical;
  Message message = failureMessage(Stage::parts, tr("This click could not be answered"), failure);
  if (network) {
    message.title = tr("%1 could not answer").arg(QString::fromStdString(job.label));
    message.actionText = tr("Use Classical");
    message.action = [&bench = bench_] { bench.chooseSegmenter(kClassical); };
  }
  bench_.say(message);
  if (!network) {
    if (active()) prompts_.clicks.pop_back();
    return;
  }
  gaveUp_ = true;  // the clicks stay, and what answered them
  if (active()) ask();
  announce();
}

/// By hand: what the stand-in has answered stays.
void ClickTool::cancelled() {
  if (!candidates_) return drop();
  gaveUp_ = bench_.segmenter().id != kClassical;
  announce();
}

void ClickTool::step(int sizes) {
  if (!candidates_) return;
  const int last = int(candidates_->masks.size()) - 1;
  index_ = std::size_t(std::clamp(int(index_) + sizes, 0, last));
  announce();
}

void ClickTool::keep() {
  if (!candidates_) return;
  const auto kept = candidates_;
  const std::size_t index = index_;
  drop();
  bench_.addPart(kept->masks[index].faces);
}

/// What loads goes on: the next click will want it.
void ClickTool::drop() {
  prompts_ = {};
  candidates_ = nullptr;
  index_ = 0;
  classical_ = gaveUp_ = false;
  for (Line* line : {&chosen_, &standInLine_}) line->clicks->put({});
  announce();
}

/// Another object, or another segmenter: nobody waits for the answers.
void ClickTool::forget() {
  for (Line* line : {&chosen_, &standInLine_}) {
    line->stop.request_stop();
    *line = {};
  }
  answered_ = {};
}

QString ClickTool::origin() const {
  const ModelEntry& wanted = bench_.segmenter();
  if (!candidates_ || wanted.id == kClassical) return {};
  if (classical_ && !gaveUp_)
    return tr("classical until %1 is ready").arg(QString::fromStdString(wanted.label));
  return classical_ || !whyUnavailable(wanted).empty() ? tr("classical") : QString();
}

void ClickTool::announce() {
  if (!candidates_) return Q_EMIT proposed(nullptr);
  // Shares the candidates' memory: a mask is as long as the mesh.
  Q_EMIT proposed({candidates_, &candidates_->masks[index_].faces});
}

}  // namespace maquette
