#pragma once

#include <QWidget>
#include <vector>

#include "app/memory_gauge.h"

class QGridLayout;
class QLabel;

namespace maquette {

/// Everything that the gauge knows, with two minutes of history; a popup that closes when one
/// clicks elsewhere or presses Esc.
class MemoryPanel : public QWidget {
  Q_OBJECT

 public:
  /// @param gauge  whose figures are shown; must outlive the panel
  MemoryPanel(const MemoryGauge& gauge, const Theme& theme, QWidget* parent);

  void showAbove(const QWidget& anchor);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  struct Row {
    QLabel *mark, *name, *value;
  };
  Row addRow(QGridLayout& grid, const char* name);
  void refresh();
  void say(const Row& row, const QString& name, const QString& value,
           const QColor& mark = QColor());

  const MemoryGauge& gauge_;
  const Theme& theme_;
  QLabel *title_, *about_, *level_;
  Row total_, others_, reserved_, allocated_, counted_, free_, peak_, limit_, model_, utilisation_,
      temperature_;
};

}  // namespace maquette
