#include "app/picture_view.h"

#include <QMouseEvent>
#include <QPainter>
#include <algorithm>

#include "picture/qimage.h"

namespace maquette {
namespace {

/// More would not be seen and would make every repaint slow.
constexpr int kLongestShown = 1600;
constexpr int kMargin = 48;

/// The picture over `ground`, with what is outside the cut-out faded towards it.
QImage veiled(const Image& picture, const Mask* cutout, QColor ground, const Context& ctx) {
  const int step =
      std::max(1, (std::max(picture.width, picture.height) + kLongestShown - 1) / kLongestShown);
  const int width = std::max(1, picture.width / step), height = std::max(1, picture.height / step);
  QImage shown(width, height, QImage::Format_RGB32);
  const int ground8[3] = {ground.red(), ground.green(), ground.blue()};
  for (int y = 0; y < height; ++y) {
    ctx.check();
    auto* line = reinterpret_cast<QRgb*>(shown.scanLine(y));
    for (int x = 0; x < width; ++x) {
      int sum[4] = {0, 0, 0, 0}, inside = 0;
      for (int v = 0; v < step; ++v)
        for (int u = 0; u < step; ++u) {
          const std::size_t at = picture.index(x * step + u, y * step + v);
          const Rgba pixel = picture.pixels[at];
          sum[0] += pixel.r * pixel.a;
          sum[1] += pixel.g * pixel.a;
          sum[2] += pixel.b * pixel.a;
          sum[3] += pixel.a;
          inside += cutout ? cutout->values[at] : 255;
        }
      const int n = step * step;
      // Outside stays visible enough to be painted back in.
      const double keep = 0.22 + 0.78 * double(inside) / (255. * n);
      int out[3];
      for (int k = 0; k < 3; ++k) {
        const double over = (sum[k] + double(255 * n - sum[3]) * ground8[k]) / (255. * n);
        out[k] = int(keep * over + (1. - keep) * ground8[k] + 0.5);
      }
      line[x] = qRgb(std::min(out[0], 255), std::min(out[1], 255), std::min(out[2], 255));
    }
  }
  return shown;
}

}  // namespace

PictureView::PictureView(Workbench& bench, const Theme& theme, QWidget* parent)
    : QWidget(parent), bench_(bench), theme_(theme) {
  setObjectName("pictureView");
  setMouseTracking(true);
  setMinimumSize(120, 120);
  connect(&bench.store(), &DocumentStore::changed, this, &PictureView::compose);
  connect(&theme, &Theme::changed, this, &PictureView::compose);
}

void PictureView::setSide(Side side) {
  const bool changes = side != side_;
  side_ = side;
  drawing_.reset();
  compose();
  if (changes) Q_EMIT sideChanged();
}

void PictureView::setBrush(Brush brush) {
  brush_ = brush;
  setCursor(brush == Brush::none ? Qt::ArrowCursor : Qt::CrossCursor);
  update();
  Q_EMIT brushChanged();
}

void PictureView::setBrushSize(double share) {
  brushShare_ = share;
  update();
}

void PictureView::compose() {
  const auto& sources = bench_.document().sources;
  if (side_ != Side::front && !(sources && sources->at(side_))) return setSide(Side::front);
  picture_ = sources ? sources->at(side_).picture : nullptr;
  cutout_ = sources ? sources->at(side_).cutout : nullptr;
  if (!picture_) {
    shown_ = {};
    return update();
  }
  const auto job = bench_.services().work.runLatest(
      "veil", [picture = picture_, cutout = cutout_, ground = theme_.colours().window](
                  const Context& ctx) { return veiled(*picture, cutout.get(), ground, ctx); });
  job.then(this, [this](const Outcome<QImage>& outcome) {
    if (!outcome) return;
    shown_ = *outcome;
    update();
  });
}

QRectF PictureView::placed() const {
  if (!picture_) return {};
  QSizeF size(picture_->width, picture_->height);
  size.scale(QSizeF(std::max(40, width() - 2 * kMargin), std::max(40, height() - 2 * kMargin)),
             Qt::KeepAspectRatio);
  return {QPointF((width() - size.width()) / 2., (height() - size.height()) / 2.), size};
}

PixelPoint PictureView::pixelAt(QPointF point) const {
  const QRectF at = placed();
  return {float((point.x() - at.left()) / at.width() * picture_->width),
          float((point.y() - at.top()) / at.height() * picture_->height)};
}

float PictureView::pixelRadius() const {
  return float(brushShare_ * std::max(picture_->width, picture_->height) / 2.);
}

void PictureView::paintEvent(QPaintEvent*) {
  QPainter p(this);
  const Colours& c = theme_.colours();
  p.fillRect(rect(), c.window);
  if (!picture_) return;
  p.setRenderHint(QPainter::SmoothPixmapTransform);
  p.setRenderHint(QPainter::Antialiasing);
  const QRectF at = placed();
  if (!shown_.isNull()) p.drawImage(at, shown_);
  p.setPen(QPen(c.line, 1));
  p.setBrush(Qt::NoBrush);
  p.drawRect(at.adjusted(-0.5, -0.5, 0.5, 0.5));
  drawStroke(p);
  if (brush_ == Brush::none || !pointer_) return;
  const double radius = pixelRadius() * at.width() / picture_->width;
  p.setPen(QPen(brush_ == Brush::keep ? c.accent : c.red, 1.5));
  p.setBrush(Qt::NoBrush);
  p.drawEllipse(*pointer_, radius, radius);
}

void PictureView::drawStroke(QPainter& painter) const {
  if (!drawing_) return;
  const QRectF at = placed();
  const double scale = at.width() / picture_->width;
  QPolygonF line;
  for (const PixelPoint& point : drawing_->points)
    line << QPointF(at.left() + point.x * scale, at.top() + point.y * scale);
  if (line.size() == 1) line << line.front() + QPointF(0.01, 0.);
  QColor ink = drawing_->keep ? theme_.colours().accent : theme_.colours().red;
  ink.setAlphaF(0.55f);
  painter.setPen(
      QPen(ink, 2. * drawing_->radius * scale, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
  painter.setBrush(Qt::NoBrush);
  painter.drawPolyline(line);
}

void PictureView::mousePressEvent(QMouseEvent* event) {
  if (!picture_ || brush_ == Brush::none || event->button() != Qt::LeftButton) return;
  // Ctrl takes the other one, as it does with clicks on the object.
  const bool other = event->modifiers() & Qt::ControlModifier;
  drawing_ = Stroke{(brush_ == Brush::keep) != other, pixelRadius(), {pixelAt(event->position())}};
  update();
}

void PictureView::mouseMoveEvent(QMouseEvent* event) {
  pointer_ = event->position();
  if (drawing_) drawing_->points.push_back(pixelAt(event->position()));
  if (brush_ != Brush::none) update();
}

void PictureView::mouseReleaseEvent(QMouseEvent* event) {
  if (!drawing_ || event->button() != Qt::LeftButton) return;
  Strokes strokes = bench_.sources().strokes(side_);
  strokes.strokes.push_back(*drawing_);
  drawing_.reset();
  update();
  bench_.sources().setStrokes(side_, strokes);
}

void PictureView::leaveEvent(QEvent*) {
  pointer_.reset();
  update();
}

}  // namespace maquette
