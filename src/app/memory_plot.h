#pragma once

#include <QWidget>

#include "app/memory_gauge.h"

namespace maquette {

/// Two minutes of memory as stacked areas, in the colours of the bar: others, ours in use, ours
/// reserved; the limit is a dashed line.
class MemoryPlot : public QWidget {
  Q_OBJECT

 public:
  /// @param gauge  whose history is drawn; must outlive the plot
  MemoryPlot(const MemoryGauge& gauge, const Theme& theme, QWidget* parent = nullptr);
  QSize sizeHint() const override { return {340, 132}; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QRectF field() const;
  /// The area below a height, which is a function of a point.
  template <class Height>
  QPolygonF area(const QRectF& field, Height height) const;

  const MemoryGauge& gauge_;
  const Theme& theme_;
};

}  // namespace maquette
