#include "app/panels.h"

#include <QStyle>

#include "app/param_form.h"
#include "app/segmenter_choice.h"
#include "core/geometry/bounds.h"
#include "ui_parts_panel.h"
#include "ui_picture_panel.h"
#include "ui_print_panel.h"
#include "ui_shape_panel.h"

namespace maquette {
namespace {

/// Which of two buttons is the one primary.
void setPrimary(QPushButton* button, bool primary) {
  if (button->property("role").toString() == (primary ? "primary" : "")) return;
  button->setProperty("role", primary ? "primary" : "");
  button->style()->unpolish(button);
  button->style()->polish(button);
}

QString spokenCount(std::size_t count) {
  QString digits = QString::number(count);
  for (int at = int(digits.size()) - 3; at > 0; at -= 3) digits.insert(at, QChar(0x202f));
  return digits;
}

QString spokenSize(const Mesh& mesh) {
  const Vec3 size = boundsOf(mesh).size();
  const auto mm = [](float value) {
    return QString::number(double(value), 'f', value < 10 ? 1 : 0);
  };
  return QString::fromUtf8("%1 × %2 × %3").arg(mm(size.x), mm(size.y), mm(size.z)) + QChar(0x202f) +
         "mm";
}

template <class Panel>
void follow(Workbench& bench, Panel* panel, void (Panel::*refresh)()) {
  QObject::connect(&bench.store(), &DocumentStore::changed, panel, refresh);
  QObject::connect(&bench, &Workbench::statesChanged, panel, refresh);
}

}  // namespace

// --- Picture

PicturePanel::PicturePanel(Workbench& bench, PictureView& view, const Theme& theme, QWidget* parent)
    : QWidget(parent),
      bench_(bench),
      view_(view),
      ui_(std::make_unique<Ui::PicturePanel>()),
      slots_(new ViewSlots(bench, theme, this)) {
  ui_->setupUi(this);
  ui_->views->addWidget(slots_);
  connect(slots_, &ViewSlots::chosen, &view, &PictureView::setSide);
  connect(slots_, &ViewSlots::pictureWanted, this, &PicturePanel::pictureWanted);
  connect(&view, &PictureView::sideChanged, this, &PicturePanel::refresh);
  connect(&bench.sources(), &Sources::arrived, &view, &PictureView::setSide);
  connect(ui_->removeView, &QPushButton::clicked, this,
          [this] { bench_.sources().remove(view_.side()); });
  using Brush = PictureView::Brush;
  const auto choose = [this](Brush brush, bool on) { view_.setBrush(on ? brush : Brush::none); };
  connect(ui_->brushKeep, &QPushButton::clicked, this, [=](bool on) { choose(Brush::keep, on); });
  connect(ui_->brushRemove, &QPushButton::clicked, this,
          [=](bool on) { choose(Brush::remove, on); });
  ui_->brushKeep->setToolTip(tr("Paint over what belongs to the object (B)"));
  ui_->brushRemove->setToolTip(tr("Paint over what does not belong to the object"));
  connect(ui_->brushSize, &QSlider::valueChanged, this,
          [this](int percent) { view_.setBrushSize(percent / 100.); });
  connect(ui_->clearStrokes, &QPushButton::clicked, this,
          [this] { bench_.sources().setStrokes(view_.side(), {}); });
  connect(ui_->openFile, &QPushButton::clicked, this, &PicturePanel::openWanted);
  connect(ui_->makeShape, &QPushButton::clicked, this, [this] {
    view_.setBrush(Brush::none);
    bench_.makeShape();
    Q_EMIT shapeStarted();
  });
  connect(&view, &PictureView::brushChanged, this, &PicturePanel::refresh);
  follow(bench, this, &PicturePanel::refresh);
  refresh();
}

PicturePanel::~PicturePanel() = default;

void PicturePanel::toggleBrush() {
  using Brush = PictureView::Brush;
  view_.setBrush(view_.brush() == Brush::none ? Brush::keep : Brush::none);
}

void PicturePanel::refresh() {
  const auto& sources = bench_.document().sources;
  const bool picture = sources && sources->front;
  const bool cut = picture && sources->at(view_.side()).cutout;
  const bool alone = picture && !sources->left && !sources->right && !sources->back;
  const bool busy = bench_.jobs().busy(Stage::picture);
  ui_->hint->setText(
      !picture ? tr("One picture, seen from the front. A plain or transparent background works "
                    "best.")
      : busy   ? tr("Looking for the object in the picture.")
      : !cut   ? tr("The object will be cut out when the shape is made. Paint to help.")
               : tr("What is veiled will be left out. Paint to correct it."));
  for (QWidget* widget :
       std::initializer_list<QWidget*>{ui_->brushHeading, ui_->brushKeep, ui_->brushRemove,
                                       ui_->brushSizeLabel, ui_->brushSize})
    widget->setVisible(picture);
  ui_->clearStrokes->setVisible(!bench_.sources().strokes(view_.side()).strokes.empty());
  slots_->setCurrent(view_.side());
  slots_->setVisible(picture);
  ui_->viewsHint->setVisible(alone);
  ui_->removeView->setText(tr("Remove the %1 view").arg(nameOf(view_.side()).toLower()));
  ui_->removeView->setVisible(picture && view_.side() != Side::front);
  ui_->brushKeep->setChecked(view_.brush() == PictureView::Brush::keep);
  ui_->brushRemove->setChecked(view_.brush() == PictureView::Brush::remove);
  ui_->makeShape->setEnabled(picture && !busy && !bench_.jobs().busy(Stage::shape));
  ui_->makeShape->setVisible(picture);
  ui_->openFile->setText(picture ? tr("Open another…") : tr("Open a picture or a mesh…"));
  setPrimary(ui_->openFile, !picture);
}

// --- Shape

ShapePanel::ShapePanel(Workbench& bench, QWidget* parent)
    : QWidget(parent), bench_(bench), ui_(std::make_unique<Ui::ShapePanel>()) {
  ui_->setupUi(this);
  addParamRows(*ui_->fields, shapeFields(), bench.settings().shape, [](const ParamEdit&) {});
  connect(ui_->makeShapeAgain, &QPushButton::clicked, this, [this] { bench_.makeShape(); });
  follow(bench, this, &ShapePanel::refresh);
  refresh();
}

ShapePanel::~ShapePanel() = default;

void ShapePanel::refresh() {
  const Document& now = bench_.document();
  const bool picture = now.sources && now.sources->front;
  const auto state = bench_.stateOf(Stage::shape);
  ui_->hint->setText(!state.stale.isEmpty()   ? state.stale
                     : !picture && !now.shape ? tr("Open a picture first.")
                     : !picture               ? tr("This object came as a mesh.")
                     : now.shape              ? tr("Change a setting and make it again.")
                                              : tr("A full, round object from your picture."));
  ui_->facts->setText(
      now.shape ? tr("%1 · %2 triangles")
                      .arg(spokenSize(*now.shape), spokenCount(now.shape->triangles.size()))
                : QString());
  ui_->facts->setVisible(now.shape != nullptr);
  ui_->makeShapeAgain->setEnabled(picture && !state.busy);
}

// --- Parts

PartsPanel::PartsPanel(Workbench& bench, QWidget* parent)
    : QWidget(parent),
      bench_(bench),
      ui_(std::make_unique<Ui::PartsPanel>()),
      method_(new SegmenterChoice(bench, this)) {
  ui_->setupUi(this);
  // Where cards take its room, what is set scrolls rather than shrinks; what is done stays in
  // sight.
  ui_->settings->setAutoFillBackground(false);
  ui_->scroll->viewport()->setAutoFillBackground(false);
  ui_->method->addWidget(method_);
  const auto show = addParamRows(*ui_->findFields, autoFields(), bench.settings().parts,
                                 [this](const ParamEdit& edit) { edited(edit); });
  connect(&bench, &Workbench::partSettingsChanged, this, show);
  addParamRows(*ui_->solidFields, completeFields(), bench.settings().solids,
               [](const ParamEdit&) {});
  connect(ui_->findParts, &QPushButton::clicked, this, [this] { bench_.findParts(); });
  connect(ui_->makeSolids, &QPushButton::clicked, this, [this] { bench_.makeSolids(); });
  follow(bench, this, &PartsPanel::refresh);
  refresh();
}

PartsPanel::~PartsPanel() = default;

void PartsPanel::edited(const ParamEdit& edit) {
  if (edit.name == "points" || edit.name == "snap" || edit.name == "snap-mm")
    bench_.noteClickSettings();
  // What masks were made with takes the network again, and other memory; the rest goes without.
  if (edit.name == "points" || edit.name == "prompts") return method_->refresh();
  if (edit.name != "faithful") bench_.refineParts(edit.held);
}

void PartsPanel::refresh() {
  const Document& now = bench_.document();
  const bool parts = !now.segmentation.empty();
  const auto state = bench_.stateOf(Stage::parts);
  method_->refresh();
  showRowsFor(*ui_->findFields, bench_.segmenter().id);
  ui_->hint->setText(!now.shape ? tr("Make a shape or open a mesh first.")
                     : !parts   ? tr("Let Maquette find the parts, or click them on the object.")
                                : tr("Click a part to take it, Ctrl-click what does not belong."));
  ui_->state->setText(!state.stale.isEmpty() ? state.stale
                      : state.done           ? tr("Every part is closed and printable.")
                                             : QString());
  ui_->state->setVisible(!ui_->state->text().isEmpty());
  ui_->findParts->setText(parts ? tr("Find parts again") : tr("Find parts"));
  ui_->findParts->setEnabled(now.shape && !state.busy && method_->usable());
  ui_->makeSolids->setVisible(parts);
  ui_->makeSolids->setEnabled(parts && !state.busy);
  ui_->solidsHeading->setEnabled(parts);
  setPrimary(ui_->findParts, !parts);
}

// --- Print

PrintPanel::PrintPanel(Workbench& bench, QWidget* parent)
    : QWidget(parent), bench_(bench), ui_(std::make_unique<Ui::PrintPanel>()) {
  ui_->setupUi(this);
  ui_->partFiles->setChecked(true);
  for (QRadioButton* button : {ui_->partFiles, ui_->together, ui_->whole})
    connect(button, &QRadioButton::toggled, this, &PrintPanel::refresh);
  connect(ui_->exportFiles, &QPushButton::clicked, this, [this] {
    if (needsSolids()) return bench_.makeSolids();
    Q_EMIT exportWanted(kind());
  });
  follow(bench, this, &PrintPanel::refresh);
  refresh();
}

PrintPanel::~PrintPanel() = default;

PrintPanel::Kind PrintPanel::kind() const {
  return ui_->whole->isChecked()      ? Kind::whole
         : ui_->together->isChecked() ? Kind::together
                                      : Kind::partFiles;
}

bool PrintPanel::needsSolids() const {
  return kind() != Kind::whole && !bench_.document().segmentation.empty() &&
         !bench_.solidsComplete();
}

void PrintPanel::refresh() {
  const Document& now = bench_.document();
  const bool solids = bench_.solidsComplete();
  ui_->size->setText(now.shape ? spokenSize(*now.shape) : tr("Nothing to print yet"));
  ui_->hint->setText(!now.shape ? tr("Make a shape or open a mesh first.")
                     : solids   ? tr("Every part is closed and printable.")
                     : now.segmentation.empty()
                         ? tr("Find parts first, or export the whole as one STL.")
                         : tr("Parts need solids before they can be exported."));
  const auto state = bench_.stateOf(Stage::print);
  ui_->state->setText(state.stale);
  ui_->state->setVisible(!state.stale.isEmpty());
  const bool busy = state.busy || bench_.stateOf(Stage::parts).busy;
  ui_->exportFiles->setText(needsSolids() ? tr("Make solids") : tr("Export…"));
  ui_->exportFiles->setEnabled(now.shape && !busy &&
                               (kind() == Kind::whole || solids || needsSolids()));
}

}  // namespace maquette
