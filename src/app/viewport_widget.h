#pragma once

#include <QImage>
#include <QWidget>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "core/document/document.h"
#include "viewport/style.h"

namespace maquette {

/// The object in its space: shows a Document, answers where on the surface the pointer is.
///
/// objectName "viewport". Mouse events reach this widget itself, not a child of it. All lengths in
/// millimetres, all points in the object's own place: what explode moves apart is reported where it
/// belongs.
class ViewportWidget : public QWidget {
  Q_OBJECT

 public:
  using Style = SurfaceStyle;

  /// Once, before the application object: the surface format of every window, and VTK's messages
  /// to the log.
  static void prepare();

  explicit ViewportWidget(QWidget* parent = nullptr);
  ~ViewportWidget() override;

  /// Shows `after`, rebuilding only what differs from `before`. The first shape frames the camera.
  void present(const Document& before, const Document& after);

  /// Tints these triangles of the shape and outlines them; null clears. F flags.
  void setProposal(std::shared_ptr<const FaceMask> mask);
  /// Outlines one part and dims the others a little; PartId::none clears.
  void setHighlighted(PartId part);

  void setStyle(Style style);
  Style style() const;
  void setExplode(float amount);  ///< [0, 1]
  void setWireframe(bool on);
  void setDark(bool dark);           ///< which of the two palettes; light at first
  void setReducedMotion(bool less);  ///< camera jumps instead of easing

  void frameAll();
  void framePart(PartId part);
  /// Degrees; azimuth 0 from the front (-Y), 90 from +X; elevation 90 from above.
  void viewFrom(float azimuth, float elevation);

  QImage grabPicture();  ///< what is shown

  /// The triangle of Document::shape under a point of this widget, and where on it.
  std::optional<std::pair<std::uint32_t, Vec3>> pick(QPoint point) const;

 Q_SIGNALS:
  /// Left button released without dragging.
  void surfaceClicked(std::uint32_t face, maquette::Vec3 position, Qt::KeyboardModifiers modifiers);
  void backgroundClicked(Qt::KeyboardModifiers modifiers);  ///< the same, beside the object
  void surfaceHovered(std::uint32_t face, maquette::Vec3 position);
  void hoverLeft();
  void proposalScrolled(int steps);  ///< wheel while a proposal is shown; +1 is away from the hand
  void navigatingChanged(bool navigating);  ///< orbit or pan began or ended; overlays may fade

 protected:
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace maquette
