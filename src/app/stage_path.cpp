#include "app/stage_path.h"

#include <QHBoxLayout>
#include <QPainter>
#include <QPainterPath>

namespace maquette {
namespace {

constexpr int kDisc = 22, kGap = 8, kPad = 8;

}  // namespace

StageButton::StageButton(Stage stage, const Theme& theme, QWidget* parent)
    : QAbstractButton(parent), stage_(stage), theme_(theme) {
  setText(tr(nameOf(stage)));
  setObjectName(QString("stage%1").arg(nameOf(stage)));
  setCheckable(true);
  setCursor(Qt::PointingHandCursor);
  setFocusPolicy(Qt::TabFocus);
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
}

void StageButton::show(const Workbench::StageState& state) {
  state_ = state;
  QString why = state.busy               ? tr("Working")
                : !state.stale.isEmpty() ? state.stale
                : state.done             ? tr("Done")
                                         : tr("Not done yet");
  setToolTip(QString("%1 (%2)").arg(why).arg(static_cast<int>(stage_) + 1));
  setAccessibleDescription(why);
  update();
}

void StageButton::turn() {
  angle_ = (angle_ + 15) % 360;
  update();
}

QSize StageButton::sizeHint() const {
  QFont bold = font();
  bold.setWeight(QFont::DemiBold);
  const int text = QFontMetrics(bold).horizontalAdvance(this->text());
  return {kPad + kDisc + kGap + text + kPad + 12, 40};
}

void StageButton::paintEvent(QPaintEvent*) {
  const Colours& c = theme_.colours();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  if (underMouse() || hasFocus()) {
    p.setPen(hasFocus() ? QPen(c.accent, 1) : QPen(Qt::NoPen));
    p.setBrush(underMouse() ? QBrush(c.raised) : QBrush(Qt::NoBrush));
    p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 4.5, -0.5, -4.5), 4, 4);
  }
  const QRectF disc(kPad, (height() - kDisc) / 2., kDisc, kDisc);
  const bool current = isChecked();
  const bool ticked = state_.done && state_.stale.isEmpty() && !state_.busy;
  p.setPen(QPen(current ? c.accent : c.faint, 1.5));
  p.setBrush(current ? QBrush(c.accent) : QBrush(Qt::NoBrush));
  if (state_.busy) p.setPen(QPen(c.line, 2));
  p.drawEllipse(disc.adjusted(1, 1, -1, -1));
  const QColor ink = current ? c.onAccent : ticked ? c.accentText : c.muted;
  if (ticked) {
    p.setPen(QPen(ink, 1.75, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const QPointF m = disc.center();
    p.drawPolyline(
        QPolygonF{m + QPointF(-4.5, 0.5), m + QPointF(-1.25, 3.75), m + QPointF(4.5, -3.5)});
  } else {
    QFont small = font();
    small.setPixelSize(11);
    small.setWeight(QFont::DemiBold);
    p.setFont(small);
    p.setPen(ink);
    p.drawText(disc, Qt::AlignCenter, QString::number(static_cast<int>(stage_) + 1));
  }
  if (state_.busy) {
    p.setBrush(Qt::NoBrush);
    p.setPen(QPen(current ? c.text : c.accent, 2, Qt::SolidLine, Qt::RoundCap));
    p.drawArc(disc.adjusted(1, 1, -1, -1), -angle_ * 16, 100 * 16);
  } else if (!state_.stale.isEmpty()) {
    p.setPen(QPen(c.panel, 1.5));
    p.setBrush(c.amber);
    p.drawEllipse(QPointF(disc.right() - 2, disc.top() + 3), 4.5, 4.5);
  }
  QFont name = font();
  name.setWeight(current ? QFont::DemiBold : QFont::Normal);
  p.setFont(name);
  p.setPen(current ? c.text : c.muted);
  p.drawText(QRectF(disc.right() + kGap, 0, width(), height()), Qt::AlignVCenter | Qt::AlignLeft,
             text());
}

StagePath::StagePath(Workbench& bench, const Theme& theme, QWidget* parent)
    : QWidget(parent), bench_(bench), theme_(theme) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(8, 0, 8, 0);
  row->setSpacing(28);
  for (int i = 0; i < kStages; ++i) {
    const auto stage = static_cast<Stage>(i);
    auto* button = buttons_[std::size_t(i)] = new StageButton(stage, theme, this);
    row->addWidget(button);
    connect(button, &QAbstractButton::clicked, this, [this, stage] { Q_EMIT chosen(stage); });
  }
  turning_.setInterval(50);
  connect(&turning_, &QTimer::timeout, this, [this] {
    for (StageButton* button : buttons_)
      if (button->state().busy) button->turn();
  });
  connect(&bench, &Workbench::statesChanged, this, &StagePath::refresh);
  connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
  refresh();
}

void StagePath::setCurrent(Stage stage) {
  for (int i = 0; i < kStages; ++i)
    buttons_[std::size_t(i)]->setChecked(i == static_cast<int>(stage));
}

void StagePath::refresh() {
  bool busy = false;
  for (int i = 0; i < kStages; ++i) {
    const auto state = bench_.stateOf(static_cast<Stage>(i));
    buttons_[std::size_t(i)]->show(state);
    busy |= state.busy;
  }
  if (busy)
    turning_.start();
  else
    turning_.stop();
}

void StagePath::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.setPen(QPen(theme_.colours().line, 1));
  for (std::size_t i = 0; i + 1 < buttons_.size(); ++i) {
    const int y = height() / 2;
    p.drawLine(buttons_[i]->geometry().right() + 2, y, buttons_[i + 1]->geometry().left() - 2, y);
  }
}

}  // namespace maquette
