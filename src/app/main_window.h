#pragma once

#include <QMainWindow>
#include <memory>

#include "app/memory_probe.h"
#include "app/panels.h"
#include "app/theme.h"
#include "app/workbench.h"

class QFileDialog;
class QMenu;
class QMimeData;
class QStackedWidget;
class QToolButton;

namespace Ui {
class MainWindow;
}

namespace maquette {

class CardStack;
class Centre;
class ClickTool;
class DropOverlay;
class JobsLine;
class MemoryGauge;
class ModelDownloads;
class ModelsDialog;
class PartList;
class StagePath;

/// The window: puts the pieces together and passes what one says to the others.
class MainWindow : public QMainWindow {
  Q_OBJECT

 public:
  /// @param services, settings  must outlive the window
  MainWindow(Services& services, Settings& settings, Theme& theme);
  ~MainWindow() override;

  Workbench& bench() { return *bench_; }
  Centre& centre() { return *centre_; }
  void setStage(Stage stage);
  void openSample(const QString& file);
  /// The dialog of weights; @param id  a model to bring into sight, or ""
  void showModels(const std::string& id = {});

 protected:
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragMoveEvent(QDragMoveEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;
  void closeEvent(QCloseEvent* event) override;

 private:
  void assemble();
  void makeTopBar();
  void makePanels();
  void connectPieces();
  // main_window_actions.cpp, main_window_memory.cpp
  void makeActions();
  QAction* addAction(const QString& name, const QString& text, const QKeySequence& keys,
                     std::function<void()> run);
  QMenu* makeFileMenu();
  QMenu* makeSettingsMenu();
  QMenu* makeHelpMenu();
  void addMemorySettings(QMenu& menu);
  void showMemoryPlans();
  void showMemoryOfJobs();
  void showHelp();
  void checkMachine();
  QFileDialog* openDialog(const QString& title, const QString& name);
  void askOpen();
  void askPicture(Side side);
  void askExport(PrintPanel::Kind kind);
  void paste();
  void refreshUndo();
  void refreshSides();
  bool take(const QMimeData& mime, Side side);

  Settings& settings_;
  Theme& theme_;
  MemoryMonitor& monitor_;
  std::unique_ptr<Ui::MainWindow> ui_;
  std::unique_ptr<Workbench> bench_;
  ClickTool* tool_;
  Centre* centre_;
  StagePath* path_;
  QStackedWidget* panels_;
  PicturePanel* picturePanel_ = nullptr;
  CardStack* cards_;
  PartList* parts_;
  JobsLine* jobsLine_;
  MemoryGauge* gauge_;
  MemoryProbe* probe_;
  DropOverlay* dropOverlay_;
  ModelDownloads* modelDownloads_ = nullptr;  ///< made when the dialog is first shown
  ModelsDialog* models_ = nullptr;
  QAction *undo_ = nullptr, *redo_ = nullptr;
  Stage stage_ = Stage::picture;
};

}  // namespace maquette
