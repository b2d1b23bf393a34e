#include "app/doctor_dialog.h"

#include <QApplication>
#include <QClipboard>
#include <QLabel>
#include <QProgressBar>
#include <QPushButton>
#include <QScrollArea>
#include <QVBoxLayout>

namespace maquette {
namespace {

QLabel* wrapped(const QString& text, const QString& name) {
  auto* label = new QLabel(text);
  label->setObjectName(name);
  label->setWordWrap(true);
  label->setTextFormat(Qt::PlainText);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  return label;
}

QString words(std::string_view text) {
  return QString::fromUtf8(text.data(), qsizetype(text.size()));
}

QColor colourOf(Verdict verdict, const Colours& c) {
  return verdict == Verdict::works     ? c.accentText
         : verdict == Verdict::limited ? c.amber
         : verdict == Verdict::fails   ? c.red
                                       : c.muted;
}

/// The facts and the technical text, one a line.
QString detailsOf(const Finding& finding) {
  QStringList lines;
  for (const auto& [name, value] : finding.facts) lines << words(name) + ": " + words(value);
  if (!finding.detail.empty()) lines << words(finding.detail).trimmed();
  return lines.join('\n');
}

}  // namespace

DoctorDialog::DoctorDialog(const Theme& theme, QWidget* parent, DoctorOptions options)
    : QDialog(parent),
      theme_(theme),
      options_(std::move(options)),
      summary_(wrapped({}, "doctorSummary")),
      stage_(new QLabel),
      bar_(new QProgressBar),
      cancel_(new QPushButton(tr("Cancel"))),
      copy_(new QPushButton(tr("Copy report"))),
      again_(new QPushButton(tr("Check again"))),
      progress_(new QWidget),
      rows_(new QVBoxLayout),
      lane_("doctor") {
  setObjectName("doctorDialog");
  setWindowTitle(tr("Check this machine"));
  setAttribute(Qt::WA_DeleteOnClose);
  resize(620, 640);
  summary_->setProperty("role", "title");
  stage_->setProperty("role", "hint");
  bar_->setObjectName("doctorBar");
  bar_->setTextVisible(false);
  bar_->setRange(0, 1000);
  bar_->setAccessibleName(tr("Progress of the check"));
  cancel_->setObjectName("doctorCancel");
  copy_->setObjectName("doctorCopy");
  again_->setObjectName("doctorAgain");

  layOut();
  connect(cancel_, &QPushButton::clicked, this, [this] { job_.stop.request_stop(); });
  connect(copy_, &QPushButton::clicked, this, &DoctorDialog::copy);
  connect(again_, &QPushButton::clicked, this, &DoctorDialog::start);
  connect(&timer_, &QTimer::timeout, this, &DoctorDialog::showProgress);
  connect(&theme, &Theme::changed, this, &DoctorDialog::showFindings);
  timer_.setInterval(50);
  start();
}

DoctorDialog::~DoctorDialog() { job_.stop.request_stop(); }

void DoctorDialog::layOut() {
  auto* waiting = new QHBoxLayout(progress_);
  waiting->setContentsMargins(0, 0, 0, 0);
  waiting->addWidget(bar_, 1);
  waiting->addWidget(stage_, 2);
  waiting->addWidget(cancel_);

  auto* inner = new QWidget;
  inner->setLayout(rows_);
  rows_->setContentsMargins(0, 0, 8, 0);
  rows_->setSpacing(12);
  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setWidget(inner);

  auto* close = new QPushButton(tr("Close"));
  connect(close, &QPushButton::clicked, this, &QDialog::close);
  auto* buttons = new QHBoxLayout;
  buttons->addWidget(copy_);
  buttons->addWidget(again_);
  buttons->addStretch();
  buttons->addWidget(close);

  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(20, 16, 20, 16);
  column->setSpacing(12);
  column->addWidget(summary_);
  column->addWidget(progress_);
  column->addWidget(scroll, 1);
  column->addLayout(buttons);
}

void DoctorDialog::start() {
  report_.reset();
  showFindings();
  summary_->setText(tr("Checking this machine…"));
  for (QPushButton* button : {copy_, again_}) button->setEnabled(false);
  cancel_->setEnabled(true);
  progress_->show();
  cancel_->setFocus();
  job_ = lane_.run([options = options_](const Context& ctx) { return examine(options, ctx); });
  job_.then(this, [this](const Outcome<DoctorReport>& outcome) { finish(outcome); });
  timer_.start();
  showProgress();
}

void DoctorDialog::showProgress() {
  const Progress::Snapshot now = job_.progress->snapshot();
  bar_->setValue(int(1000.f * now.fraction));
  stage_->setText(words(now.stage));
  cancel_->setEnabled(!job_.stop.stop_requested());
}

void DoctorDialog::finish(const Outcome<DoctorReport>& outcome) {
  timer_.stop();
  progress_->hide();
  again_->setEnabled(true);
  if (outcome.hasValue()) {
    report_ = *outcome;
    summary_->setText(words(report_->summary));
    copy_->setEnabled(true);
    copy_->setFocus();
  } else {
    summary_->setText(outcome.cancelled() ? tr("The check was cancelled.")
                                          : words(outcome.failure().message));
    again_->setFocus();
  }
  showFindings();
}

void DoctorDialog::showFindings() {
  while (QLayoutItem* old = rows_->takeAt(0)) {
    delete old->widget();
    delete old;
  }
  if (report_)
    for (const Finding& finding : report_->findings) rows_->addWidget(makeRow(finding));
  rows_->addStretch();
}

QWidget* DoctorDialog::makeRow(const Finding& finding) {
  auto* row = new QWidget;
  row->setObjectName("finding-" + words(finding.id));
  auto* column = new QVBoxLayout(row);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(4);
  auto* head = new QHBoxLayout;
  auto* title = new QLabel(words(finding.title));
  title->setStyleSheet("font-weight: 600;");
  auto* verdict = new QLabel(words(spoken(finding.verdict)));
  verdict->setObjectName("verdict");
  verdict->setStyleSheet(QString("color: %1; font-weight: 600;")
                             .arg(colourOf(finding.verdict, theme_.colours()).name()));
  head->addWidget(title);
  head->addWidget(verdict);
  head->addStretch();
  column->addLayout(head);
  column->addWidget(wrapped(words(finding.summary), "findingSummary"));
  if (!finding.advice.empty())
    column->addWidget(wrapped(tr("To do: %1").arg(words(finding.advice)), "findingAdvice"));
  if (const QString details = detailsOf(finding); !details.isEmpty()) {
    auto* text = wrapped(details, "findingDetails");
    text->setProperty("role", "small");
    text->hide();
    auto* more = new QPushButton(tr("Details"));
    more->setObjectName("findingMore");
    more->setProperty("role", "link");
    more->setCheckable(true);
    more->setAccessibleName(tr("Details: %1").arg(words(finding.title)));
    connect(more, &QPushButton::toggled, text, &QWidget::setVisible);
    head->addWidget(more);
    column->addWidget(text);
  }
  return row;
}

void DoctorDialog::copy() {
  const QString program =
      QString("%1 %2").arg(QApplication::applicationName(), QApplication::applicationVersion());
  if (report_)
    QApplication::clipboard()->setText(words(asText(*report_, program.trimmed().toStdString())));
}

}  // namespace maquette
