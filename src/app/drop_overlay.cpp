#include "app/drop_overlay.h"

#include <QPainter>

namespace maquette {

DropOverlay::DropOverlay(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setObjectName("dropOverlay");
  setAttribute(Qt::WA_TransparentForMouseEvents);
  hide();
}

void DropOverlay::announce(const QString& promise, const QString& more) {
  promise_ = promise;
  more_ = more;
  setGeometry(parentWidget()->rect());
  raise();
  show();
  update();
}

void DropOverlay::paintEvent(QPaintEvent*) {
  const Colours& c = theme_.colours();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  QColor ground = c.window;
  ground.setAlphaF(0.92f);
  p.fillRect(rect(), ground);
  p.setPen(QPen(c.accent, 2));
  p.setBrush(Qt::NoBrush);
  p.drawRoundedRect(QRectF(rect()).adjusted(12, 12, -12, -12), 8, 8);
  const QPoint middle = rect().center();
  theme_.icon("drop").paint(&p, QRect(middle.x() - 20, middle.y() - 68, 40, 40));
  QFont large = font();
  large.setPixelSize(16);
  large.setWeight(QFont::DemiBold);
  p.setFont(large);
  p.setPen(c.text);
  p.drawText(QRect(0, middle.y() - 16, width(), 24), Qt::AlignCenter, promise_);
  QFont small = font();
  small.setPixelSize(13);
  p.setFont(small);
  p.setPen(c.muted);
  p.drawText(QRect(0, middle.y() + 12, width(), 24), Qt::AlignCenter, more_);
}

}  // namespace maquette
