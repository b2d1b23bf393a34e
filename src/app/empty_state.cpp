#include "app/empty_state.h"

#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include "app/samples.h"

namespace maquette {
namespace {

/// A sample picture with its name, drawn as one quiet tile.
class SampleTile : public QAbstractButton {
 public:
  SampleTile(const Sample& sample, const Theme& theme, QWidget* parent)
      : QAbstractButton(parent), theme_(theme) {
    picture_ = drawSample(sample.file, 3 * 96);
    setText(sample.name);
    setObjectName("sample" + sample.name);
    setFixedSize(128, 148);
    setCursor(Qt::PointingHandCursor);
    setToolTip(tr("Start with this picture"));
  }

 protected:
  void paintEvent(QPaintEvent*) override {
    const Colours& c = theme_.colours();
    QPainter p(this);
    p.setRenderHint(QPainter::Antialiasing);
    p.setRenderHint(QPainter::SmoothPixmapTransform);
    p.setPen(QPen(hasFocus() || underMouse() ? c.accent : c.line, 1));
    p.setBrush(underMouse() ? c.raised : c.panel);
    p.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), 6, 6);
    QSizeF size = picture_.size();
    size.scale(96, 96, Qt::KeepAspectRatio);
    p.drawImage(QRectF(QPointF(64 - size.width() / 2., 14 + 48 - size.height() / 2.), size),
                picture_);
    p.setPen(c.text);
    p.drawText(QRect(0, 114, width(), 28), Qt::AlignCenter, text());
  }

 private:
  const Theme& theme_;
  QImage picture_;
};

QPushButton* linkButton(const QString& text, QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  button->setProperty("role", "link");
  button->setCursor(Qt::PointingHandCursor);
  return button;
}

QLabel* centred(const QString& text, const char* role, QWidget* parent) {
  auto* label = new QLabel(text, parent);
  label->setProperty("role", role);
  label->setAlignment(Qt::AlignCenter);
  return label;
}

}  // namespace

EmptyState::EmptyState(Workbench& bench, const Theme& theme, QWidget* parent)
    : QWidget(parent), bench_(bench), recent_(new QVBoxLayout) {
  setObjectName("emptyState");
  auto* column = new QVBoxLayout(this);
  column->setSpacing(0);
  column->addStretch(5);
  column->addWidget(centred(tr("Drop a picture or a mesh"), "title", this));
  column->addSpacing(8);
  auto* open = linkButton(tr("Open a file…"), this);
  open->setObjectName("emptyOpen");
  connect(open, &QPushButton::clicked, this, &EmptyState::openWanted);
  auto* line = new QHBoxLayout;
  line->setSpacing(4);
  line->addStretch();
  line->addWidget(open);
  line->addWidget(centred(tr("or paste one from the clipboard"), "hint", this));
  line->addStretch();
  column->addLayout(line);
  column->addSpacing(36);
  column->addWidget(centred(tr("Or try one of these"), "small", this));
  column->addSpacing(12);
  auto* tiles = new QHBoxLayout;
  tiles->setSpacing(16);
  tiles->addStretch();
  for (const Sample& sample : samples()) {
    auto* tile = new SampleTile(sample, theme, this);
    connect(tile, &QAbstractButton::clicked, this,
            [this, file = sample.file] { Q_EMIT sampleChosen(file); });
    tiles->addWidget(tile);
  }
  tiles->addStretch();
  column->addLayout(tiles);
  column->addSpacing(28);
  recent_->setSpacing(4);
  column->addLayout(recent_);
  column->addStretch(6);
}

void EmptyState::showEvent(QShowEvent*) { listRecent(); }

void EmptyState::listRecent() {
  while (QLayoutItem* item = recent_->takeAt(0)) {
    if (item->widget()) item->widget()->deleteLater();
    delete item;
  }
  QStringList files;
  for (const QString& file : bench_.settings().recent)
    if (QFileInfo::exists(file)) files << file;
  if (files.isEmpty()) return;
  recent_->addWidget(centred(tr("Recent"), "small", this));
  for (const QString& file : files) {
    auto* button = linkButton(QFileInfo(file).fileName(), this);
    button->setToolTip(file);
    connect(button, &QPushButton::clicked, this, [this, file] { bench_.open(file); });
    recent_->addWidget(button, 0, Qt::AlignHCenter);
  }
}

}  // namespace maquette
