#include "app/memory_panel.h"

#include <QGridLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QScreen>
#include <QVBoxLayout>
#include <algorithm>

#include "app/memory_plot.h"

namespace maquette {

MemoryPanel::MemoryPanel(const MemoryGauge& gauge, const Theme& theme, QWidget* parent)
    : QWidget(parent, Qt::Popup),
      gauge_(gauge),
      theme_(theme),
      title_(new QLabel(this)),
      about_(new QLabel(this)),
      level_(new QLabel(this)) {
  setObjectName("memoryPanel");
  setAttribute(Qt::WA_DeleteOnClose);
  setAttribute(Qt::WA_StyledBackground);
  setAccessibleName(tr("Memory"));
  setFocusPolicy(Qt::StrongFocus);
  title_->setObjectName("memoryTitle");
  title_->setProperty("role", "title");
  about_->setObjectName("memoryAbout");
  about_->setProperty("role", "hint");
  level_->setObjectName("memoryLevel");
  for (QLabel* label : {about_, level_}) label->setWordWrap(true);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(16, 12, 16, 16);
  column->setSpacing(8);
  column->addWidget(title_);
  column->addWidget(about_);
  column->addWidget(level_);
  column->addWidget(new MemoryPlot(gauge, theme, this));
  auto* grid = new QGridLayout;
  grid->setHorizontalSpacing(8);
  grid->setVerticalSpacing(4);
  grid->setColumnStretch(1, 1);
  column->addLayout(grid);
  others_ = addRow(*grid, "memoryOthers");
  allocated_ = addRow(*grid, "memoryAllocated");
  reserved_ = addRow(*grid, "memoryReserved");
  free_ = addRow(*grid, "memoryFree");
  total_ = addRow(*grid, "memoryTotal");
  limit_ = addRow(*grid, "memoryLimit");
  peak_ = addRow(*grid, "memoryPeak");
  counted_ = addRow(*grid, "memoryCounted");
  model_ = addRow(*grid, "memoryModel");
  utilisation_ = addRow(*grid, "memoryUtilisation");
  temperature_ = addRow(*grid, "memoryTemperature");
  setFixedWidth(380);
  connect(&gauge, &MemoryGauge::changed, this, &MemoryPanel::refresh);
  connect(&theme, &Theme::changed, this, &MemoryPanel::refresh);
  refresh();
}

MemoryPanel::Row MemoryPanel::addRow(QGridLayout& grid, const char* name) {
  const Row row{new QLabel(this), new QLabel(this), new QLabel(this)};
  row.value->setObjectName(name);
  row.mark->setFixedSize(10, 10);
  row.name->setWordWrap(true);  // a job's name may be long
  const int line = grid.rowCount();
  grid.addWidget(row.mark, line, 0);
  grid.addWidget(row.name, line, 1);
  grid.addWidget(row.value, line, 2, Qt::AlignRight);
  return row;
}

void MemoryPanel::say(const Row& row, const QString& name, const QString& value,
                      const QColor& mark) {
  row.name->setText(name);
  row.value->setText(value);
  row.value->setAccessibleName(name + ": " + value);
  row.mark->setStyleSheet(
      mark.isValid() ? QString("background: %1; border-radius: 2px;").arg(mark.name()) : QString());
  for (QLabel* label : {row.mark, row.name, row.value}) label->setVisible(!value.isEmpty());
}

void MemoryPanel::refresh() {
  const MemoryTrack& track = gauge_.track();
  title_->setText(nameOfMemory(track));
  if (track.empty()) return;
  const MemoryReading& latest = track.latest();
  const MemoryPoint& now = track.now();
  const MemoryColours colours = memoryColours(theme_.colours(), track.level());
  about_->setText(now.device ? QString()
                  : latest.machine.deviceTrouble.empty()
                      ? tr("No graphics card in use: this is the machine's own memory.")
                      : QString::fromStdString(latest.machine.deviceTrouble) + " " +
                            tr("This is the machine's own memory."));
  about_->setVisible(!now.device);
  const QString level = spokenLevel(track.level());
  level_->setText(level.isEmpty() ? QString() : warningOf(track, track.level()).title + ".");
  level_->setStyleSheet(QString("color: %1;").arg(colours.words.name()));
  level_->setVisible(!level.isEmpty());

  say(others_, tr("Other programs"), spokenBytes(now.others()), colours.others);
  say(allocated_, now.device ? tr("Maquette, in use by networks") : tr("Maquette"),
      spokenBytes(now.allocated), colours.used);
  say(reserved_, tr("Maquette, reserved in all"), now.device ? spokenBytes(now.ours) : QString(),
      colours.reserved);
  say(free_, tr("Free"), spokenBytes(now.free));
  say(total_, tr("Total"), spokenBytes(now.total));
  say(limit_, tr("Limit (tick, dashed line)"), spokenBytes(track.limit()));
  say(peak_,
      track.job().empty() ? tr("Maquette's peak")
                          : tr("Peak since “%1” began").arg(QString::fromStdString(track.job())),
      spokenBytes(track.peak()));
  say(counted_, tr("Networks in main memory, counted by the plug-in"),
      latest.counted ? tr("%1, peak %2")
                           .arg(spokenBytes(latest.counted->allocated),
                                spokenBytes(latest.counted->allocatedPeak))
                     : QString());
  const QString model = spokenModel(latest.model);
  say(model_, tr("Loaded model"), model.isEmpty() ? tr("none") : model);
  say(utilisation_, tr("Card busy"),
      latest.machine.utilisation ? tr("%1 %").arg(*latest.machine.utilisation) : QString());
  say(temperature_, tr("Temperature"),
      latest.machine.celsius ? tr("%1 °C").arg(*latest.machine.celsius) : QString());
  // A row that came or went: the panel keeps its lower edge.
  const int bottom = geometry().bottom();
  adjustSize();
  if (isVisible() && geometry().bottom() != bottom) move(x(), y() + bottom - geometry().bottom());
}

void MemoryPanel::showAbove(const QWidget& anchor) {
  adjustSize();
  const QPoint corner = anchor.mapToGlobal(QPoint(anchor.width(), 0));
  const QRect screen = anchor.screen()->availableGeometry();
  move(std::clamp(corner.x() - width() - 8, screen.left(),
                  std::max(screen.left(), screen.right() - width())),
       std::max(screen.top(), corner.y() - height() - 4));
  show();
  setFocus();
}

void MemoryPanel::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Escape) {
    close();
    return;
  }
  QWidget::keyPressEvent(event);
}

}  // namespace maquette
