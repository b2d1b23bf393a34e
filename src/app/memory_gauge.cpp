#include "app/memory_gauge.h"

#include <QKeyEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>

#include "app/memory_panel.h"

namespace maquette {
namespace {

constexpr int kBar = 96;
/// So long without a reading, which comes twice a second, and what is shown is old news.
constexpr int kSilentAfterMs = 5000;

QFont smallOf(QFont font) {
  font.setPixelSize(11);
  return font;
}

QColor blended(const QColor& a, const QColor& b, double share) {
  const auto mix = [share](int x, int y) { return int(x * share + y * (1. - share) + 0.5); };
  return {mix(a.red(), b.red()), mix(a.green(), b.green()), mix(a.blue(), b.blue())};
}

}  // namespace

MemoryColours memoryColours(const Colours& c, MemoryLevel level) {
  const QColor trouble = level == MemoryLevel::red ? c.red : c.amber;
  const QColor used = level == MemoryLevel::calm ? c.accent : trouble;
  return {c.faint, used, blended(used, c.panel, 0.45),
          level == MemoryLevel::calm ? c.muted : trouble};
}

std::int64_t limitOnBar(const MemoryTrack& track) {
  if (track.empty()) return 0;
  return std::min(track.now().others() + track.limit(),
                  std::max<std::int64_t>(0, track.now().total - kDesktopReserve));
}

MemoryGauge::MemoryGauge(const Theme& theme, QWidget* parent)
    : QAbstractButton(parent), theme_(theme), silence_(new QTimer(this)) {
  setObjectName("memoryGauge");
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  setFocusPolicy(Qt::StrongFocus);
  setCursor(Qt::PointingHandCursor);
  setAccessibleName(tr("Memory: not read yet"));
  silence_->setSingleShot(true);
  silence_->setInterval(kSilentAfterMs);
  connect(silence_, &QTimer::timeout, this, [this] {
    silent_ = true;
    speak();
  });
  connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
  connect(this, &QAbstractButton::clicked, this, &MemoryGauge::openPanel);
}

QString MemoryGauge::text() const {
  if (track_.empty() || track_.now().total <= 0) return {};
  if (silent_) return tr("no new reading");
  const MemoryPoint& now = track_.now();
  const auto gigabytes = [](std::int64_t bytes) {
    return QString::number(double(bytes) / 1e9, 'f', 1);
  };
  QString said = tr("%1 of %2 GB").arg(gigabytes(now.total - now.free), gigabytes(now.total));
  if (const QString level = spokenLevel(track_.level()); !level.isEmpty()) said += " · " + level;
  if (const QString model = spokenModel(track_.latest().model); !model.isEmpty())
    said += " · " + model;
  return said;
}

QString MemoryGauge::description() const {
  const MemoryPoint& now = track_.now();
  const MemorySample& machine = track_.latest().machine;
  QString what = now.device ? tr("Graphics memory, %1").arg(nameOfMemory(track_))
                            : tr("Main memory (no graphics card in use)");
  what += "\n" + tr("Maquette %1 · other programs %2 · free %3")
                     .arg(spokenBytes(now.ours), spokenBytes(now.others()), spokenBytes(now.free));
  if (!machine.deviceTrouble.empty()) what += "\n" + QString::fromStdString(machine.deviceTrouble);
  return what;
}

void MemoryGauge::show(const MemoryReading& reading) {
  track_.add(reading);
  silent_ = false;
  silence_->start();
  speak();
  if (const auto level = track_.takeWarning()) Q_EMIT warned(warningOf(track_, *level));
}

void MemoryGauge::speak() {
  const QString described = description();
  setToolTip(described + "\n" + tr("The tick is the limit. Click for the last two minutes."));
  setAccessibleName(tr("Memory: %1").arg(text().isEmpty() ? tr("unknown") : text()));
  setAccessibleDescription(described);
  updateGeometry();
  update();
  Q_EMIT changed();
}

void MemoryGauge::openPanel() {
  auto* panel = new MemoryPanel(*this, theme_, window());
  panel->showAbove(*this);
}

void MemoryGauge::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter) return click();
  QAbstractButton::keyPressEvent(event);
}

QSize MemoryGauge::sizeHint() const {
  return {12 + kBar + 8 + QFontMetrics(smallOf(font())).horizontalAdvance(text()) + 14, 32};
}

void MemoryGauge::paintBar(QPainter& p, const QRectF& bar) const {
  const MemoryPoint& now = track_.now();
  const Colours& c = theme_.colours();
  const MemoryColours colours = memoryColours(c, track_.level());
  const auto place = [&](std::int64_t bytes) {
    return bar.width() * std::clamp(double(bytes) / double(now.total), 0., 1.);
  };
  QPainterPath clip;
  clip.addRoundedRect(bar, 2, 2);
  p.save();
  p.setClipPath(clip);
  p.fillRect(bar, c.line);
  const double others = place(now.others());
  // However little ours is, it is there to be seen.
  const double ours = std::max(2., place(now.others() + now.ours) - others);
  const double used = now.ours > 0 ? ours * double(now.allocated) / double(now.ours) : 0.;
  p.fillRect(QRectF(bar.left(), bar.top(), others, bar.height()), colours.others);
  p.fillRect(QRectF(bar.left() + others, bar.top(), ours, bar.height()), colours.reserved);
  p.fillRect(QRectF(bar.left() + others, bar.top(), used, bar.height()), colours.used);
  p.restore();
  const double limit = bar.left() + place(limitOnBar(track_));
  p.setPen(QPen(c.text, 1));
  p.drawLine(QPointF(limit, bar.top() - 2), QPointF(limit, bar.bottom() + 2));
}

void MemoryGauge::paintEvent(QPaintEvent*) {
  const Colours& c = theme_.colours();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  if (underMouse()) p.fillRect(rect(), c.raised);
  if (hasFocus()) {
    p.setPen(QPen(c.accent, 1));
    p.setBrush(Qt::NoBrush);
    p.drawRoundedRect(QRectF(rect()).adjusted(2.5, 3.5, -2.5, -3.5), 4, 4);
  }
  if (track_.empty() || track_.now().total <= 0) return;
  const QRectF bar(12, height() / 2. - 4, kBar, 8);
  paintBar(p, bar);
  p.setFont(smallOf(font()));
  p.setPen(memoryColours(c, track_.level()).words);
  p.drawText(QRectF(bar.right() + 8, 0, width(), height()), Qt::AlignVCenter | Qt::AlignLeft,
             text());
}

}  // namespace maquette
