#include <QActionGroup>
#include <QApplication>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QLabel>
#include <QMenu>
#include <QMimeData>
#include <QVBoxLayout>

#include "app/card_stack.h"
#include "app/centre.h"
#include "app/click_tool.h"
#include "app/doctor_dialog.h"
#include "app/main_window.h"
#include "app/models_dialog.h"
#include "app/part_list.h"

namespace maquette {
namespace {

constexpr char kPictureFiles[] = "*.png *.jpg *.jpeg *.webp *.bmp *.gif *.tif *.tiff *.svg";

}  // namespace

QAction* MainWindow::addAction(const QString& name, const QString& text, const QKeySequence& keys,
                               std::function<void()> run) {
  auto* action = new QAction(text, this);
  action->setObjectName(name);
  action->setShortcut(keys);
  connect(action, &QAction::triggered, this, std::move(run));
  QWidget::addAction(action);
  return action;
}

void MainWindow::makeActions() {
  undo_ = addAction("undo", tr("Undo"), QKeySequence("Ctrl+Z"), [this] { bench_->store().undo(); });
  redo_ = addAction("redo", tr("Redo"), QKeySequence("Ctrl+Shift+Z"),
                    [this] { bench_->store().redo(); });
  for (int i = 0; i < kStages; ++i)
    addAction(QString("goTo%1").arg(nameOf(static_cast<Stage>(i))), {}, QKeySequence(Qt::Key_1 + i),
              [this, i] { setStage(static_cast<Stage>(i)); });
  addAction("brush", {}, QKeySequence("B"), [this] {
    if (stage_ == Stage::picture) picturePanel_->toggleBrush();
  });
  addAction("frame", {}, QKeySequence("F"), [this] {
    const PartId part = parts_->selected();
    if (part == PartId::none)
      centre_->viewport().frameAll();
    else
      centre_->viewport().framePart(part);
  });
  addAction("hidePart", {}, QKeySequence("H"), [this] { parts_->toggleSelected(); });
  addAction("wire", {}, QKeySequence("Z"), [this] { centre_->toggleWire(); });
  addAction("explode", {}, QKeySequence("X"),
            [this] { centre_->setExploded(!centre_->exploded()); });
  // Only while there is a proposal: Enter also ends the editing of a name.
  for (const auto& [name, key] : {std::pair{"keepProposal", Qt::Key_Return},
                                  std::pair{"keepProposalKeypad", Qt::Key_Enter}}) {
    QAction* keep = addAction(name, {}, QKeySequence(key), [this] { tool_->keep(); });
    keep->setEnabled(false);
    connect(tool_, &ClickTool::proposed, keep,
            [this, keep] { keep->setEnabled(tool_->hasProposal()); });
  }
  addAction("dropProposal", {}, QKeySequence(Qt::Key_Escape), [this] {
    if (tool_->active()) return tool_->drop();
    centre_->picture().setBrush(PictureView::Brush::none);
    parts_->select(PartId::none);
    centre_->viewport().setHighlighted(PartId::none);
  });
}

QMenu* MainWindow::makeFileMenu() {
  auto* menu = new QMenu(this);
  menu->addAction(addAction("open", tr("Open…"), QKeySequence("Ctrl+O"), [this] { askOpen(); }));
  menu->addAction(
      addAction("paste", tr("Paste a picture"), QKeySequence("Ctrl+V"), [this] { paste(); }));
  menu->addSeparator();
  using Kind = PrintPanel::Kind;
  QAction* files = addAction("exportPartFiles", tr("Export one STL per part…"),
                             QKeySequence("Ctrl+E"), [this] { askExport(Kind::partFiles); });
  QAction* together = addAction("exportTogether", tr("Export all parts in one 3MF…"), {},
                                [this] { askExport(Kind::together); });
  QAction* whole = addAction("exportWhole", tr("Export the whole as one STL…"), {},
                             [this] { askExport(Kind::whole); });
  for (QAction* action : {files, together, whole}) menu->addAction(action);
  const auto enable = [=, this] {
    const bool solids = bench_->solidsComplete();
    files->setEnabled(solids);
    together->setEnabled(solids);
    whole->setEnabled(bench_->document().shape != nullptr);
  };
  connect(bench_.get(), &Workbench::statesChanged, menu, enable);
  enable();
  menu->addSeparator();
  menu->addAction(addAction("quit", tr("Quit"), QKeySequence("Ctrl+Q"), [this] { close(); }));
  return menu;
}

void MainWindow::showModels(const std::string& id) {
  if (!models_) {
    modelDownloads_ = new ModelDownloads(windowCatalogue(), placesBy(settings_), this);
    modelDownloads_->setOptions({settings_.modelsMirror.toStdString(), {}});
    connect(modelDownloads_, &ModelDownloads::changed, bench_.get(),
            &Workbench::noteChangedMachine);
    models_ = new ModelsDialog(*modelDownloads_, monitor_, settings_, theme_, this);
  }
  models_->show();
  models_->raise();
  models_->activateWindow();
  if (!id.empty()) models_->showModel(id);
}

QMenu* MainWindow::makeSettingsMenu() {
  auto* menu = new QMenu(this);
  menu->addAction(addAction("models", tr("Models…"), {}, [this] { showModels(); }));
  menu->addSeparator();
  auto* group = new QActionGroup(menu);
  for (const auto& [text, theme] :
       {std::pair{tr("Light and dark like the system"), Settings::Theme::system},
        {tr("Dark"), Settings::Theme::dark},
        {tr("Light"), Settings::Theme::light}}) {
    QAction* action = menu->addAction(text);
    action->setCheckable(true);
    action->setChecked(settings_.theme == theme);
    group->addAction(action);
    connect(action, &QAction::triggered, this, [this, theme = theme] {
      settings_.theme = theme;
      theme_.apply(theme);
    });
  }
  menu->addSeparator();
  addMemorySettings(*menu);
  return menu;
}

QMenu* MainWindow::makeHelpMenu() {
  auto* menu = new QMenu(this);
  menu->addAction(
      addAction("help", tr("Keys and mouse"), QKeySequence("F1"), [this] { showHelp(); }));
  menu->addAction(
      addAction("checkMachine", tr("Check this machine…"), {}, [this] { checkMachine(); }));
  return menu;
}

void MainWindow::checkMachine() {
  auto* dialog = findChild<DoctorDialog*>();
  if (!dialog) dialog = new DoctorDialog(theme_, this);
  dialog->show();
  dialog->raise();
  dialog->activateWindow();
}

void MainWindow::showHelp() {
  auto* popup = new QWidget(this, Qt::Popup);
  popup->setObjectName("helpPopup");
  popup->setAttribute(Qt::WA_DeleteOnClose);
  auto* column = new QVBoxLayout(popup);
  column->setContentsMargins(20, 16, 20, 16);
  const std::pair<QString, QString> rows[] = {
      {tr("Left button"), tr("the tool: take a part, paint")},
      {tr("Right or middle drag"), tr("turn; with Shift: move")},
      {tr("Wheel"), tr("nearer and farther; while taking: smaller or larger")},
      {tr("Click, Ctrl-click"), tr("this belongs, this does not")},
      {tr("Enter, Esc"), tr("keep, drop")},
      {"1 2 3 4", tr("Picture, Shape, Parts, Print")},
      {"B", tr("brush")},
      {"F", tr("frame")},
      {"H", tr("hide the selected part")},
      {"X", tr("pull apart")},
      {"Z", tr("triangles")},
      {"Ctrl+Z, Ctrl+Shift+Z", tr("undo, redo")},
      {"Ctrl+O, Ctrl+V, Ctrl+E", tr("open, paste, export")}};
  QString table = "<table cellspacing='0' cellpadding='3'>";
  for (const auto& [keys, what] : rows)
    table += QString("<tr><td><b>%1</b>&nbsp;&nbsp;&nbsp;</td><td>%2</td></tr>")
                 .arg(keys.toHtmlEscaped(), what.toHtmlEscaped());
  column->addWidget(new QLabel(table + "</table>"));
  popup->adjustSize();
  popup->move(mapToGlobal(QPoint(width() - popup->width() - 12, 56)));
  popup->show();
}

QFileDialog* MainWindow::openDialog(const QString& title, const QString& name) {
  auto* dialog = new QFileDialog(this, title, settings_.lastFolder);
  dialog->setObjectName(name);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setFileMode(QFileDialog::ExistingFile);
  return dialog;
}

void MainWindow::askOpen() {
  QFileDialog* dialog = openDialog(tr("Open a picture or a mesh"), "openDialog");
  dialog->setNameFilters({tr("Pictures and meshes (%1 *.stl *.obj *.glb *.gltf *.ply *.3mf *.fbx "
                             "*.dae)")
                              .arg(kPictureFiles),
                          tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this,
          [this](const QString& file) { bench_->open(file); });
  dialog->open();
}

void MainWindow::askPicture(Side side) {
  if (side == Side::front) return askOpen();
  QFileDialog* dialog = openDialog(
      tr("Choose a picture for the %1 view").arg(nameOf(side).toLower()), "openViewDialog");
  dialog->setNameFilters({tr("Pictures (%1)").arg(kPictureFiles), tr("All files (*)")});
  connect(dialog, &QFileDialog::fileSelected, this,
          [this, side](const QString& file) { bench_->sources().open(file, side); });
  dialog->open();
}

void MainWindow::askExport(PrintPanel::Kind kind) {
  const bool folder = kind == PrintPanel::Kind::partFiles;
  auto* dialog = new QFileDialog(this, folder ? tr("Choose a folder for the parts") : tr("Export"),
                                 settings_.lastFolder);
  dialog->setObjectName("exportDialog");
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(folder ? QFileDialog::AcceptOpen : QFileDialog::AcceptSave);
  dialog->setFileMode(folder ? QFileDialog::Directory : QFileDialog::AnyFile);
  if (folder) dialog->setOption(QFileDialog::ShowDirsOnly);
  if (kind == PrintPanel::Kind::together) {
    dialog->setNameFilter(tr("3MF (*.3mf)"));
    dialog->setDefaultSuffix("3mf");
    dialog->selectFile("maquette.3mf");
  }
  if (kind == PrintPanel::Kind::whole) {
    dialog->setNameFilters({tr("STL (*.stl)"), tr("Other meshes (*.obj *.glb *.ply *.3mf)")});
    dialog->setDefaultSuffix("stl");
    dialog->selectFile("maquette.stl");
  }
  connect(dialog, &QFileDialog::fileSelected, this, [this, kind](const QString& file) {
    settings_.lastFolder = QFileInfo(file).absolutePath();
    cards_->clear(Stage::print);
    setStage(Stage::print);
    if (kind == PrintPanel::Kind::partFiles) return bench_->exportPartFiles(file);
    if (kind == PrintPanel::Kind::together) return bench_->exportTogether(file);
    bench_->exportWhole(file);
  });
  dialog->open();
}

void MainWindow::paste() {
  const QMimeData* mime = QApplication::clipboard()->mimeData();
  if (mime && take(*mime, Side::front)) return;
  bench_->say({Message::Kind::note,
               stage_,
               tr("There is no picture in the clipboard"),
               tr("Copy a picture in another program, then paste it here."),
               {},
               {},
               {}});
}

void MainWindow::refreshUndo() {
  const auto show = [](QAction* action, const QString& verb, const QString& what) {
    action->setEnabled(!what.isEmpty());
    action->setText(what.isEmpty() ? verb : QString("%1: %2").arg(verb, what));
    action->setToolTip(QString("%1 (%2)").arg(
        action->text(), action->shortcut().toString(QKeySequence::NativeText)));
  };
  show(undo_, tr("Undo"), bench_->store().undoName());
  show(redo_, tr("Redo"), bench_->store().redoName());
}

}  // namespace maquette
