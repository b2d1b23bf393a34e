#include "app/view_slots.h"

#include <QDragEnterEvent>
#include <QHBoxLayout>
#include <QPainter>
#include <algorithm>

#include "app/file_path.h"
#include "picture/picture_file.h"

namespace maquette {
namespace {

constexpr int kSide = 61;
constexpr int kLabel = 20;
constexpr int kSharp = 2;  // thumbnail pixels to a point, for dense screens

/// A few samples a pixel: enough for a thumbnail, and cheap for any picture.
QImage thumbnail(const Image& picture, int side) {
  constexpr int kTaps = 4;
  const double scale = double(std::max(picture.width, picture.height)) / side;
  const int width = std::max(1, int(picture.width / scale));
  const int height = std::max(1, int(picture.height / scale));
  QImage small(width, height, QImage::Format_ARGB32_Premultiplied);
  const auto at = [](int i, int tap, int count, int shown) {
    return std::min(count - 1, int((i + (tap + 0.5) / kTaps) * count / shown));
  };
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      int sum[4] = {0, 0, 0, 0};
      for (int v = 0; v < kTaps; ++v)
        for (int u = 0; u < kTaps; ++u) {
          const Rgba p =
              picture.at(at(x, u, picture.width, width), at(y, v, picture.height, height));
          sum[0] += p.r * p.a / 255;
          sum[1] += p.g * p.a / 255;
          sum[2] += p.b * p.a / 255;
          sum[3] += p.a;
        }
      constexpr int n = kTaps * kTaps;
      small.setPixel(x, y, qRgba(sum[0] / n, sum[1] / n, sum[2] / n, sum[3] / n));
    }
  return small;
}

/// The file that a slot would take, or empty.
QString pictureOf(const QMimeData& data) {
  const QString file = localFileOf(data);
  return looksLikePicture(pathOf(file)) ? file : QString();
}

QString whatIsSeen(Side side) {
  switch (side) {
    case Side::front:
      return ViewSlot::tr("The object from the front");
    case Side::left:
      return ViewSlot::tr("The object from the left of the front picture");
    case Side::right:
      return ViewSlot::tr("The object from the right of the front picture");
    case Side::back:
      return ViewSlot::tr("The object from behind");
  }
  return {};
}

}  // namespace

ViewSlot::ViewSlot(Side side, const Theme& theme, QWidget* parent)
    : QAbstractButton(parent), theme_(theme) {
  setObjectName("view" + nameOf(side));
  setText(nameOf(side));
  setToolTip(whatIsSeen(side));
  setFixedSize(kSide, kSide + kLabel);
  setCheckable(true);
  setAcceptDrops(true);
  setCursor(Qt::PointingHandCursor);
}

void ViewSlot::setView(const SourceView& view) {
  if (picture_ == view.picture) return;
  picture_ = view.picture;
  small_ = picture_ ? thumbnail(*picture_, kSharp * (kSide - 8)) : QImage();
  setAccessibleName(picture_ ? text() : tr("Add the %1 view").arg(text().toLower()));
  update();
}

void ViewSlot::paintEvent(QPaintEvent*) {
  const Colours& c = theme_.colours();
  QPainter p(this);
  p.setRenderHint(QPainter::Antialiasing);
  p.setRenderHint(QPainter::SmoothPixmapTransform);
  const QRectF box(0.5, 0.5, kSide - 1, kSide - 1);
  const bool current = isChecked() && filled();
  const bool lit = dragOver_ || hasFocus() || underMouse();
  QPen pen(current || lit ? c.accent : c.line, current || dragOver_ ? 2 : 1);
  if (!filled() && !lit) pen.setStyle(Qt::DashLine);
  p.setPen(pen);
  p.setBrush(underMouse() && isEnabled() ? c.raised : c.panel);
  p.drawRoundedRect(box, 4, 4);
  if (filled()) {
    QSizeF size = small_.size();
    size.scale(box.size() - QSizeF(8, 8), Qt::KeepAspectRatio);
    p.drawImage(QRectF(box.center() - QPointF(size.width() / 2., size.height() / 2.), size),
                small_);
  } else {
    theme_.icon("add").paint(&p, QRect(kSide / 2 - 10, kSide / 2 - 10, 20, 20), Qt::AlignCenter,
                             isEnabled() ? QIcon::Normal : QIcon::Disabled);
  }
  QFont small = font();
  small.setPixelSize(11);
  p.setFont(small);
  p.setPen(current ? c.accentText : c.muted);
  p.drawText(QRect(0, kSide, width(), kLabel), Qt::AlignCenter, text());
}

void ViewSlot::dragEnterEvent(QDragEnterEvent* event) {
  if (!isEnabled() || pictureOf(*event->mimeData()).isEmpty()) return;
  event->acceptProposedAction();
  dragOver_ = true;
  update();
}

void ViewSlot::dragLeaveEvent(QDragLeaveEvent*) {
  dragOver_ = false;
  update();
}

void ViewSlot::dropEvent(QDropEvent* event) {
  dragOver_ = false;
  update();
  event->acceptProposedAction();
  Q_EMIT dropped(pictureOf(*event->mimeData()));
}

ViewSlots::ViewSlots(Workbench& bench, const Theme& theme, QWidget* parent)
    : QWidget(parent), bench_(bench) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(8);
  for (const Side side : kSides) {
    auto* slot = new ViewSlot(side, theme, this);
    slots_[std::size_t(side)] = slot;
    row->addWidget(slot);
    connect(slot, &ViewSlot::clicked, this, [this, side, slot] {
      if (slot->filled()) return Q_EMIT chosen(side);
      slot->setChecked(false);
      Q_EMIT pictureWanted(side);
    });
    connect(slot, &ViewSlot::dropped, this,
            [this, side](const QString& file) { bench_.sources().open(file, side); });
  }
  row->addStretch();
  connect(&bench.store(), &DocumentStore::changed, this, &ViewSlots::refresh);
  refresh();
}

void ViewSlots::setCurrent(Side side) {
  for (const Side other : kSides) slots_[std::size_t(other)]->setChecked(other == side);
}

void ViewSlots::refresh() {
  const ImageSetPtr& sources = bench_.document().sources;
  for (const Side side : kSides) {
    ViewSlot* slot = slots_[std::size_t(side)];
    slot->setView(sources ? sources->at(side) : SourceView{});
    slot->setEnabled(side == Side::front || (sources && sources->front));
  }
}

}  // namespace maquette
