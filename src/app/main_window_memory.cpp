#include <QActionGroup>
#include <QMenu>

#include "app/jobs_line.h"
#include "app/main_window.h"
#include "app/model_jobs.h"

namespace maquette {
namespace {

constexpr std::int64_t kGigabyte = 1'000'000'000;

QString shown(std::int64_t bytes) { return QString::fromStdString(shownBytes(bytes)); }

}  // namespace

void MainWindow::addMemorySettings(QMenu& menu) {
  using When = ReleasePolicy::When;
  const auto add = [this](QMenu& to, const QString& text, bool now,
                          std::function<void(bool)> change) {
    QAction* action = to.addAction(text);
    action->setCheckable(true);
    action->setChecked(now);
    connect(action, &QAction::triggered, this, [this, change = std::move(change)](bool on) {
      change(on);
      bench_->services().follow(settings_);
      bench_->noteChangedMachine();
    });
    return action;
  };
  const auto choose = [&](QMenu* from, QActionGroup* group, const QString& text, bool now,
                          std::function<void()> change) {
    group->addAction(add(*from, text, now, [change = std::move(change)](bool) { change(); }));
  };
  QMenu* keep = menu.addMenu(tr("Keep models loaded"));
  auto* keeping = new QActionGroup(keep);
  for (const auto& [text, when] :
       {std::pair{tr("While they fit"), When::keepWhileItFits},
        {tr("Until %1 minutes after their last job").arg(settings_.idleMinutes), When::afterIdle},
        {tr("During their job only"), When::afterJob}})
    choose(keep, keeping, text, settings_.release == when,
           [this, when = when] { settings_.release = when; });
  QMenu* limit = menu.addMenu(tr("Memory limit"));
  auto* limits = new QActionGroup(limit);
  std::vector<std::int64_t> amounts{0};
  for (const int gigabytes : {2, 4, 6, 8, 10, 12, 16, 24, 32})
    amounts.push_back(gigabytes * kGigabyte);
  if (std::ranges::find(amounts, settings_.memoryLimit) == amounts.end())
    amounts.push_back(settings_.memoryLimit);  // edited by hand
  for (const std::int64_t amount : amounts)
    choose(limit, limits, amount == 0 ? tr("What is free") : shown(amount),
           settings_.memoryLimit == amount, [this, amount] { settings_.memoryLimit = amount; });
  QAction* int8 = add(menu, tr("Weights of networks in 8 bits"), settings_.int8Weights,
                      [this](bool on) { settings_.int8Weights = on; });
  int8->setObjectName("int8Weights");
  int8->setToolTip(
      tr("Less memory, results a little less exact. For networks that can do it: "
         "P3-SAM holds 130 MB of weights instead of 451 MB."));
  menu.setToolTipsVisible(true);
  menu.addAction(addAction("unloadModels", tr("Unload models"), {}, [this] {
    // On the lane: a job that runs there is not waited for here, and ends first.
    bench_->services().gpu.run([&models = bench_->services().models](const Context&) {
      models.unloadAll("the user asked for it");
    });
  }));
}

void MainWindow::showMemoryPlans() {
  const ModelManager& models = bench_->services().models;
  const MeshPtr shape = bench_->document().shape;
  JobSize size;
  size.triangles = shape ? std::int64_t(shape->triangles.size()) : 0;
  const std::string segmenter = bench_->segmenter().id;
  const JobSize parts = sizeOfAutomatic(shape, settings_.parts);
  const auto show = [this](const char* button, auto&& plan) {
    const auto planned = outcomeOf([&] { return spokenPlan(plan()); });
    auto* widget = findChild<QWidget*>(button);
    if (!widget) return;
    widget->setToolTip(planned ? tr("Memory: %1").arg(QString::fromStdString(*planned))
                               : QString::fromStdString(planned.failure().message));
  };
  for (const char* button : {"makeShape", "makeShapeAgain"})
    show(button, [&] { return models.plan<ShapeGenerator>(kDefaultModel); });
  show("findParts", [&] { return models.plan<PartSegmenter>(segmenter, parts); });
  show("makeSolids", [&] { return models.plan<PartCompleter>(kDefaultModel, size); });
}

void MainWindow::showMemoryOfJobs() {
  const ModelManager& models = bench_->services().models;
  QString text;
  if (const auto plan = models.currentPlan())
    text = tr("Memory of this job: %1").arg(QString::fromStdString(spokenPlan(*plan)));
  else if (const auto last = models.lastJob(); last && last->measuredPeak > 0)
    text = tr("Memory of the last job: planned %1, took %2")
               .arg(shown(last->plan.peak()), shown(last->measuredPeak));
  if (jobsLine_->toolTip() != text) jobsLine_->setToolTip(text);
}

}  // namespace maquette
