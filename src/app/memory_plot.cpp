#include "app/memory_plot.h"

#include <QPainter>
#include <algorithm>
#include <chrono>

namespace maquette {
namespace {

constexpr int kWords = 16;  // px below the field

}  // namespace

MemoryPlot::MemoryPlot(const MemoryGauge& gauge, const Theme& theme, QWidget* parent)
    : QWidget(parent), gauge_(gauge), theme_(theme) {
  setObjectName("memoryPlot");
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setAccessibleName(tr("The last two minutes"));
  connect(&gauge, &MemoryGauge::changed, this, qOverload<>(&QWidget::update));
  connect(&theme, &Theme::changed, this, qOverload<>(&QWidget::update));
}

QRectF MemoryPlot::field() const { return QRectF(rect()).adjusted(0.5, 0.5, -0.5, -kWords - 0.5); }

template <class Height>
QPolygonF MemoryPlot::area(const QRectF& field, Height height) const {
  const MemoryTrack& track = gauge_.track();
  const double length = std::chrono::duration<double>(MemoryTrack::kLength).count();
  QPolygonF outline;
  for (const MemoryPoint& point : track.history()) {
    const double ago = std::chrono::duration<double>(track.now().time - point.time).count();
    const double share =
        point.total > 0 ? std::clamp(double(height(point)) / double(point.total), 0., 1.) : 0.;
    outline.append(
        {field.right() - field.width() * ago / length, field.bottom() - field.height() * share});
  }
  const double first = outline.isEmpty() ? field.right() : outline.front().x();
  outline.prepend({first, field.bottom()});
  outline.append({field.right(), field.bottom()});
  return outline;
}

void MemoryPlot::paintEvent(QPaintEvent*) {
  const Colours& c = theme_.colours();
  const MemoryTrack& track = gauge_.track();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  const QRectF f = field();
  p.fillRect(f, c.window);
  if (!track.empty() && track.now().total > 0) {
    const MemoryColours colours = memoryColours(c, track.level());
    p.setPen(Qt::NoPen);
    const auto fill = [&](const QColor& colour, auto height) {
      p.setBrush(colour);
      p.drawPolygon(area(f, height));
    };
    fill(colours.reserved, [](const MemoryPoint& x) { return x.others() + x.ours; });
    fill(colours.used, [](const MemoryPoint& x) { return x.others() + x.allocated; });
    fill(colours.others, [](const MemoryPoint& x) { return x.others(); });
    const double limit =
        f.bottom() - f.height() * double(limitOnBar(track)) / double(track.now().total);
    p.setPen(QPen(c.text, 1, Qt::DashLine));
    p.drawLine(QPointF(f.left(), limit), QPointF(f.right(), limit));
  }
  p.setBrush(Qt::NoBrush);
  p.setPen(QPen(c.line, 1));
  p.drawRect(f);
  QFont small = font();
  small.setPixelSize(11);
  p.setFont(small);
  p.setPen(c.muted);
  const QRectF words(0, height() - kWords, width(), kWords);
  p.drawText(words, Qt::AlignLeft | Qt::AlignBottom, tr("2 minutes ago"));
  p.drawText(words, Qt::AlignRight | Qt::AlignBottom, tr("now"));
}

}  // namespace maquette
