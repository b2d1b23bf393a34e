#include "app/model_row.h"

#include <QGridLayout>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QStyle>
#include <QToolButton>
#include <cmath>

#include "app/jobs_line.h"
#include "app/thin_bar.h"

namespace maquette {
namespace {

using Doing = ModelDownloads::Doing;

QLabel* label(const char* role, const QString& name, QWidget* parent) {
  auto* made = new QLabel(parent);
  made->setObjectName(name);
  made->setProperty("role", role);
  made->setTextFormat(Qt::PlainText);
  made->setWordWrap(true);
  return made;
}

QString spoken(std::uint64_t bytes) { return QString::fromStdString(spokenBytes(bytes)); }

/// "1.2 of 7.4 GB": the unit once where both have the same.
QString partOfWhole(std::uint64_t part, std::uint64_t whole) {
  const QString left = spoken(part), right = spoken(whole);
  const QString unit = right.section(' ', 1);
  return ModelRow::tr("%1 of %2")
      .arg(left.endsWith(" " + unit) ? left.section(' ', 0, 0) : left, right);
}

/// Style sheets look at properties only when asked.
void setRole(QWidget* widget, const char* role) {
  if (widget->property("role") == role) return;
  widget->setProperty("role", role);
  widget->style()->unpolish(widget);
  widget->style()->polish(widget);
}

}  // namespace

ModelRow::ModelRow(const ModelGroup& group, ModelDownloads& downloads, const Theme& theme,
                   QWidget* parent)
    : QWidget(parent), group_(group), downloads_(downloads), theme_(theme) {
  const QString id = QString::fromStdString(group.id);
  setObjectName("model_" + id);
  auto* title = label("strong", "modelTitle", this);
  title->setText(QString::fromStdString(group.title));
  auto* purpose = label("hint", "modelPurpose", this);
  purpose->setText(QString::fromStdString(group.purpose));
  state_ = label("small", "modelState_" + id, this);
  state_->setAlignment(Qt::AlignRight | Qt::AlignVCenter);
  state_->setWordWrap(false);
  needs_ = label("small", "modelNeeds_" + id, this);
  figures_ = label("small", "modelFigures_" + id, this);
  message_ = label("small", "modelMessage_" + id, this);
  message_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  bar_ = new ThinBar(theme, this);
  bar_->setObjectName("modelBar_" + id);
  act_ = new QPushButton(this);
  act_->setObjectName("modelAct_" + id);
  act_->setMinimumWidth(104);
  more_ = new QToolButton(this);
  more_->setObjectName("modelMore_" + id);
  more_->setText("⋯");
  more_->setToolTip(tr("Import, check, delete"));
  more_->setAccessibleName(more_->toolTip());
  more_->setFixedSize(28, 28);
  more_->setPopupMode(QToolButton::InstantPopup);
  makeMenu();

  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 12, 0, 12);
  grid->setHorizontalSpacing(8);
  grid->setVerticalSpacing(2);
  grid->setColumnStretch(0, 1);
  grid->addWidget(title, 0, 0);
  grid->addWidget(state_, 0, 1, Qt::AlignRight | Qt::AlignVCenter);
  grid->addWidget(act_, 0, 2);
  grid->addWidget(more_, 0, 3);
  grid->addWidget(purpose, 1, 0, 1, 4);
  grid->addWidget(needs_, 2, 0, 1, 4);
  grid->addWidget(bar_, 3, 0, 1, 4);
  grid->addWidget(figures_, 4, 0, 1, 4);
  grid->addWidget(message_, 5, 0, 1, 4);
  connect(act_, &QPushButton::clicked, this, [this] {
    if (downloads_.view(this->id()).doing == Doing::nothing)
      Q_EMIT downloadWanted();
    else
      downloads_.stop(this->id());
  });
}

void ModelRow::makeMenu() {
  auto* menu = new QMenu(more_);
  const QString id = QString::fromStdString(group_.id);
  importFolder_ =
      menu->addAction(tr("Import a folder…"), this, [this] { Q_EMIT importWanted(true); });
  importFolder_->setObjectName("modelImportFolder_" + id);
  importFile_ = menu->addAction(tr("Import a file…"), this, [this] { Q_EMIT importWanted(false); });
  importFile_->setObjectName("modelImportFile_" + id);
  menu->addSeparator();
  verify_ = menu->addAction(tr("Check the files"), this, [this] { downloads_.verify(this->id()); });
  verify_->setObjectName("modelVerify_" + id);
  menu->addSeparator();
  remove_ = menu->addAction(tr("Delete…"), this, &ModelRow::removeWanted);
  remove_->setObjectName("modelRemove_" + id);
  more_->setMenu(menu);
}

QString ModelRow::needs(const MemorySample& machine) const {
  QStringList said{tr("%1 on the disk").arg(spoken(group_.aboutBytes()))};
  if (!group_.gpuBytes) {
    said << tr("needs no graphics card");
  } else {
    said << tr("graphics memory: %1").arg(QString::fromStdString(group_.gpuNote));
    // Cards say a little less than is printed on their box.
    if (machine.device && double(machine.device->total) < 0.93 * double(*group_.gpuBytes))
      said.last() += tr(", more than this machine has");
  }
  if (!group_.runs) said << tr("not used by this version yet");
  return said.join(" · ");
}

QString ModelRow::presence() const {
  std::uint64_t there = 0;
  bool linked = false, elsewhere = false, checked = true;
  for (const ModelFile& file : group_.files) {
    const FileState state = downloads_.store().state(file);
    if (state.kind == FileState::Kind::misfit) return tr("Not the published file");
    if (state.kind != FileState::Kind::absent) there += state.bytes;
    linked |= state.origin == FileState::Origin::link;
    elsewhere |= state.origin == FileState::Origin::elsewhere;
    checked &= !state.verifiedOn.empty();
  }
  if (complete_)
    return elsewhere ? tr("Here, kept by another program")
           : linked  ? tr("Here, used from where it is")
           : checked ? tr("Here, checked")
                     : tr("Here");
  return there > 0 ? tr("%1 are here").arg(partOfWhole(there, group_.aboutBytes())) : QString();
}

void ModelRow::refresh(const MemorySample& machine) {
  const ModelStore& store = downloads_.store();
  complete_ = store.complete(group_);
  removable_ = store.removableBytes(group_) > 0;
  partial_ = !complete_ && removable_;
  for (const ModelFile& file : group_.files)
    removable_ |= store.state(file).origin == FileState::Origin::link;
  state_->setText(presence());
  setRole(state_, complete_ ? "good" : "small");
  needs_->setText(needs(machine));
  tick();
}

void ModelRow::tick() {
  const ModelDownloads::View view = downloads_.view(id());
  const bool idle = view.doing == Doing::nothing;
  const bool waiting = !idle && view.progress.elapsedSeconds <= 0.;
  bar_->setVisible(!idle);
  bar_->set(view.progress.fraction);
  figures_->setVisible(!idle);
  QStringList said;
  if (waiting)
    said << tr("Waits for what is being done before");
  else if (view.doing == Doing::downloading && view.figures.total > 0 &&
           !view.progress.stage.starts_with("Checking")) {
    said << partOfWhole(view.figures.done, view.figures.total);
    if (view.figures.waiting)
      said << tr("waiting for the server, then another try");
    else if (view.figures.bytesPerSecond > 0.)
      said << tr("%1/s").arg(spoken(std::uint64_t(view.figures.bytesPerSecond)));
    if (view.figures.secondsLeft) said << spokenTime(*view.figures.secondsLeft);
  } else {
    said << QString::fromStdString(view.progress.stage)
         << tr("%1 %").arg(int(100.f * view.progress.fraction));
  }
  figures_->setText(said.join(" · "));
  message_->setVisible(idle && !view.message.isEmpty());
  message_->setText(view.message);
  setRole(message_, view.error ? "trouble" : "small");

  act_->setVisible(!idle || !complete_);
  act_->setText(view.doing == Doing::downloading ? tr("Pause")
                : !idle                          ? tr("Stop")
                : partial_                       ? tr("Continue")
                                                 : tr("Download"));
  verify_->setEnabled(idle && complete_);
  for (QAction* import : {importFolder_, importFile_}) import->setEnabled(idle && !complete_);
  remove_->setEnabled(idle && removable_);
}

}  // namespace maquette
