#include "viewport/scene.h"

#include <vtkCamera.h>
#include <vtkLight.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>

#include <algorithm>

#include "viewport/corner_cube.h"
#include "viewport/ground.h"
#include "viewport/pieces_presenter.h"
#include "viewport/proposal_presenter.h"

namespace maquette {
namespace {

/// A light that moves with the eye; the eye is at (0, 0, 1), the target at the origin.
void addLight(vtkRenderer& renderer, double x, double y, double z, double intensity, Rgb colour) {
  auto light = vtkSmartPointer<vtkLight>::New();
  light->SetLightTypeToCameraLight();
  light->SetPosition(x, y, z);
  light->SetFocalPoint(0., 0., 0.);
  light->SetIntensity(intensity);
  light->SetColor(colour.r / 255., colour.g / 255., colour.b / 255.);
  renderer.AddLight(light);
}

vtkSmartPointer<vtkRenderer> makeRenderer() {
  auto renderer = vtkSmartPointer<vtkRenderer>::New();
  renderer->SetLayer(0);
  renderer->GradientBackgroundOn();
  renderer->AutomaticLightCreationOff();
  renderer->SetTwoSidedLighting(true);
  addLight(*renderer, -0.75, 1.0, 0.85, 0.78, {255, 252, 246});  // key, from the upper left
  addLight(*renderer, 1.2, 0.25, 0.8, 0.38, {236, 240, 255});    // fill, from the right
  addLight(*renderer, 0.0, -0.5, 1.0, 0.16, {255, 255, 255});    // from below the eye
  addLight(*renderer, 0.2, 0.9, -1.0, 0.30, {255, 255, 255});    // rim, from behind
  return renderer;
}

bool sameGeometry(const std::vector<Piece>& a, const std::vector<Piece>& b) {
  return std::ranges::equal(a, b, [](const Piece& p, const Piece& q) {
    return p.mesh == q.mesh && p.faces == q.faces && p.visible == q.visible && p.offset == q.offset;
  });
}

}  // namespace

struct Scene::State {
  vtkSmartPointer<vtkRenderer> renderer = makeRenderer();
  vtkRenderWindow* window = nullptr;
  Document document;
  Look look;
  CameraPose camera;
  PictureSize size{800.f, 600.f};
  float pixelRatio = 1.f;
  std::shared_ptr<const FaceMask> mask;
  std::vector<Piece> pieces;
  std::vector<Piece> onGround;  // what the shadow was drawn for
  Look groundLook;

  // The order is the order in which translucent things are drawn.
  Ground ground{*renderer};
  PiecesPresenter piecesPresenter{*renderer};
  ProposalPresenter proposal{*renderer};
  CornerCube cube;
  Picker picker;

  Bounds home() const {
    Bounds all;
    for (const Piece& piece : pieces) all.add(piece.bounds);
    return all;
  }

  void update() {
    explode(pieces, look.explode);
    piecesPresenter.show(pieces, look);
    if (!sameGeometry(pieces, onGround) || look.dark != groundLook.dark ||
        look.ground != groundLook.ground) {
      ground.show(pieces, home(), look);
      onGround = pieces;
      groundLook = look;
    }
    picker.show(document, pieces);
    updateProposal();
    aim();
  }

  void updateProposal() {
    DrawableMesh* shape = nullptr;
    if (mask && document.shape) {
      shape = piecesPresenter.drawable(document.shape);
      if (!shape) {  // only solids are shown
        if (!hiddenShape || hiddenShape->mesh() != document.shape)
          hiddenShape = std::make_unique<DrawableMesh>(document.shape);
        shape = hiddenShape.get();
      }
    }
    proposal.show(mask, shape, pieces, document.segmentation.labels);
  }

  void paintBackground() {
    const Palette& palette = paletteFor(look.dark);
    const Rgb top = palette.skyTop, bottom = palette.skyBottom;
    renderer->SetBackground(bottom.r / 255., bottom.g / 255., bottom.b / 255.);
    renderer->SetBackground2(top.r / 255., top.g / 255., top.b / 255.);
    cube.show(look);
  }

  void aim() {
    vtkCamera* eye = renderer->GetActiveCamera();
    const Vec3 position = camera.eye(), up = camera.up();
    eye->SetFocalPoint(camera.target.x, camera.target.y, camera.target.z);
    eye->SetPosition(position.x, position.y, position.z);
    eye->SetViewUp(up.x, up.y, up.z);
    eye->SetViewAngle(CameraPose::kViewAngleDegrees);
    renderer->ResetCameraClippingRange();
    ground.seenFrom(camera.elevationDegrees);
    cube.turn(camera, size, pixelRatio);
  }

  std::unique_ptr<DrawableMesh> hiddenShape;
};

Scene::Scene() : state_(std::make_unique<State>()) {
  state_->paintBackground();
  state_->aim();
}

Scene::~Scene() { detach(); }

void Scene::attach(vtkRenderWindow& window) {
  detach();
  state_->window = &window;
  window.AddRenderer(state_->renderer);
  state_->cube.attach(window);
}

void Scene::detach() {
  if (!state_->window) return;
  state_->cube.detach(*state_->window);
  state_->window->RemoveRenderer(state_->renderer);
  state_->window = nullptr;
}

void Scene::present(const Document& document) {
  if (state_->document.shape != document.shape) {
    state_->mask.reset();
    state_->hiddenShape.reset();
  }
  state_->pieces = piecesOf(document, state_->pieces);
  state_->document = document;
  state_->update();
}

void Scene::setProposal(std::shared_ptr<const FaceMask> mask) {
  state_->mask = std::move(mask);
  state_->updateProposal();
}

void Scene::setLook(const Look& look) {
  if (state_->look == look) return;
  state_->look = look;
  state_->paintBackground();
  state_->update();
}

const Look& Scene::look() const { return state_->look; }

void Scene::setCamera(const CameraPose& pose) {
  state_->camera = pose;
  state_->aim();
}

const CameraPose& Scene::camera() const { return state_->camera; }

void Scene::setSize(PictureSize size, float pixelRatio) {
  state_->size = size;
  state_->pixelRatio = pixelRatio;
  state_->proposal.setPixelRatio(pixelRatio);
  state_->aim();
}

void Scene::smoothEdges(bool on) { state_->renderer->SetUseFXAA(on); }

PictureSize Scene::size() const { return state_->size; }
bool Scene::empty() const { return state_->pieces.empty(); }
Bounds Scene::bounds() const { return boundsOf(state_->pieces); }

Bounds Scene::boundsOfPart(PartId part) const {
  std::vector<Piece> one;
  std::ranges::copy_if(state_->pieces, std::back_inserter(one),
                       [part](const Piece& p) { return p.id == part; });
  return boundsOf(one);
}

CameraPose Scene::framing(const Bounds& bounds) const {
  return framed(state_->camera, bounds, state_->size.aspect());
}

std::optional<Pick> Scene::pick(float x, float y) const {
  return state_->picker.pick(rayThrough(state_->camera, state_->size, x, y));
}

}  // namespace maquette
