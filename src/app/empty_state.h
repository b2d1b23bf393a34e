#pragma once

#include <QWidget>

#include "app/theme.h"
#include "app/workbench.h"

class QVBoxLayout;

namespace maquette {

/// What the middle shows before there is anything: how to begin.
class EmptyState : public QWidget {
  Q_OBJECT

 public:
  EmptyState(Workbench& bench, const Theme& theme, QWidget* parent = nullptr);

 Q_SIGNALS:
  void openWanted();
  void sampleChosen(const QString& file);

 protected:
  void showEvent(QShowEvent* event) override;

 private:
  void listRecent();

  Workbench& bench_;
  QVBoxLayout* recent_;
};

}  // namespace maquette
