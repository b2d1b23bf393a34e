#pragma once

#include <QListView>
#include <QStyledItemDelegate>

#include "app/part_model.h"
#include "app/theme.h"

class QLabel;

namespace maquette {

/// Draws one part: swatch, name, size, status mark, eye.
class PartDelegate : public QStyledItemDelegate {
  Q_OBJECT

 public:
  PartDelegate(PartModel& model, const Theme& theme, QObject* parent);
  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const override;
  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

 private:
  PartModel& model_;
  const Theme& theme_;
};

/// The panel on the right: the parts, and a word about the selected one.
class PartList : public QWidget {
  Q_OBJECT

 public:
  PartList(Workbench& bench, const Theme& theme, QWidget* parent = nullptr);

  void select(PartId part);  ///< PartId::none clears; no signal
  PartId selected() const;
  void toggleSelected();  ///< hides or shows the selected part

 Q_SIGNALS:
  void selectionChanged(maquette::PartId part);

 private:
  void refresh();

  PartModel model_;
  QListView* view_;
  QLabel* heading_;
  QLabel* empty_;
  QLabel* about_;
  bool quiet_ = false;
};

}  // namespace maquette
