#pragma once

#include <QWidget>

#include "app/theme.h"
#include "core/device/memory_monitor.h"

namespace maquette {

/// Whose memory is used: others grey, ours in accent, the limit as a tick, and the words beside it.
class MemoryGauge : public QWidget {
  Q_OBJECT

 public:
  explicit MemoryGauge(const Theme& theme, QWidget* parent = nullptr);

  void show(const MemorySample& sample);
  QString text() const;
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const MemoryFigures& figures() const { return sample_.device ? *sample_.device : sample_.host; }
  double used() const;  ///< [0, 1]

  const Theme& theme_;
  MemorySample sample_;
};

}  // namespace maquette
