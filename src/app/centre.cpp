#include "app/centre.h"

#include <QButtonGroup>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QStackedLayout>
#include <QToolButton>
#include <cmath>

#include "app/empty_state.h"
#include "app/picture_view.h"

namespace maquette {
namespace {

constexpr int kMargin = 12;

/// A small translucent panel over the view.
QWidget* overlay(QWidget* parent, const QString& name) {
  auto* panel = new QWidget(parent);
  panel->setProperty("role", "overlay");
  panel->setObjectName(name);
  panel->setAttribute(Qt::WA_StyledBackground);
  auto* row = new QHBoxLayout(panel);
  row->setContentsMargins(4, 4, 4, 4);
  row->setSpacing(4);
  return panel;
}

QWidget* divider(QWidget* parent) {
  auto* line = new QWidget(parent);
  line->setProperty("role", "divider");
  line->setAttribute(Qt::WA_StyledBackground);
  line->setFixedSize(1, 20);
  return line;
}

}  // namespace

Centre::Centre(Workbench& bench, ClickTool& tool, const Theme& theme, QWidget* parent)
    : QWidget(parent),
      bench_(bench),
      tool_(tool),
      theme_(theme),
      empty_(new EmptyState(bench, theme, this)),
      picture_(new PictureView(bench, theme, this)),
      viewport_(new ViewportWidget(this)),
      pages_(new QStackedLayout(this)),
      styles_(makeStyleChooser()),
      strip_(makeToolStrip()),
      candidates_(makeCandidateBar()),
      hint_(new QLabel(this)) {
  setObjectName("centre");
  setAttribute(Qt::WA_StyledBackground);
  pages_->setContentsMargins(0, 0, 0, 0);
  for (QWidget* page : std::initializer_list<QWidget*>{empty_, picture_, viewport_})
    pages_->addWidget(page);
  hint_->setObjectName("viewHint");
  hint_->setProperty("role", "overlay");
  hint_->setContentsMargins(8, 4, 8, 4);
  hint_->hide();
  viewport_->setDark(theme.dark());
  connect(&theme, &Theme::changed, this, [this] { viewport_->setDark(theme_.dark()); });
  connect(&bench.store(), &DocumentStore::changed, this,
          [this](const Document& before, const Document& after) {
            viewport_->present(before, after);
            choosePage();
          });
  connect(&bench, &Workbench::statesChanged, this, &Centre::choosePage);
  connect(&tool, &ClickTool::proposed, this, &Centre::showProposal);
  connect(viewport_, &ViewportWidget::proposalScrolled, &tool, &ClickTool::step);
  connect(viewport_, &ViewportWidget::surfaceClicked, this,
          [this](std::uint32_t face, Vec3 position, Qt::KeyboardModifiers modifiers) {
            if (clicking()) tool_.click(face, position, !(modifiers & Qt::ControlModifier));
          });
  choosePage();
}

QToolButton* Centre::tool(QWidget* parent, const QString& name, const QString& icon,
                          const QString& tip, bool checkable) {
  auto* button = new QToolButton(parent);
  button->setObjectName(name);
  theme_.setIcon(button, icon);
  button->setToolTip(tip);
  button->setAccessibleName(tip);
  button->setCheckable(checkable);
  button->setFixedSize(32, 32);
  parent->layout()->addWidget(button);
  return button;
}

QWidget* Centre::makeStyleChooser() {
  QWidget* panel = overlay(this, "styleChooser");
  auto* styles = new QComboBox(panel);
  styles->setObjectName("viewStyle");
  styles->setToolTip(tr("How the surface is drawn"));
  using Style = ViewportWidget::Style;
  for (const auto& [name, style] : {std::pair{tr("Parts"), Style::parts},
                                    {tr("Colour"), Style::colour},
                                    {tr("Smooth"), Style::smooth},
                                    {tr("Flat"), Style::flat}})
    styles->addItem(name, QVariant::fromValue(int(style)));
  styles->setFixedWidth(104);
  panel->layout()->addWidget(styles);
  connect(styles, &QComboBox::activated, this, [this] { styleChosen_ = true; });
  connect(styles, &QComboBox::currentIndexChanged, this, [this, styles] {
    viewport_->setStyle(static_cast<Style>(styles->currentData().toInt()));
  });
  return panel;
}

QWidget* Centre::makeToolStrip() {
  QWidget* panel = overlay(this, "toolStrip");
  auto* hands = new QButtonGroup(this);
  pointer_ = tool(panel, "toolPointer", "pointer", tr("Select a part by clicking it"), true);
  click_ = tool(panel, "toolClick", "click",
                tr("Take a part: click what belongs to it, Ctrl-click what does not"), true);
  hands->addButton(pointer_);
  hands->addButton(click_);
  click_->setChecked(true);
  panel->layout()->addWidget(handsDivider_ = divider(panel));
  explode_ = tool(panel, "toolExplode", "explode", tr("Pull the parts apart (X)"), true);
  wire_ = tool(panel, "toolWire", "wire", tr("Show the triangles (Z)"), true);
  QToolButton* frame = tool(panel, "toolFrame", "frame", tr("Show all of it (F)"), false);
  connect(hands, &QButtonGroup::buttonToggled, this, [this] {
    if (!clicking()) tool_.drop();
    choosePage();
  });
  connect(explode_, &QToolButton::toggled, this, [this](bool on) {
    viewport_->setExplode(on ? 1.f : 0.f);
    viewport_->frameAll();  // what moved outwards would be out of sight
  });
  connect(wire_, &QToolButton::toggled, this, [this](bool on) { viewport_->setWireframe(on); });
  connect(frame, &QToolButton::clicked, this, [this] { viewport_->frameAll(); });
  return panel;
}

QWidget* Centre::makeCandidateBar() {
  QWidget* panel = overlay(this, "candidateBar");
  const auto button = [&](const QString& name, const QString& text, const QString& tip) {
    auto* made = new QPushButton(text, panel);
    made->setObjectName(name);
    made->setToolTip(tip);
    panel->layout()->addWidget(made);
    return made;
  };
  smaller_ = button("smaller", tr("Smaller"), tr("Take less (wheel)"));
  which_ = new QLabel(panel);
  which_->setObjectName("candidateWhich");
  which_->setAlignment(Qt::AlignCenter);
  which_->setMinimumWidth(112);
  panel->layout()->addWidget(which_);
  larger_ = button("larger", tr("Larger"), tr("Take more (wheel)"));
  panel->layout()->addWidget(divider(panel));
  QPushButton* keep = button("keep", tr("Keep as a part"), tr("Enter"));
  keep->setProperty("role", "primarySmall");
  QPushButton* drop = button("drop", tr("Drop"), tr("Esc"));
  connect(smaller_, &QPushButton::clicked, this, [this] { tool_.step(-1); });
  connect(larger_, &QPushButton::clicked, this, [this] { tool_.step(+1); });
  connect(keep, &QPushButton::clicked, this, [this] { tool_.keep(); });
  connect(drop, &QPushButton::clicked, this, [this] { tool_.drop(); });
  panel->hide();
  return panel;
}

void Centre::showProposal(const std::shared_ptr<const FaceMask>& mask) {
  viewport_->setProposal(mask);
  if (mask) {
    QString words = tr("%1 of %2 · %3 % sure")
                        .arg(tool_.index() + 1)
                        .arg(tool_.count())
                        .arg(int(std::lround(100.f * tool_.score())));
    if (const QString origin = tool_.origin(); !origin.isEmpty()) words += " · " + origin;
    which_->setText(words);
    smaller_->setEnabled(tool_.index() > 0);
    larger_->setEnabled(tool_.index() + 1 < tool_.count());
  }
  choosePage();
}

void Centre::setStage(Stage stage) {
  // Each step in the look it needs, until the user chooses one: a new shape in the picture's
  // colours, afterwards the parts in theirs.
  if (!styleChosen_ && stage != Stage::picture) {
    using Style = ViewportWidget::Style;
    auto* styles = styles_->findChild<QComboBox*>();
    styles->setCurrentIndex(
        styles->findData(int(stage == Stage::shape ? Style::colour : Style::parts)));
  }
  if (stage_ != stage && stage != Stage::parts) tool_.drop();
  stage_ = stage;
  choosePage();
}

bool Centre::clicking() const { return stage_ == Stage::parts && click_->isChecked(); }
bool Centre::exploded() const { return explode_->isChecked(); }
void Centre::setExploded(bool exploded) { explode_->setChecked(exploded); }
void Centre::toggleWire() { wire_->toggle(); }

void Centre::choosePage() {
  const Document& now = bench_.document();
  const bool picture = now.sources && now.sources->front;
  QWidget* page = empty_;
  if (now.shape && (stage_ != Stage::picture || !picture))
    page = viewport_;
  else if (picture)
    page = picture_;  // also while the first shape is being made: nothing else is there to see
  pages_->setCurrentWidget(page);
  const bool object = page == viewport_;
  styles_->setVisible(object);
  strip_->setVisible(object);
  candidates_->setVisible(object && tool_.hasProposal());
  explode_->setEnabled(!now.segmentation.empty());
  for (QWidget* widget : std::initializer_list<QWidget*>{pointer_, click_, handsDivider_})
    widget->setVisible(stage_ == Stage::parts);
  QString hint;
  if (object && clicking() && !tool_.hasProposal())
    hint = tr("Click a part of the object to take it");
  hint_->setText(hint);
  hint_->setVisible(!hint.isEmpty());
  place();
}

void Centre::place() {
  for (QWidget* panel : {styles_, strip_, candidates_, static_cast<QWidget*>(hint_)})
    panel->adjustSize();
  styles_->move(kMargin, kMargin);
  strip_->move((width() - strip_->width()) / 2, height() - strip_->height() - kMargin);
  candidates_->move((width() - candidates_->width()) / 2, strip_->y() - candidates_->height() - 8);
  hint_->move((width() - hint_->width()) / 2, strip_->y() - hint_->height() - 8);
  for (QWidget* panel : {styles_, strip_, candidates_, static_cast<QWidget*>(hint_)})
    panel->raise();
}

void Centre::resizeEvent(QResizeEvent*) { place(); }

}  // namespace maquette
