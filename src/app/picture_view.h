#pragma once

#include <QImage>
#include <QWidget>
#include <optional>

#include "app/theme.h"
#include "app/workbench.h"

namespace maquette {

/// One of the pictures, large: what is outside the cut-out is veiled. A brush corrects the cut-out.
class PictureView : public QWidget {
  Q_OBJECT

 public:
  enum class Brush { none, keep, remove };

  PictureView(Workbench& bench, const Theme& theme, QWidget* parent = nullptr);

  void setSide(Side side);  ///< the front where that view is not there
  Side side() const { return side_; }
  void setBrush(Brush brush);
  Brush brush() const { return brush_; }
  void setBrushSize(double share);  ///< diameter as a share of the picture's longer side, (0, 1]

 Q_SIGNALS:
  void brushChanged();
  void sideChanged();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;

 private:
  void compose();
  QRectF placed() const;  ///< where the picture is on this widget
  PixelPoint pixelAt(QPointF point) const;
  float pixelRadius() const;
  void drawStroke(QPainter& painter) const;

  Workbench& bench_;
  const Theme& theme_;
  Side side_ = Side::front;
  ImagePtr picture_;
  MaskPtr cutout_;
  QImage shown_;  // the picture with its veil, reduced for the screen
  Brush brush_ = Brush::none;
  double brushShare_ = 0.04;
  std::optional<Stroke> drawing_;
  std::optional<QPointF> pointer_;
};

}  // namespace maquette
