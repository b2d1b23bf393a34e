#pragma once

#include <QWidget>

#include "app/theme.h"

namespace maquette {

/// How far something is, as a 4 px bar; QProgressBar's own drawing brings a frame.
class ThinBar : public QWidget {
 public:
  ThinBar(const Theme& theme, QWidget* parent);
  void set(float fraction);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  float fraction_ = 0.f;
};

}  // namespace maquette
