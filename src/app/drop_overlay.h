#pragma once

#include <QWidget>

#include "app/theme.h"

namespace maquette {

/// While something is dragged over the window: what dropping it here will do.
class DropOverlay : public QWidget {
  Q_OBJECT

 public:
  DropOverlay(const Theme& theme, QWidget* parent);
  /// @param promise  "Make a shape"; @param more  what happens to what is there
  void announce(const QString& promise, const QString& more);
  QString promise() const { return promise_; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  QString promise_, more_;
};

}  // namespace maquette
