#pragma once

#include <QWidget>

#include "app/click_tool.h"
#include "app/theme.h"
#include "app/viewport_widget.h"
#include "app/workbench.h"

class QStackedLayout;
class QToolButton;
class QLabel;
class QPushButton;
class QSlider;

namespace maquette {

class EmptyState;
class PictureView;

/// The middle of the window: the empty state, the picture or the object, and what floats over it.
class Centre : public QWidget {
  Q_OBJECT

 public:
  Centre(Workbench& bench, ClickTool& tool, const Theme& theme, QWidget* parent = nullptr);

  ViewportWidget& viewport() { return *viewport_; }
  PictureView& picture() { return *picture_; }
  EmptyState& emptyState() { return *empty_; }
  void setStage(Stage stage);
  Stage stage() const { return stage_; }

  bool exploded() const;
  void setExploded(bool exploded);
  void toggleWire();
  bool clicking() const;  ///< the click tool is in hand, rather than the pointer

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  QWidget* makeStyleChooser();
  QWidget* makeToolStrip();
  QWidget* makeCandidateBar();
  QToolButton* tool(QWidget* parent, const QString& name, const QString& icon, const QString& tip,
                    bool checkable);
  void showProposal(const std::shared_ptr<const FaceMask>& mask);
  void choosePage();
  void place();

  Workbench& bench_;
  ClickTool& tool_;
  const Theme& theme_;
  Stage stage_ = Stage::picture;
  EmptyState* empty_;
  PictureView* picture_;
  ViewportWidget* viewport_;
  QStackedLayout* pages_;
  // Made by the three make... functions, so they come before what those return.
  QWidget* handsDivider_ = nullptr;
  QToolButton *pointer_ = nullptr, *click_ = nullptr, *wire_ = nullptr, *explode_ = nullptr;
  QPushButton *smaller_ = nullptr, *larger_ = nullptr;
  QLabel* which_ = nullptr;
  QWidget* styles_;
  bool styleChosen_ = false;  // by hand, so the steps leave it alone
  QWidget* strip_;
  QWidget* candidates_;
  QLabel* hint_;
};

}  // namespace maquette
