#pragma once

#include <QWidget>

#include "app/model_downloads.h"
#include "app/theme.h"
#include "core/device/memory_monitor.h"

class QLabel;
class QPushButton;
class QToolButton;

namespace maquette {

class ThinBar;

/// One model in the list: what it is for, what it needs, whether it is here, what can be done.
class ModelRow : public QWidget {
  Q_OBJECT

 public:
  /// @param group, downloads, theme  must outlive the row
  ModelRow(const ModelGroup& group, ModelDownloads& downloads, const Theme& theme, QWidget* parent);

  const std::string& id() const { return group_.id; }
  /// Looks at the disk again. @param machine  for what the model needs and this machine has
  void refresh(const MemorySample& machine);
  void tick();  ///< only what moves

 Q_SIGNALS:
  void downloadWanted();
  void importWanted(bool folder);
  void removeWanted();

 private:
  void makeMenu();
  QString needs(const MemorySample& machine) const;
  QString presence() const;

  const ModelGroup& group_;
  ModelDownloads& downloads_;
  const Theme& theme_;
  QLabel *state_, *needs_, *figures_, *message_;
  QPushButton* act_;
  QToolButton* more_;
  ThinBar* bar_;
  QAction *verify_ = nullptr, *remove_ = nullptr, *importFolder_ = nullptr, *importFile_ = nullptr;
  bool complete_ = false, partial_ = false, removable_ = false;
};

}  // namespace maquette
