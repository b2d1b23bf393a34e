#pragma once

#include <QWidget>
#include <memory>

#include "app/picture_view.h"
#include "app/view_slots.h"
#include "app/workbench.h"

namespace Ui {
class PicturePanel;
class ShapePanel;
class PartsPanel;
class PrintPanel;
}  // namespace Ui

namespace maquette {

class SegmenterChoice;
struct ParamEdit;

/// Stage 1: the views, their cut-outs and corrections, and on to the shape.
class PicturePanel : public QWidget {
  Q_OBJECT

 public:
  PicturePanel(Workbench& bench, PictureView& view, const Theme& theme, QWidget* parent = nullptr);
  ~PicturePanel() override;
  void toggleBrush();

 Q_SIGNALS:
  void openWanted();
  void pictureWanted(maquette::Side side);
  void shapeStarted();

 private:
  void refresh();
  Workbench& bench_;
  PictureView& view_;
  std::unique_ptr<Ui::PicturePanel> ui_;
  ViewSlots* slots_;
};

/// Stage 2: how the shape is made.
class ShapePanel : public QWidget {
  Q_OBJECT

 public:
  explicit ShapePanel(Workbench& bench, QWidget* parent = nullptr);
  ~ShapePanel() override;

 private:
  void refresh();
  Workbench& bench_;
  std::unique_ptr<Ui::ShapePanel> ui_;
};

/// Stage 3: parts found or clicked, then made solid.
class PartsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit PartsPanel(Workbench& bench, QWidget* parent = nullptr);
  ~PartsPanel() override;

 private:
  void refresh();
  void edited(const ParamEdit& edit);
  Workbench& bench_;
  std::unique_ptr<Ui::PartsPanel> ui_;
  SegmenterChoice* method_;
};

/// Stage 4: how large it is, and out with it.
class PrintPanel : public QWidget {
  Q_OBJECT

 public:
  enum class Kind { partFiles, together, whole };

  explicit PrintPanel(Workbench& bench, QWidget* parent = nullptr);
  ~PrintPanel() override;

 Q_SIGNALS:
  void exportWanted(maquette::PrintPanel::Kind kind);

 private:
  void refresh();
  Kind kind() const;
  bool needsSolids() const;  ///< the parts chosen for export are not solid yet
  Workbench& bench_;
  std::unique_ptr<Ui::PrintPanel> ui_;
};

}  // namespace maquette
