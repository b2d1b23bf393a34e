#pragma once

#include <QAbstractButton>
#include <QTimer>
#include <array>

#include "app/stage.h"
#include "app/theme.h"
#include "app/workbench.h"

namespace maquette {

/// One step: a disc with its number, a tick when done, a ring while it runs, amber when stale.
class StageButton : public QAbstractButton {
  Q_OBJECT

 public:
  StageButton(Stage stage, const Theme& theme, QWidget* parent);
  void show(const Workbench::StageState& state);
  const Workbench::StageState& state() const { return state_; }
  void turn();  ///< the ring by one step
  QSize sizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Stage stage_;
  const Theme& theme_;
  Workbench::StageState state_;
  int angle_ = 0;
};

/// Picture, Shape, Parts, Print: always visible, always clickable.
class StagePath : public QWidget {
  Q_OBJECT

 public:
  StagePath(Workbench& bench, const Theme& theme, QWidget* parent = nullptr);
  void setCurrent(Stage stage);

 Q_SIGNALS:
  void chosen(maquette::Stage stage);

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  void refresh();

  Workbench& bench_;
  const Theme& theme_;
  std::array<StageButton*, kStages> buttons_{};
  QTimer turning_;
};

}  // namespace maquette
