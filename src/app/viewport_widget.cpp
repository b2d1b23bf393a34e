#include "app/viewport_widget.h"

#include <QVTKOpenGLNativeWidget.h>
#include <vtkGenericOpenGLRenderWindow.h>
#include <vtkNew.h>
#include <vtkRenderWindowInteractor.h>

#include <QEasingCurve>
#include <QMouseEvent>
#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFunctions>
#include <QSurfaceFormat>
#include <QTimer>
#include <QVBoxLayout>
#include <QVariantAnimation>
#include <algorithm>
#include <cmath>

#include "viewport/scene.h"
#include "viewport/vtk_log.h"

namespace maquette {
namespace {

constexpr int kEaseMs = 160;
constexpr int kHoverMs = 30;     // between two hover answers
constexpr int kClickPixels = 4;  // a hand shakes that much without meaning to drag
constexpr float kDegreesPerPixel = 0.4f;
constexpr float kZoomPerStep = 0.88f;

enum class Drag { none, maybeClick, orbit, pan };

/// Whether OpenGL is drawn by the processor, where four samples a pixel would take four times as
/// long.
bool drawsInSoftware() {
  static const bool software = [] {
    QOffscreenSurface surface;
    surface.create();
    QOpenGLContext context;
    if (!context.create() || !context.makeCurrent(&surface)) return true;
    const auto* name = reinterpret_cast<const char*>(context.functions()->glGetString(GL_RENDERER));
    const QByteArray renderer(name ? name : "");
    context.doneCurrent();
    return renderer.contains("llvmpipe") || renderer.contains("softpipe");
  }();
  return software;
}

/// Whether two objects are so alike in place and size that the camera may stay where it is.
bool sameFraming(const Bounds& a, const Bounds& b) {
  if (a.empty() || b.empty()) return a.empty() == b.empty();
  const float tolerance = 0.25f * std::max(a.longest(), b.longest());
  return length(a.centre() - b.centre()) < tolerance &&
         std::abs(a.longest() - b.longest()) < tolerance;
}

}  // namespace

struct ViewportWidget::State {
  explicit State(ViewportWidget& owner)
      : widget(owner), canvas(new QVTKOpenGLNativeWidget(&owner)) {
    window->SetMultiSamples(drawsInSoftware() ? 0 : 4);
    scene.smoothEdges(drawsInSoftware());
    canvas->setFormat(QVTKOpenGLNativeWidget::defaultFormat());
    canvas->setRenderWindow(window.Get());
    // Events are the widget's own business; VTK's styles must not move the camera behind its back.
    window->GetInteractor()->SetInteractorStyle(nullptr);
    canvas->setAttribute(Qt::WA_TransparentForMouseEvents);
    canvas->setFocusPolicy(Qt::NoFocus);
    scene.attach(*window);
    hoverTimer.setSingleShot(true);
    hoverTimer.setInterval(kHoverMs);
    renderTimer.setSingleShot(true);
    renderTimer.setInterval(0);
    easing.setDuration(kEaseMs);
    easing.setEasingCurve(QEasingCurve::OutCubic);
    easing.setStartValue(0.f);
    easing.setEndValue(1.f);
  }

  ViewportWidget& widget;
  vtkNew<vtkGenericOpenGLRenderWindow> window;
  Scene scene;
  QVTKOpenGLNativeWidget* canvas;
  QTimer hoverTimer, renderTimer;
  QVariantAnimation easing;
  CameraPose easeFrom, easeTo;
  bool reducedMotion = false;
  bool cameraIsOurs = true;  // nobody has moved it since it last framed everything
  bool proposalShown = false;
  bool hovering = false;
  float wheelRest = 0.f;
  Drag drag = Drag::none;
  Qt::MouseButton dragButton = Qt::NoButton;
  QPoint pressed, last;

  /// Draws soon, once for however many changes.
  void redraw() {
    if (!renderTimer.isActive()) renderTimer.start();
  }
  void drawNow() {
    renderTimer.stop();
    if (canvas->isValid() && canvas->isVisible()) window->Render();
  }

  template <class T>
  void setLook(T Look::*what, T to) {
    Look look = scene.look();
    look.*what = to;
    scene.setLook(look);
    redraw();
  }

  void move(const CameraPose& to, bool eased) {
    easing.stop();
    if (!eased || reducedMotion || !widget.isVisible()) {
      scene.setCamera(to);
      redraw();
      return;
    }
    easeFrom = scene.camera();
    easeTo = to;
    easing.start();
  }
  /// Where the camera is going to be once it rests.
  CameraPose restingCamera() const {
    return easing.state() == QAbstractAnimation::Running ? easeTo : scene.camera();
  }

  float ratio() const { return float(widget.devicePixelRatioF()); }
  std::optional<Pick> pickAt(QPoint point) const {
    return scene.pick((float(point.x()) + 0.5f) * ratio(), (float(point.y()) + 0.5f) * ratio());
  }
  void resized() {
    const QSize s = widget.size();
    scene.setSize(
        {std::max(1.f, float(s.width()) * ratio()), std::max(1.f, float(s.height()) * ratio())},
        ratio());
    if (cameraIsOurs) move(scene.framing(scene.bounds()), false);
    redraw();
  }

  void leave() {
    if (!std::exchange(hovering, false)) return;
    Q_EMIT widget.hoverLeft();
  }
  void hover() {
    if (drag != Drag::none) return;
    if (const auto pick = pickAt(last)) {
      hovering = true;
      Q_EMIT widget.surfaceHovered(pick->face, pick->position);
    } else {
      leave();
    }
  }
};

void ViewportWidget::prepare() {
  QSurfaceFormat::setDefaultFormat(QVTKOpenGLNativeWidget::defaultFormat());
  routeVtkMessages();
}

ViewportWidget::ViewportWidget(QWidget* parent)
    : QWidget(parent), state_(std::make_unique<State>(*this)) {
  setObjectName("viewport");
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setMinimumSize(160, 120);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(state_->canvas);
  connect(&state_->hoverTimer, &QTimer::timeout, this, [this] { state_->hover(); });
  connect(&state_->renderTimer, &QTimer::timeout, this, [this] { state_->drawNow(); });
  connect(&state_->easing, &QVariantAnimation::valueChanged, this, [this](const QVariant& t) {
    state_->scene.setCamera(between(state_->easeFrom, state_->easeTo, t.toFloat()));
    state_->redraw();
  });
}

ViewportWidget::~ViewportWidget() {
  state_->easing.stop();
  // What is on the GPU goes while its context is still there, and the context before the window.
  state_->canvas->makeCurrent();
  state_->scene.detach();
  delete state_->canvas;
}

void ViewportWidget::present(const Document&, const Document& after) {
  Scene& scene = state_->scene;
  const Bounds old = scene.bounds();
  const bool first = scene.empty();
  scene.present(after);
  const Bounds now = scene.bounds();
  if (first || (!now.empty() && !sameFraming(old, now) && after.shape)) {
    state_->cameraIsOurs = true;
    state_->move(scene.framing(now), !first);
  }
  state_->redraw();
}

void ViewportWidget::setProposal(std::shared_ptr<const FaceMask> mask) {
  state_->proposalShown = mask != nullptr;
  state_->wheelRest = 0.f;
  state_->scene.setProposal(std::move(mask));
  state_->redraw();
}

void ViewportWidget::setHighlighted(PartId part) { state_->setLook(&Look::highlighted, part); }

void ViewportWidget::setStyle(Style style) { state_->setLook(&Look::style, style); }

ViewportWidget::Style ViewportWidget::style() const { return state_->scene.look().style; }

void ViewportWidget::setExplode(float amount) {
  state_->setLook(&Look::explode, std::clamp(amount, 0.f, 1.f));
}

void ViewportWidget::setWireframe(bool on) { state_->setLook(&Look::wireframe, on); }

void ViewportWidget::setDark(bool dark) { state_->setLook(&Look::dark, dark); }

void ViewportWidget::setReducedMotion(bool less) { state_->reducedMotion = less; }

void ViewportWidget::frameAll() {
  state_->cameraIsOurs = true;
  state_->move(
      framed(state_->restingCamera(), state_->scene.bounds(), state_->scene.size().aspect()), true);
}

void ViewportWidget::framePart(PartId part) {
  const Bounds bounds = state_->scene.boundsOfPart(part);
  if (bounds.empty()) return;
  state_->cameraIsOurs = false;
  state_->move(framed(state_->restingCamera(), bounds, state_->scene.size().aspect(), 0.25f), true);
}

void ViewportWidget::viewFrom(float azimuth, float elevation) {
  CameraPose pose = state_->restingCamera();
  pose.azimuthDegrees = azimuth;
  pose.elevationDegrees = std::clamp(elevation, -90.f, 90.f);
  state_->cameraIsOurs = true;
  state_->move(framed(pose, state_->scene.bounds(), state_->scene.size().aspect()), true);
}

QImage ViewportWidget::grabPicture() {
  state_->drawNow();
  return state_->canvas->grabFramebuffer();
}

std::optional<std::pair<std::uint32_t, Vec3>> ViewportWidget::pick(QPoint point) const {
  const auto found = state_->pickAt(point);
  if (!found) return {};
  return std::pair{found->face, found->position};
}

void ViewportWidget::mousePressEvent(QMouseEvent* event) {
  if (state_->drag != Drag::none) return;  // a second button changes nothing
  state_->pressed = state_->last = event->position().toPoint();
  state_->dragButton = event->button();
  if (event->button() == Qt::LeftButton) {
    state_->drag = Drag::maybeClick;
  } else if (event->button() == Qt::RightButton || event->button() == Qt::MiddleButton) {
    state_->easing.stop();
    state_->drag = event->modifiers() & Qt::ShiftModifier ? Drag::pan : Drag::orbit;
    Q_EMIT navigatingChanged(true);
  }
}

void ViewportWidget::mouseMoveEvent(QMouseEvent* event) {
  const QPoint now = event->position().toPoint();
  const QPoint by = now - state_->last;
  state_->last = now;
  Scene& scene = state_->scene;
  switch (state_->drag) {
    case Drag::none:
      if (!state_->hoverTimer.isActive()) state_->hoverTimer.start();
      return;
    case Drag::maybeClick:
      return;
    case Drag::orbit:
      scene.setCamera(orbited(scene.camera(), -float(by.x()) * kDegreesPerPixel,
                              float(by.y()) * kDegreesPerPixel));
      break;
    case Drag::pan:
      scene.setCamera(panned(scene.camera(), scene.size(), float(by.x()) * state_->ratio(),
                             float(by.y()) * state_->ratio()));
      break;
  }
  if (!by.isNull()) state_->cameraIsOurs = false;
  state_->redraw();
}

void ViewportWidget::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != state_->dragButton) return;
  const Drag ended = std::exchange(state_->drag, Drag::none);
  if (ended == Drag::orbit || ended == Drag::pan) {
    Q_EMIT navigatingChanged(false);
    return;
  }
  const QPoint at = event->position().toPoint();
  if (ended != Drag::maybeClick || (at - state_->pressed).manhattanLength() > kClickPixels) return;
  if (const auto found = state_->pickAt(at))
    Q_EMIT surfaceClicked(found->face, found->position, event->modifiers());
  else
    Q_EMIT backgroundClicked(event->modifiers());
}

void ViewportWidget::wheelEvent(QWheelEvent* event) {
  event->accept();
  const float steps = float(event->angleDelta().y()) / 120.f;
  if (state_->proposalShown) {
    // Touch pads send slivers of a step.
    state_->wheelRest += steps;
    const float whole = std::trunc(state_->wheelRest);
    state_->wheelRest -= whole;
    if (whole != 0.f) Q_EMIT proposalScrolled(int(whole));
    return;
  }
  if (steps == 0.f || state_->scene.empty()) return;
  state_->easing.stop();
  const CameraPose camera = state_->scene.camera();
  const QPoint at = event->position().toPoint();
  const Ray ray = rayThrough(camera, state_->scene.size(), float(at.x()) * state_->ratio(),
                             float(at.y()) * state_->ratio());
  const auto found = state_->pickAt(at);
  const float depth =
      found ? found->distance : camera.distanceMm / -dot(ray.direction, camera.towardsEye());
  state_->scene.setCamera(
      zoomed(camera, std::pow(kZoomPerStep, steps), ray.origin + ray.direction * depth));
  state_->cameraIsOurs = false;
  state_->redraw();
}

void ViewportWidget::leaveEvent(QEvent* event) {
  QWidget::leaveEvent(event);
  state_->hoverTimer.stop();
  state_->leave();
}

void ViewportWidget::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  state_->resized();
}

void ViewportWidget::showEvent(QShowEvent* event) {
  QWidget::showEvent(event);
  state_->resized();
}

}  // namespace maquette
