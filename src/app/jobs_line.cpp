#include "app/jobs_line.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMouseEvent>
#include <QToolButton>
#include <cmath>

#include "app/thin_bar.h"

namespace maquette {
namespace {

/// Shorter jobs would only flicker.
constexpr double kShowAfterSeconds = 0.25;

}  // namespace

QString spokenTime(double seconds) {
  if (seconds < 1.5) return JobsLine::tr("1 s left");
  if (seconds < 10.) return JobsLine::tr("%1 s left").arg(int(std::lround(seconds)));
  if (seconds < 90.) return JobsLine::tr("%1 s left").arg(int(std::lround(seconds / 5.) * 5));
  return JobsLine::tr("%1 min left").arg(int(std::lround(seconds / 60.)));
}

JobsLine::JobsLine(JobBoard& board, const Theme& theme, QWidget* parent)
    : QWidget(parent),
      board_(board),
      theme_(theme),
      name_(new QLabel(this)),
      stage_(new QLabel(this)),
      bar_(new ThinBar(theme, this)),
      rest_(new QLabel(this)),
      cancel_(new QToolButton(this)) {
  setObjectName("jobsLine");
  name_->setObjectName("jobName");
  stage_->setObjectName("jobStage");
  bar_->setObjectName("jobBar");
  bar_->setFixedWidth(160);
  rest_->setObjectName("jobRest");
  cancel_->setObjectName("cancelJob");
  theme.setIcon(cancel_, "close");
  cancel_->setIconSize({14, 14});
  cancel_->setToolTip(tr("Cancel this job"));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(12, 0, 12, 0);
  row->setSpacing(8);
  for (QWidget* widget : std::initializer_list<QWidget*>{name_, stage_, bar_, rest_, cancel_})
    row->addWidget(widget);
  row->addStretch();
  connect(&board, &JobBoard::changed, this, &JobsLine::refresh);
  connect(&board, &JobBoard::ticked, this, &JobsLine::refresh);
  connect(cancel_, &QToolButton::clicked, this, [this] {
    if (!board_.idle()) board_.cancel(board_.entries().front().id);
  });
  refresh();
}

void JobsLine::setIdleText(const QString& text) {
  idle_ = text;
  refresh();
}

void JobsLine::refresh() {
  const auto& entries = board_.entries();
  const auto now = entries.empty() ? Progress::Snapshot{} : entries.front().progress->snapshot();
  const bool shown = !entries.empty() && now.elapsedSeconds >= kShowAfterSeconds;
  for (QWidget* widget : std::initializer_list<QWidget*>{stage_, bar_, rest_, cancel_})
    widget->setVisible(shown);
  if (!shown) {
    name_->setText(idle_);
    return;
  }
  const bool stopping = entries.front().stop.stop_requested();
  name_->setText(stopping ? tr("Stopping") : entries.front().name);
  stage_->setText(QString::fromStdString(now.stage));
  stage_->setVisible(!now.stage.empty());
  bar_->set(now.fraction);
  QString rest = tr("%1 %").arg(int(100.f * now.fraction));
  if (now.secondsLeft) rest += " · " + spokenTime(*now.secondsLeft);
  if (entries.size() > 1) rest += " · " + tr("%1 more waiting").arg(entries.size() - 1);
  rest_->setText(rest);
  cancel_->setEnabled(!stopping);
}

void JobsLine::mousePressEvent(QMouseEvent* event) {
  if (board_.idle()) return;
  QMenu menu(this);
  for (const JobBoard::Entry& entry : board_.entries()) {
    QAction* action = menu.addAction(tr("Cancel “%1”").arg(entry.name));
    connect(action, &QAction::triggered, this, [this, id = entry.id] { board_.cancel(id); });
  }
  menu.exec(event->globalPosition().toPoint());
}

}  // namespace maquette
