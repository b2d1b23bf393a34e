#pragma once

#include <QWidget>

#include "app/workbench.h"

class QComboBox;
class QLabel;
class QPushButton;

namespace maquette {

/// Who finds the parts: which one, what it needs, whether that is here, and the way to what is not.
class SegmenterChoice : public QWidget {
  Q_OBJECT

 public:
  explicit SegmenterChoice(Workbench& bench, QWidget* parent = nullptr);
  bool usable() const { return usable_; }  ///< as far as weights go
  /// Looks again; memory and files change on their own.
  void refresh();

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  struct Words {
    QString text;
    const char* role = "small";  ///< of the label
  };
  Words needs(const ModelEntry& entry) const;

  Workbench& bench_;
  QComboBox* choice_;
  QLabel* needs_;
  QPushButton* weights_;
  bool usable_ = true;
};

}  // namespace maquette
