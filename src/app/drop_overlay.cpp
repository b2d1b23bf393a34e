#include "app/drop_overlay.h"

#include <QPainter>

namespace maquette {
namespace {

constexpr int kMargin = 12;
constexpr double kFirstShare = 0.6;  // of the height, when there are more choices

}  // namespace

DropOverlay::DropOverlay(const Theme& theme, QWidget* parent) : QWidget(parent), theme_(theme) {
  setObjectName("dropOverlay");
  setAttribute(Qt::WA_TransparentForMouseEvents);
  hide();
}

void DropOverlay::offer(std::vector<Choice> choices) {
  choices_ = std::move(choices);
  chosen_ = 0;
  setGeometry(parentWidget()->rect());
  raise();
  show();
  update();
}

void DropOverlay::pointTo(QPoint pointer) {
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    // Half the gap belongs to each neighbour, so that no place is nobody's.
    if (!field(i).adjusted(-kMargin, -kMargin, kMargin, kMargin).contains(pointer)) continue;
    chosen_ = i;
    break;
  }
  update();
}

QRect DropOverlay::field(std::size_t choice) const {
  const QRect all = rect().adjusted(kMargin, kMargin, -kMargin, -kMargin);
  if (choices_.size() < 2) return all;
  const int split = all.top() + int(all.height() * kFirstShare);
  if (choice == 0) return {all.topLeft(), QPoint(all.right(), split - kMargin / 2)};
  const int others = int(choices_.size()) - 1, at = int(choice) - 1;
  const auto edge = [&](int i) { return all.left() + i * (all.width() + kMargin) / others; };
  return {QPoint(edge(at), split + kMargin / 2), QPoint(edge(at + 1) - kMargin, all.bottom())};
}

void DropOverlay::paintEvent(QPaintEvent*) {
  const Colours& c = theme_.colours();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  QColor ground = c.window;
  ground.setAlphaF(0.92f);
  p.fillRect(rect(), ground);
  QFont large = font(), small = font();
  large.setPixelSize(16);
  large.setWeight(QFont::DemiBold);
  small.setPixelSize(13);
  for (std::size_t i = 0; i < choices_.size(); ++i) {
    const QRect box = field(i);
    const bool on = i == chosen_;
    QColor fill = c.accent;
    fill.setAlphaF(on && choices_.size() > 1 ? 0.12f : 0.f);
    p.setPen(QPen(on ? c.accent : c.line, on ? 2 : 1));
    p.setBrush(fill);
    p.drawRoundedRect(box, 8, 8);
    const QPoint middle = box.center();
    theme_.icon("drop").paint(&p, QRect(middle.x() - 20, middle.y() - 68, 40, 40));
    const auto line = [&](int y) { return QRect(box.left(), middle.y() + y, box.width(), 24); };
    p.setFont(large);
    p.setPen(c.text);
    p.drawText(line(-16), Qt::AlignCenter, choices_[i].promise);
    p.setFont(small);
    p.setPen(c.muted);
    p.drawText(line(12), Qt::AlignCenter, choices_[i].more);
  }
}

}  // namespace maquette
