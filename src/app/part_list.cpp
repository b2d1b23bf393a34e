#include "app/part_list.h"

#include <QItemSelectionModel>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QScopedValueRollback>
#include <QVBoxLayout>

namespace maquette {
namespace {

constexpr int kRow = 32, kLeft = 16, kSwatch = 12, kEye = 32, kMark = 20;

QRect eyeOf(const QRect& row) { return {row.right() - kEye, row.top(), kEye, row.height()}; }
QRect markOf(const QRect& row) {
  return {eyeOf(row).left() - kMark, row.top(), kMark, row.height()};
}

}  // namespace

PartDelegate::PartDelegate(PartModel& model, const Theme& theme, QObject* parent)
    : QStyledItemDelegate(parent), model_(model), theme_(theme) {}

QSize PartDelegate::sizeHint(const QStyleOptionViewItem&, const QModelIndex&) const {
  return {120, kRow};
}

void PartDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                         const QModelIndex& index) const {
  const PartModel::Row& row = model_.row(index.row());
  const Colours& c = theme_.colours();
  const bool selected = option.state & QStyle::State_Selected;
  const bool hovered = option.state & QStyle::State_MouseOver;
  QPainter& p = *painter;
  p.save();
  p.setRenderHint(QPainter::Antialiasing);
  if (selected || hovered) p.fillRect(option.rect, c.raised);
  if (selected) p.fillRect(QRect(option.rect.left(), option.rect.top(), 3, kRow), c.accent);

  const QRectF swatch(option.rect.left() + kLeft + 0.5,
                      option.rect.top() + (kRow - kSwatch) / 2. + 0.5, kSwatch - 1, kSwatch - 1);
  p.setPen(row.colour.isValid() ? QPen(Qt::NoPen) : QPen(c.faint, 1));
  p.setBrush(row.colour.isValid() ? QBrush(row.colour) : QBrush(Qt::NoBrush));
  p.setOpacity(row.visible ? 1. : 0.4);
  p.drawRoundedRect(swatch, 2, 2);
  p.setOpacity(1.);

  QFont small = option.font;
  small.setPixelSize(11);
  const int sizeWidth = QFontMetrics(small).horizontalAdvance(row.size);
  const QRect mark = markOf(option.rect);
  const QRect size(mark.left() - 4 - sizeWidth, option.rect.top(), sizeWidth, kRow);
  const int nameLeft = option.rect.left() + kLeft + kSwatch + 8;
  const QRect name(nameLeft, option.rect.top(), size.left() - 8 - nameLeft, kRow);
  p.setPen(row.id != PartId::none && row.visible ? c.text : c.muted);
  p.setFont(option.font);
  p.drawText(name, Qt::AlignVCenter | Qt::AlignLeft,
             QFontMetrics(option.font).elidedText(row.name, Qt::ElideRight, name.width()));
  p.setFont(small);
  p.setPen(c.muted);
  p.drawText(size, Qt::AlignVCenter | Qt::AlignRight, row.size);

  const QPointF m = QRectF(mark).center();
  if (row.status == PartModel::Status::solid) {
    p.setPen(QPen(c.accentText, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    p.drawPolyline(QPolygonF{m + QPointF(-4, 0.5), m + QPointF(-1, 3.5), m + QPointF(4, -3)});
  } else if (row.status == PartModel::Status::vanished) {
    p.setPen(QPen(c.amber, 1.5, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    p.setBrush(Qt::NoBrush);
    p.drawPolygon(QPolygonF{m + QPointF(0, -5), m + QPointF(6, 5), m + QPointF(-6, 5)});
    p.drawLine(m + QPointF(0, -1), m + QPointF(0, 1.5));
    p.drawPoint(m + QPointF(0, 3.4));
  } else if (row.id != PartId::none) {
    p.setPen(QPen(c.faint, 1.5));
    p.setBrush(Qt::NoBrush);
    p.drawEllipse(m, 3.5, 3.5);
  }
  if (row.id != PartId::none && (hovered || selected || !row.visible)) {
    QRect eye(0, 0, 16, 16);
    eye.moveCenter(eyeOf(option.rect).center());
    theme_.icon(row.visible ? "eye" : "eye-off").paint(&p, eye);
  }
  p.restore();
}

void PartDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                        const QModelIndex&) const {
  const int left = option.rect.left() + kLeft + kSwatch + 3;
  editor->setGeometry(left, option.rect.top() + 3, markOf(option.rect).left() - left, kRow - 6);
}

bool PartDelegate::editorEvent(QEvent* event, QAbstractItemModel*,
                               const QStyleOptionViewItem& option, const QModelIndex& index) {
  if (event->type() != QEvent::MouseButtonRelease && event->type() != QEvent::MouseButtonDblClick)
    return false;
  const auto* mouse = static_cast<QMouseEvent*>(event);
  if (!eyeOf(option.rect).contains(mouse->position().toPoint())) return false;
  if (event->type() == QEvent::MouseButtonRelease) model_.toggleVisible(index);
  return true;
}

PartList::PartList(Workbench& bench, const Theme& theme, QWidget* parent)
    : QWidget(parent),
      model_(bench, this),
      view_(new QListView(this)),
      heading_(new QLabel(this)),
      empty_(new QLabel(tr("No parts yet. Find them, or click one on the object."), this)),
      about_(new QLabel(this)) {
  setObjectName("partsPanel");
  setAttribute(Qt::WA_StyledBackground);
  setFixedWidth(248);
  view_->setObjectName("partList");
  view_->setModel(&model_);
  view_->setItemDelegate(new PartDelegate(model_, theme, view_));
  view_->setMouseTracking(true);
  view_->setFrameShape(QFrame::NoFrame);
  view_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
  view_->setVerticalScrollMode(QAbstractItemView::ScrollPerPixel);
  heading_->setProperty("role", "heading");
  heading_->setContentsMargins(16, 16, 16, 8);
  empty_->setProperty("role", "hint");
  empty_->setWordWrap(true);
  empty_->setContentsMargins(16, 0, 16, 0);
  about_->setObjectName("partAbout");
  about_->setProperty("role", "small");
  about_->setWordWrap(true);
  about_->setContentsMargins(16, 8, 16, 16);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  column->addWidget(heading_);
  column->addWidget(empty_);
  column->addWidget(view_, 1);
  column->addWidget(about_);
  connect(view_->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
    refresh();
    if (!quiet_) Q_EMIT selectionChanged(selected());
  });
  connect(&model_, &QAbstractItemModel::modelReset, this, [this] {
    refresh();
    if (!quiet_) Q_EMIT selectionChanged(selected());
  });
  connect(&model_, &QAbstractItemModel::dataChanged, this, &PartList::refresh);
  connect(&theme, &Theme::changed, view_->viewport(), qOverload<>(&QWidget::update));
  refresh();
}

void PartList::select(PartId part) {
  const QScopedValueRollback<bool> quiet(quiet_, true);
  const auto row = part == PartId::none ? std::nullopt : model_.rowOf(part);
  if (!row) return view_->clearSelection();
  view_->setCurrentIndex(model_.index(*row));
}

PartId PartList::selected() const {
  const auto chosen = view_->selectionModel()->selectedIndexes();
  return chosen.isEmpty() ? PartId::none : model_.row(chosen.front().row()).id;
}

void PartList::toggleSelected() {
  if (selected() != PartId::none) model_.toggleVisible(view_->currentIndex());
}

void PartList::refresh() {
  const int rows = model_.rowCount();
  int parts = 0;
  for (int i = 0; i < rows; ++i) parts += model_.row(i).id != PartId::none;
  heading_->setText(parts > 0 ? tr("PARTS · %1").arg(parts) : tr("PARTS"));
  empty_->setVisible(rows == 0);
  view_->setVisible(rows > 0);
  static_cast<QVBoxLayout*>(layout())->setStretch(3, rows > 0 ? 0 : 1);
  const auto row = model_.rowOf(selected());
  if (selected() == PartId::none || !row) return about_->clear();
  const PartModel::Row& shown = model_.row(*row);
  about_->setText(QString("%1 · %2\n%3").arg(shown.name, shown.size, shown.reason));
}

}  // namespace maquette
