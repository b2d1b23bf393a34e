#include "app/viewport_widget.h"

namespace maquette {

struct ViewportWidget::State {
  Style style = Style::parts;
};

ViewportWidget::ViewportWidget(QWidget* parent)
    : QWidget(parent), state_(std::make_unique<State>()) {
  setObjectName("viewport");
  setMouseTracking(true);
}

ViewportWidget::~ViewportWidget() = default;

void ViewportWidget::present(const Document&, const Document&) {}
void ViewportWidget::setProposal(std::shared_ptr<const FaceMask>) {}
void ViewportWidget::setHighlighted(PartId) {}
void ViewportWidget::setStyle(Style style) { state_->style = style; }
ViewportWidget::Style ViewportWidget::style() const { return state_->style; }
void ViewportWidget::setExplode(float) {}
void ViewportWidget::setWireframe(bool) {}
void ViewportWidget::setDark(bool) {}
void ViewportWidget::setReducedMotion(bool) {}
void ViewportWidget::frameAll() {}
void ViewportWidget::framePart(PartId) {}
void ViewportWidget::viewFrom(float, float) {}
QImage ViewportWidget::grabPicture() { return {}; }
std::optional<std::pair<std::uint32_t, Vec3>> ViewportWidget::pick(QPoint) const { return {}; }
void ViewportWidget::mousePressEvent(QMouseEvent*) {}
void ViewportWidget::mouseMoveEvent(QMouseEvent*) {}
void ViewportWidget::mouseReleaseEvent(QMouseEvent*) {}
void ViewportWidget::wheelEvent(QWheelEvent*) {}
void ViewportWidget::leaveEvent(QEvent*) {}
void ViewportWidget::resizeEvent(QResizeEvent*) {}
void ViewportWidget::changeEvent(QEvent*) {}

}  // namespace maquette
