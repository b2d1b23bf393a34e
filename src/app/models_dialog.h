#pragma once

#include <QDialog>
#include <functional>
#include <memory>
#include <vector>

#include "app/model_downloads.h"
#include "app/settings.h"
#include "app/theme.h"
#include "core/device/memory_monitor.h"

class QLabel;
class QVBoxLayout;

namespace Ui {
class ModelsDialog;
}

namespace maquette {

class ModelRow;

/// The weights of neural models: what is there, what it needs, and everything one can do about it.
/// Licences and questions are a second page of the same window; nothing stops the rest.
class ModelsDialog : public QDialog {
  Q_OBJECT

 public:
  /// @param downloads, settings, theme  must outlive the dialog
  ModelsDialog(ModelDownloads& downloads, MemoryMonitor& monitor, Settings& settings,
               const Theme& theme, QWidget* parent);
  ~ModelsDialog() override;

  /// Brings one model into sight: where somebody wanted to use it.
  void showModel(const std::string& id);

 protected:
  void keyPressEvent(QKeyEvent* event) override;

 private:
  void makeRows();
  void refresh(const std::string& id);
  void refreshFoot();
  void download(const ModelGroup& group);
  void showLicences(const ModelGroup& group);
  void askRemove(const ModelGroup& group);
  void askImport(const std::string& id, bool folder);
  void chooseFolder();
  void takeMirror();
  QVBoxLayout* beginQuestion(const QString& title, const QString& proceed, bool agreement,
                             std::function<void()> then);
  QLabel* addText(QVBoxLayout* column, const QString& text, const char* role);

  ModelDownloads& downloads_;
  MemoryMonitor& monitor_;
  Settings& settings_;
  const Theme& theme_;
  std::unique_ptr<Ui::ModelsDialog> ui_;
  std::vector<ModelRow*> rows_;
  std::function<void()> then_;
};

/// The official models, or those of the list that MAQUETTE_CATALOGUE names (one's own, or a
/// test's). A list that cannot be read is logged, and the official one taken.
Catalogue windowCatalogue();

/// Where the models are by these settings, unless the environment says otherwise.
ModelPlaces placesBy(const Settings& settings);

}  // namespace maquette
