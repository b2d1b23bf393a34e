#include "app/memory_gauge.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>

namespace maquette {
namespace {

constexpr double kAmber = 0.85, kRed = 0.95;
/// What ModelManager leaves to the desktop.
constexpr double kReserve = 512. * 1024 * 1024;
constexpr int kBar = 96;

QString gigabytes(std::int64_t bytes) { return QString::number(double(bytes) / 1e9, 'f', 1); }

}  // namespace

MemoryGauge::MemoryGauge(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setObjectName("memoryGauge");
  setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
  connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

double MemoryGauge::used() const {
  const MemoryFigures& f = figures();
  return f.total > 0 ? 1. - double(f.free) / double(f.total) : 0.;
}

QString MemoryGauge::text() const {
  const MemoryFigures& f = figures();
  if (f.total <= 0) return {};
  QString said = tr("%1 of %2 GB").arg(gigabytes(f.total - f.free), gigabytes(f.total));
  if (used() >= kRed) return said + " · " + tr("nearly full");
  if (used() >= kAmber) return said + " · " + tr("getting full");
  return said;
}

void MemoryGauge::show(const MemorySample& sample) {
  sample_ = sample;
  const MemoryFigures& f = figures();
  const QString what =
      sample.device ? tr("Graphics memory, %1").arg(QString::fromStdString(sample.deviceName))
                    : tr("Main memory (no graphics card in use)");
  setToolTip(tr("%1\nMaquette %2 GB · other programs %3 GB · free %4 GB\n"
                "The tick is the limit: 0.5 GB stay free for the desktop.")
                 .arg(what, gigabytes(f.ours), gigabytes(std::max<std::int64_t>(0, f.others())),
                      gigabytes(f.free)));
  setAccessibleName(text());
  updateGeometry();
  update();
}

QSize MemoryGauge::sizeHint() const {
  QFont small = font();
  small.setPixelSize(11);
  return {12 + kBar + 8 + QFontMetrics(small).horizontalAdvance(text()) + 14, 32};
}

void MemoryGauge::paintEvent(QPaintEvent*) {
  const MemoryFigures& f = figures();
  if (f.total <= 0) return;
  const Colours& c = theme_.colours();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const QRectF bar(12, height() / 2. - 4, kBar, 8);
  const auto share = [&](std::int64_t bytes) {
    return bar.width() * std::clamp(double(bytes) / double(f.total), 0., 1.);
  };
  const QColor trouble = used() >= kRed ? c.red : used() >= kAmber ? c.amber : QColor();
  QPainterPath clip;
  clip.addRoundedRect(bar, 2, 2);
  p.save();
  p.setClipPath(clip);
  p.fillRect(bar, c.line);
  const double others = share(std::max<std::int64_t>(0, f.others()));
  p.fillRect(QRectF(bar.left(), bar.top(), others, bar.height()), c.faint);
  p.fillRect(QRectF(bar.left() + others, bar.top(), std::max(2., share(f.ours)), bar.height()),
             trouble.isValid() ? trouble : c.accent);
  p.restore();
  const double limit = bar.left() + bar.width() * std::max(0., 1. - kReserve / double(f.total));
  p.setPen(QPen(c.text, 1));
  p.drawLine(QPointF(limit, bar.top() - 2), QPointF(limit, bar.bottom() + 2));
  QFont small = font();
  small.setPixelSize(11);
  p.setFont(small);
  p.setPen(trouble.isValid() ? trouble : c.muted);
  p.drawText(QRectF(bar.right() + 8, 0, width(), height()), Qt::AlignVCenter | Qt::AlignLeft,
             text());
}

}  // namespace maquette
