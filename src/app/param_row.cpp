#include "app/param_row.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QPushButton>
#include <QSignalBlocker>
#include <QSlider>
#include <QTimer>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <cmath>

namespace maquette {
namespace {

QString text(std::string_view view) { return QString::fromUtf8(view.data(), int(view.size())); }

/// Shows as many digits as matter and no trailing zeros.
class NumberField : public QDoubleSpinBox {
 public:
  using QDoubleSpinBox::QDoubleSpinBox;
  QString textFromValue(double value) const override { return QString::number(value, 'g', 5); }

 protected:
  void wheelEvent(QWheelEvent* event) override { event->ignore(); }  // the panel scrolls instead
};

class Choices : public QComboBox {
 public:
  using QComboBox::QComboBox;

 protected:
  void wheelEvent(QWheelEvent* event) override { event->ignore(); }
};

constexpr double kMostSliderSteps = 100.;
constexpr int kFieldWidth = 116;  // pixels
constexpr int kPause = 500;       // ms

}  // namespace

ParamRow::ParamRow(const Spec& spec, QWidget* parent)
    : QWidget(parent),
      model_(spec.model),
      standard_(spec.standard),
      zeroIsAutomatic_(spec.zeroIsAutomatic),
      step_(spec.step) {
  setObjectName(text(spec.name) + "Row");
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(8);
  grid->setVerticalSpacing(0);
  const QString tip = text(spec.help) + "\n" + tr("Double-click the name to reset.");
  auto* label = new QLabel(text(spec.label), this);
  label->installEventFilter(this);
  label->setToolTip(tip);
  label_ = label;
  grid->addWidget(label, 0, 0);
  if (spec.isSwitch)
    addSwitch(spec, *grid, tip);
  else if (!spec.choices.empty())
    addChoice(spec, *grid, tip);
  else
    addNumber(spec, *grid, tip);
}

void ParamRow::addNumber(const Spec& spec, QGridLayout& grid, const QString& tip) {
  field_ = new NumberField(this);
  field_->setObjectName(text(spec.name));
  field_->setAccessibleName(text(spec.label));
  field_->setDecimals(spec.whole ? 0 : 3);
  field_->setSingleStep(spec.step);
  field_->setFixedWidth(kFieldWidth);
  field_->setAlignment(Qt::AlignRight);
  field_->setButtonSymbols(QAbstractSpinBox::NoButtons);
  field_->setKeyboardTracking(false);
  // One step below the smallest stands for "automatic", so that scrolling down arrives there.
  field_->setRange(spec.zeroIsAutomatic ? spec.min - spec.step : spec.min, spec.max);
  if (spec.zeroIsAutomatic) field_->setSpecialValueText(tr("Automatic"));
  if (!spec.unit.empty()) field_->setSuffix(QString(QChar(0x202f)) + text(spec.unit));
  field_->setToolTip(tip);
  grid.addWidget(field_, 0, 1, Qt::AlignRight);
  if (!spec.zeroIsAutomatic && (spec.max - spec.min) / spec.step <= kMostSliderSteps) {
    slider_ = new QSlider(Qt::Horizontal, this);
    slider_->setObjectName(text(spec.name) + "Slider");
    slider_->setAccessibleName(text(spec.label));
    slider_->setRange(int(std::lround(spec.min / spec.step)),
                      int(std::lround(spec.max / spec.step)));
    slider_->setToolTip(tip);
    grid.addWidget(slider_, 1, 0, 1, 2);
    slider_->installEventFilter(this);
    connect(slider_, &QSlider::valueChanged, this, [this](int steps) {
      const QSignalBlocker quiet(field_);
      field_->setValue(steps * step_);
      stepped();
      Q_EMIT edited(field_->value());
    });
    connect(slider_, &QSlider::sliderReleased, this, &ParamRow::letGo);
  }
  field_->installEventFilter(this);
  pause_ = new QTimer(this);
  pause_->setSingleShot(true);
  pause_->setInterval(kPause);
  connect(pause_, &QTimer::timeout, this, &ParamRow::letGo);
  connect(field_, &QDoubleSpinBox::valueChanged, this, [this](double shown) {
    showValue(fromField(shown));
    stepped();
    Q_EMIT edited(fromField(shown));
  });
}

void ParamRow::addSwitch(const Spec& spec, QGridLayout& grid, const QString& tip) {
  switch_ = new QCheckBox(this);
  switch_->setObjectName(text(spec.name));
  switch_->setAccessibleName(text(spec.label));
  switch_->setToolTip(tip);
  grid.addWidget(switch_, 0, 1, Qt::AlignRight);
  connect(switch_, &QCheckBox::toggled, this, [this](bool on) { Q_EMIT edited(on ? 1. : 0.); });
}

void ParamRow::addChoice(const Spec& spec, QGridLayout& grid, const QString& tip) {
  choice_ = new Choices(this);
  choice_->setObjectName(text(spec.name));
  choice_->setAccessibleName(text(spec.label));
  for (const Choice& choice : spec.choices) choice_->addItem(text(choice.label));
  choice_->setFixedWidth(kFieldWidth);
  choice_->setToolTip(tip);
  grid.addWidget(choice_, 0, 1, Qt::AlignRight);
  connect(choice_, &QComboBox::currentIndexChanged, this,
          [this](int index) { Q_EMIT edited(double(index)); });
}

void ParamRow::setValue(double value) {
  const QSignalBlocker quiet(this);
  showValue(value);
}

bool ParamRow::held() const { return (slider_ && slider_->isSliderDown()) || stepping_; }

/// A key that is held, or pressed again and again, is one way from here to there.
void ParamRow::stepped() {
  if (slider_ && slider_->isSliderDown()) return;
  stepping_ = true;
  if (!keyDown_) pause_->start();
}

void ParamRow::letGo() {
  pause_->stop();
  stepping_ = keyDown_ = false;
  Q_EMIT released();
}

void ParamRow::setFolded(bool folded) {
  folded_ = folded;
  setVisible(known_ && !folded_);
}

void ParamRow::showFor(const std::string& model) {
  known_ = model_.empty() || model_ == model;
  setVisible(known_ && !folded_);
}

void ParamRow::showValue(double value) {
  if (switch_) return switch_->setChecked(value != 0.);
  if (choice_) return choice_->setCurrentIndex(int(value));
  const QSignalBlocker quietField(field_);
  field_->setValue(zeroIsAutomatic_ && value == 0. ? field_->minimum() : value);
  if (!slider_) return;
  const QSignalBlocker quietSlider(slider_);
  slider_->setValue(int(std::lround(value / step_)));
}

double ParamRow::fromField(double shown) const {
  return zeroIsAutomatic_ && shown <= field_->minimum() ? 0. : shown;
}

void foldUnderMore(QVBoxLayout& column, const std::vector<ParamRow*>& rows) {
  if (rows.empty()) return;
  auto* link = new QPushButton;
  link->setObjectName("more");
  link->setProperty("role", "link");
  link->setCheckable(true);
  const auto show = [link, rows](bool on) {
    link->setText(on ? ParamRow::tr("Less") : ParamRow::tr("More"));
    for (ParamRow* row : rows) row->setFolded(!on);
  };
  column.insertWidget(column.indexOf(rows.front()), link, 0, Qt::AlignLeft);
  QObject::connect(link, &QPushButton::toggled, link, show);
  show(false);
}

void showRowsFor(QVBoxLayout& column, const std::string& model) {
  // The link stands before the rows that it folds.
  QWidget* more = nullptr;
  bool folds = false;
  for (int i = 0; i < column.count(); ++i) {
    QWidget* widget = column.itemAt(i)->widget();
    if (auto* row = qobject_cast<ParamRow*>(widget)) {
      row->showFor(model);
      folds |= more && row->known();
    } else if (widget && widget->objectName() == "more") {
      more = widget;
    }
  }
  if (more) more->setVisible(folds);
}

void ParamRow::followKeys(const QEvent& event) {
  if (event.type() == QEvent::KeyPress) {
    keyDown_ = true;
    pause_->stop();
  } else if (event.type() == QEvent::FocusOut) {
    keyDown_ = false;
    if (stepping_) letGo();
  } else if (event.type() == QEvent::KeyRelease &&
             !static_cast<const QKeyEvent&>(event).isAutoRepeat()) {
    keyDown_ = false;
    if (stepping_) pause_->start();
  }
}

bool ParamRow::eventFilter(QObject* watched, QEvent* event) {
  if (watched == label_ && event->type() == QEvent::MouseButtonDblClick) {
    {
      const QSignalBlocker quiet(this);
      showValue(standard_);
    }
    Q_EMIT edited(standard_);
    return true;
  }
  if (watched != label_) followKeys(*event);
  return QWidget::eventFilter(watched, event);
}

}  // namespace maquette
