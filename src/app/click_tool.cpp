#include "app/click_tool.h"

#include <algorithm>

#include "app/model_jobs.h"

namespace maquette {

ClickTool::ClickTool(Workbench& bench, QObject* parent) : QObject(parent), bench_(bench) {
  connect(&bench.store(), &DocumentStore::changed, this,
          [this](const Document& before, const Document& after) {
            if (before.shape != after.shape) drop();
          });
}

void ClickTool::warmUp() {
  const MeshPtr mesh = bench_.document().shape;
  if (!mesh) return;
  const auto job = bench_.services().gpu.runLatest(
      "session", [&services = bench_.services(), mesh](const Context& ctx) {
        openSession(services, mesh, ctx);
      });
  bench_.jobs().follow(
      tr("Preparing to click"), Stage::parts, job, this, [](const auto&) {}, true);
}

void ClickTool::click(std::uint32_t face, Vec3 position, bool positive) {
  if (!bench_.document().shape || (!positive && prompts_.clicks.empty())) return;
  prompts_.clicks.push_back({face, position, positive});
  ask();
}

void ClickTool::ask() {
  const MeshPtr mesh = bench_.document().shape;
  const auto job = bench_.services().gpu.runLatest(
      "click", [&services = bench_.services(), mesh, prompts = prompts_](const Context& ctx) {
        return std::make_shared<const Candidates>(askSession(services, mesh, prompts, ctx));
      });
  bench_.jobs().follow(tr("Selecting"), Stage::parts, job, this,
                       [this, mesh](const Outcome<std::shared_ptr<const Candidates>>& outcome) {
                         if (outcome.failed()) {
                           if (!prompts_.clicks.empty()) prompts_.clicks.pop_back();
                           bench_.say({Message::Kind::error,
                                       Stage::parts,
                                       tr("This click could not be answered"),
                                       QString::fromStdString(outcome.failure().message),
                                       QString::fromStdString(outcome.failure().detail),
                                       {},
                                       {}});
                           return;
                         }
                         if (!outcome || !active() || bench_.document().shape != mesh) return;
                         candidates_ = *outcome;
                         index_ = std::min(candidates_->preferred, candidates_->masks.size() - 1);
                         announce();
                       });
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

void ClickTool::drop() {
  prompts_ = {};
  candidates_ = nullptr;
  index_ = 0;
  announce();
}

void ClickTool::announce() {
  if (!candidates_) return Q_EMIT proposed(nullptr);
  // Shares the candidates' memory: a mask is as long as the mesh.
  Q_EMIT proposed({candidates_, &candidates_->masks[index_].faces});
}

}  // namespace maquette
