#include "app/main_window.h"

#include <QCloseEvent>
#include <QDropEvent>
#include <QFileInfo>
#include <QMimeData>
#include <QStackedWidget>
#include <QToolButton>

#include "app/card_stack.h"
#include "app/centre.h"
#include "app/drop_overlay.h"
#include "app/empty_state.h"
#include "app/file_path.h"
#include "app/jobs_line.h"
#include "app/memory_gauge.h"
#include "app/part_list.h"
#include "app/samples.h"
#include "app/stage_path.h"
#include "ui_main_window.h"

namespace maquette {
namespace {

/// Enough for the finest default shape, and quick to cut out.
constexpr int kSampleSide = 1024;

}  // namespace

MainWindow::MainWindow(Services& services, Settings& settings, Theme& theme)
    : settings_(settings),
      theme_(theme),
      monitor_(*services.monitor),
      ui_(std::make_unique<Ui::MainWindow>()),
      bench_(std::make_unique<Workbench>(services, settings)),
      tool_(new ClickTool(*bench_, this)) {
  ui_->setupUi(this);
  centre_ = new Centre(*bench_, *tool_, theme, this);
  path_ = new StagePath(*bench_, theme, this);
  panels_ = new QStackedWidget(this);
  cards_ = new CardStack(theme, this);
  parts_ = new PartList(*bench_, theme, this);
  jobsLine_ = new JobsLine(bench_->jobs(), theme, this);
  gauge_ = new MemoryGauge(theme, this);
  probe_ = new MemoryProbe(*services.monitor, services.neural, services.models, this);
  assemble();
  dropOverlay_ = new DropOverlay(theme, this);
  setAcceptDrops(true);
  connectPieces();
  if (!settings.windowGeometry.isEmpty()) restoreGeometry(settings.windowGeometry);
  setStage(Stage::picture);
  refreshUndo();
  refreshSides();
}

MainWindow::~MainWindow() {
  // What listens to the workbench goes before it does.
  delete ui_->body;
  delete tool_;
  delete probe_;
}

void MainWindow::assemble() {
  // A widget inside instead of Qt's central widget with docks: every piece has one fixed place.
  setCentralWidget(ui_->body);
  for (QWidget* widget : {ui_->topBar, ui_->stagePanel, ui_->bottomLine})
    widget->setAttribute(Qt::WA_StyledBackground);
  ui_->stagePanel->layout()->addWidget(cards_);
  ui_->stagePanel->layout()->addWidget(panels_);
  ui_->middleHost->layout()->addWidget(centre_);
  ui_->partsHost->layout()->addWidget(parts_);
  auto* bottom = static_cast<QHBoxLayout*>(ui_->bottomLine->layout());
  bottom->addWidget(jobsLine_, 1);
  bottom->addWidget(gauge_);
  makePanels();
  makeActions();
  makeTopBar();
}

void MainWindow::makePanels() {
  picturePanel_ = new PicturePanel(*bench_, centre_->picture(), theme_, this);
  auto* print = new PrintPanel(*bench_, this);
  panels_->addWidget(picturePanel_);
  panels_->addWidget(new ShapePanel(*bench_, this));
  panels_->addWidget(new PartsPanel(*bench_, this));
  panels_->addWidget(print);
  connect(picturePanel_, &PicturePanel::openWanted, this, &MainWindow::askOpen);
  connect(picturePanel_, &PicturePanel::pictureWanted, this, &MainWindow::askPicture);
  connect(picturePanel_, &PicturePanel::shapeStarted, this, [this] { setStage(Stage::shape); });
  connect(print, &PrintPanel::exportWanted, this, &MainWindow::askExport);
}

void MainWindow::makeTopBar() {
  auto* row = static_cast<QHBoxLayout*>(ui_->topBar->layout());
  row->setContentsMargins(8, 0, 8, 0);
  row->setSpacing(4);
  const auto button = [&](const QString& name, const QString& icon, const QString& tip) {
    auto* made = new QToolButton(ui_->topBar);
    made->setObjectName(name);
    theme_.setIcon(made, icon);
    made->setToolTip(tip);
    made->setAccessibleName(tip);
    made->setFixedSize(32, 32);
    row->addWidget(made);
    return made;
  };
  QToolButton* file = button("fileMenu", "open", tr("Open, paste, export"));
  file->setMenu(makeFileMenu());
  file->setPopupMode(QToolButton::InstantPopup);
  row->addWidget(path_);
  row->addStretch();
  for (QAction* action : {undo_, redo_}) {
    QToolButton* made = button(action->objectName() + "Button", action->objectName(), {});
    const auto follow = [made, action] {
      made->setEnabled(action->isEnabled());
      made->setToolTip(action->toolTip());
      made->setAccessibleName(action->text());
    };
    connect(action, &QAction::changed, made, follow);
    connect(made, &QToolButton::clicked, action, &QAction::trigger);
    follow();
  }
  row->addSpacing(12);
  QToolButton* settings = button("settings", "settings", tr("Settings"));
  settings->setMenu(makeSettingsMenu());
  settings->setPopupMode(QToolButton::InstantPopup);
  QToolButton* help = button("help", "help", tr("Help"));
  help->setMenu(makeHelpMenu());
  help->setPopupMode(QToolButton::InstantPopup);
}

void MainWindow::connectPieces() {
  connect(path_, &StagePath::chosen, this, &MainWindow::setStage);
  const auto show = [this](const QString& name, Stage stage) {
    if (!name.isEmpty()) setWindowTitle(tr("%1 – Maquette").arg(name));
    cards_->clear(Stage::picture);
    setStage(stage);
  };
  connect(bench_.get(), &Workbench::meshOpened, this,
          [show](const QString& name) { show(name, Stage::parts); });
  connect(&bench_->sources(), &Sources::arrived, this, [show](Side side, const QString& name) {
    show(side == Side::front ? name : QString(), Stage::picture);
  });
  connect(bench_.get(), &Workbench::said, cards_, &CardStack::add);
  connect(bench_.get(), &Workbench::withdrawn, cards_, &CardStack::withdraw);
  connect(bench_.get(), &Workbench::modelsWanted, this, &MainWindow::showModels);
  connect(bench_.get(), &Workbench::segmenterChanged, this, [this] {
    if (stage_ == Stage::parts) tool_->warmUp();
  });
  connect(&bench_->store(), &DocumentStore::changed, this, [this] {
    refreshUndo();
    refreshSides();
  });
  connect(&centre_->emptyState(), &EmptyState::openWanted, this, &MainWindow::askOpen);
  connect(&centre_->emptyState(), &EmptyState::sampleChosen, this, &MainWindow::openSample);
  connect(probe_, &MemoryProbe::sampled, gauge_, &MemoryGauge::show);
  connect(&bench_->jobs(), &JobBoard::came, gauge_, &MemoryGauge::startJob);
  connect(gauge_, &MemoryGauge::warned, this, [this](const MemoryWarning& warning) {
    bench_->say({Message::Kind::note, stage_, warning.title, warning.text, {}, {}, {}});
  });
  connect(bench_.get(), &Workbench::statesChanged, this, &MainWindow::showMemoryPlans);
  connect(&bench_->jobs(), &JobBoard::changed, this, &MainWindow::showMemoryOfJobs);
  connect(&bench_->jobs(), &JobBoard::ticked, this, &MainWindow::showMemoryOfJobs);
  probe_->start();

  // One selection: the list and the view light up together.
  connect(parts_, &PartList::selectionChanged, this,
          [this](PartId part) { centre_->viewport().setHighlighted(part); });
  connect(&centre_->viewport(), &ViewportWidget::surfaceClicked, this,
          [this](std::uint32_t face, Vec3, Qt::KeyboardModifiers) {
            const auto& labels = bench_->document().segmentation.labels;
            if (centre_->clicking() || !labels || face >= labels->size()) return;
            parts_->select((*labels)[face]);
            centre_->viewport().setHighlighted((*labels)[face]);
          });
  connect(&centre_->viewport(), &ViewportWidget::backgroundClicked, this, [this] {
    parts_->select(PartId::none);
    centre_->viewport().setHighlighted(PartId::none);
  });
}

void MainWindow::setStage(Stage stage) {
  stage_ = stage;
  path_->setCurrent(stage);
  // Under cards there is little room: no page but the one in sight asks for some.
  for (int i = 0; i < panels_->count(); ++i)
    panels_->widget(i)->setSizePolicy(QSizePolicy::Preferred, i == static_cast<int>(stage)
                                                                  ? QSizePolicy::Preferred
                                                                  : QSizePolicy::Ignored);
  panels_->setCurrentIndex(static_cast<int>(stage));
  cards_->setStage(stage);
  centre_->setStage(stage);
  refreshSides();
  if (stage == Stage::parts) tool_->warmUp();
}

void MainWindow::openSample(const QString& file) {
  bench_->sources().use(drawSample(file, kSampleSide), QFileInfo(file).completeBaseName(),
                        Side::front);
}

void MainWindow::refreshSides() {
  const Document& now = bench_->document();
  ui_->partsHost->setVisible(now.shape && stage_ != Stage::picture);
}

bool MainWindow::take(const QMimeData& mime, Side side) {
  if (const QString file = localFileOf(mime); !file.isEmpty()) {
    if (side == Side::front)
      bench_->open(file);
    else
      bench_->sources().open(file, side);
    return true;
  }
  if (mime.hasImage()) {
    bench_->sources().use(qvariant_cast<QImage>(mime.imageData()), tr("the pasted picture"), side);
    return true;
  }
  return false;
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
  const QString file = localFileOf(*event->mimeData());
  if (file.isEmpty() && !event->mimeData()->hasImage()) return;
  event->acceptProposedAction();
  const bool mesh = !file.isEmpty() && looksLikeMesh(pathOf(file));
  const Document& now = bench_->document();
  const QString more = mesh && (now.shape || now.sources)
                           ? tr("It takes the place of what is open. Undo brings that back.")
                       : mesh      ? tr("Then find its parts.")
                       : now.shape ? tr("The shape stays until you make a new one.")
                                   : tr("The object is cut out of the picture first.");
  std::vector<DropOverlay::Choice> choices{{mesh          ? tr("Open this mesh")
                                            : now.sources ? tr("Use this picture instead")
                                                          : tr("Make a shape"),
                                            more}};
  if (!mesh && now.sources)
    for (const Side side : {Side::left, Side::back, Side::right})
      choices.push_back(
          {tr("Use as %1 view").arg(nameOf(side).toLower()),
           now.sources->at(side) ? tr("Instead of the one that is there.") : QString()});
  dropOverlay_->offer(std::move(choices));
  dropOverlay_->pointTo(event->position().toPoint());
}

void MainWindow::dragMoveEvent(QDragMoveEvent* event) {
  dropOverlay_->pointTo(event->position().toPoint());
  event->acceptProposedAction();
}

void MainWindow::dragLeaveEvent(QDragLeaveEvent*) { dropOverlay_->hide(); }

void MainWindow::dropEvent(QDropEvent* event) {
  dropOverlay_->hide();
  dropOverlay_->pointTo(event->position().toPoint());
  constexpr Side kFields[] = {Side::front, Side::left, Side::back, Side::right};  // as offered
  if (take(*event->mimeData(), kFields[dropOverlay_->chosen()])) event->acceptProposedAction();
}

void MainWindow::closeEvent(QCloseEvent* event) {
  settings_.windowGeometry = saveGeometry();
  bench_->jobs().cancelAll();
  event->accept();
}

}  // namespace maquette
