#include "app/thin_bar.h"

#include <QPainter>
#include <algorithm>

namespace maquette {

ThinBar::ThinBar(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setFixedHeight(12);
}

void ThinBar::set(float fraction) {
  fraction_ = fraction;
  update();
}

void ThinBar::paintEvent(QPaintEvent*) {
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  p.setPen(Qt::NoPen);
  p.setBrush(theme_.colours().line);
  p.drawRoundedRect(QRectF(0, 4, width(), 4), 2, 2);
  p.setBrush(theme_.colours().accent);
  p.drawRoundedRect(QRectF(0, 4, std::max(4.f, fraction_ * float(width())), 4), 2, 2);
}

}  // namespace maquette
