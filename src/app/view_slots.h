#pragma once

#include <QAbstractButton>
#include <QWidget>
#include <array>

#include "app/theme.h"
#include "app/workbench.h"

namespace maquette {

/// The place of one view: its picture, small, or an invitation to add it.
class ViewSlot : public QAbstractButton {
  Q_OBJECT

 public:
  ViewSlot(Side side, const Theme& theme, QWidget* parent);
  void setView(const SourceView& view);
  bool filled() const { return picture_ != nullptr; }

 Q_SIGNALS:
  void dropped(const QString& file);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void dragEnterEvent(QDragEnterEvent* event) override;
  void dragLeaveEvent(QDragLeaveEvent* event) override;
  void dropEvent(QDropEvent* event) override;

 private:
  const Theme& theme_;
  ImagePtr picture_;
  QImage small_;
  bool dragOver_ = false;
};

/// Front, left, right and back, side by side: which are there, and which one is looked at.
class ViewSlots : public QWidget {
  Q_OBJECT

 public:
  ViewSlots(Workbench& bench, const Theme& theme, QWidget* parent = nullptr);
  void setCurrent(Side side);

 Q_SIGNALS:
  void chosen(maquette::Side side);         ///< a view that is there
  void pictureWanted(maquette::Side side);  ///< one that is not

 private:
  void refresh();
  Workbench& bench_;
  std::array<ViewSlot*, std::size(kSides)> slots_;
};

}  // namespace maquette
