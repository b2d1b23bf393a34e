#pragma once

#include <QWidget>
#include <vector>

#include "app/theme.h"

namespace maquette {

/// While something is dragged over the window: what dropping it here will do. Where there are
/// several answers, the window is divided among them.
class DropOverlay : public QWidget {
  Q_OBJECT

 public:
  struct Choice {
    QString promise;  ///< "Make a shape"
    QString more;     ///< what happens to what is there; may be empty
  };

  DropOverlay(const Theme& theme, QWidget* parent);

  /// Covers the parent. The first choice gets the larger, upper field.
  void offer(std::vector<Choice> choices);
  void pointTo(QPoint pointer);  ///< lights up the field under the pointer
  std::size_t chosen() const { return chosen_; }
  QString promise() const { return choices_.empty() ? QString() : choices_[chosen_].promise; }
  QRect field(std::size_t choice) const;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  const Theme& theme_;
  std::vector<Choice> choices_;
  std::size_t chosen_ = 0;
};

}  // namespace maquette
