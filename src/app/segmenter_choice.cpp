#include "app/segmenter_choice.h"

#include <QComboBox>
#include <QGridLayout>
#include <QLabel>
#include <QPushButton>
#include <QStyle>
#include <QWheelEvent>

namespace maquette {
namespace {

constexpr int kFieldWidth = 116;  // pixels; as the rows below

class Choices : public QComboBox {
 public:
  using QComboBox::QComboBox;

 protected:
  void wheelEvent(QWheelEvent* event) override { event->ignore(); }  // the panel scrolls instead
};

QString text(const std::string& words) { return QString::fromStdString(words); }

}  // namespace

SegmenterChoice::SegmenterChoice(Workbench& bench, QWidget* parent)
    : QWidget(parent),
      bench_(bench),
      choice_(new Choices(this)),
      needs_(new QLabel(this)),
      weights_(new QPushButton(tr("Get the weights…"), this)) {
  setObjectName("segmenterChoice");
  choice_->setObjectName("segmenter");
  choice_->setAccessibleName(tr("Method"));
  choice_->setFixedWidth(kFieldWidth);
  const QString tip =
      tr("Who finds the parts, and answers clicks: geometry alone, or a network that has seen many "
         "objects.");
  choice_->setToolTip(tip);
  needs_->setObjectName("segmenterNeeds");
  needs_->setWordWrap(true);
  needs_->setTextFormat(Qt::PlainText);
  weights_->setObjectName("getWeights");
  weights_->setProperty("role", "link");
  weights_->setCursor(Qt::PointingHandCursor);
  auto* label = new QLabel(tr("Method"), this);
  label->setToolTip(tip);
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(8);
  grid->setVerticalSpacing(4);
  grid->addWidget(label, 0, 0);
  grid->addWidget(choice_, 0, 1, Qt::AlignRight);
  grid->addWidget(needs_, 1, 0, 1, 2);
  grid->addWidget(weights_, 2, 0, 1, 2, Qt::AlignLeft);
  for (const ModelEntry* entry : segmentersIn(bench.services().registry))
    choice_->addItem(entry->id == kClassical ? tr("Classical") : text(entry->label),
                     text(entry->id));
  connect(choice_, &QComboBox::activated, this,
          [this] { bench_.chooseSegmenter(choice_->currentData().toString().toStdString()); });
  connect(weights_, &QPushButton::clicked, this,
          [this] { Q_EMIT bench_.modelsWanted(bench_.segmenter().id); });
  refresh();
}

SegmenterChoice::Words SegmenterChoice::needs(const ModelEntry& entry) const {
  // What to do about it stands below, as a button.
  if (const std::string why = whyUnavailable(entry); !why.empty())
    return {text(why).section(". ", 0, 0) + (why.find(". ") == std::string::npos ? "" : ".")};
  const MeshPtr mesh = bench_.document().shape;
  const JobSize size = sizeOfAutomatic(mesh, bench_.settings().parts);
  const auto plan =
      outcomeOf([&] { return bench_.services().models.plan<PartSegmenter>(entry.id, size); });
  if (plan.failed()) return {text(plan.failure().message), "trouble"};
  const std::string& loss = plan->chosen().loss;
  QString said = tr("Needs %1.").arg(text(spokenPlan(*plan)));
  if (!loss.empty()) said += " " + text(loss);
  return {said, loss.empty() ? "small" : "caution"};
}

void SegmenterChoice::refresh() {
  const ModelEntry& entry = bench_.segmenter();
  choice_->setCurrentIndex(choice_->findData(text(entry.id)));
  usable_ = whyUnavailable(entry).empty();
  // Weights can be got; a plug-in that is not in this build cannot.
  weights_->setVisible(!usable_ && bench_.services().neural.unavailable().empty());
  if (!isVisible()) return;  // the rest asks the machine, and is done when it is seen
  const Words words = needs(entry);
  needs_->setText(words.text);
  needs_->setToolTip(text(whyUnavailable(entry)));
  if (needs_->property("role") != words.role) {
    needs_->setProperty("role", words.role);
    needs_->style()->unpolish(needs_);
    needs_->style()->polish(needs_);
  }
}

void SegmenterChoice::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  refresh();
}

}  // namespace maquette
