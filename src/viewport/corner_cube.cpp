#include "viewport/corner_cube.h"

#include <vtkAnnotatedCubeActor.h>
#include <vtkCamera.h>
#include <vtkProperty.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>

#include <algorithm>

namespace maquette {
namespace {

void colour(vtkProperty* property, Rgb c) {
  property->SetColor(c.r / 255., c.g / 255., c.b / 255.);
}

}  // namespace

CornerCube::CornerCube()
    : renderer_(vtkSmartPointer<vtkRenderer>::New()),
      cube_(vtkSmartPointer<vtkAnnotatedCubeActor>::New()) {
  renderer_->SetLayer(1);
  renderer_->InteractiveOff();
  cube_->SetXPlusFaceText("right");
  cube_->SetXMinusFaceText("left");
  cube_->SetYMinusFaceText("front");
  cube_->SetYPlusFaceText("back");
  cube_->SetZPlusFaceText("top");
  cube_->SetZMinusFaceText("base");
  cube_->SetFaceTextScale(0.27);
  // So that every side's word stands upright.
  cube_->SetXFaceTextRotation(0);
  cube_->SetYFaceTextRotation(0);
  cube_->SetZFaceTextRotation(90);
  cube_->SetTextEdgesVisibility(0);
  vtkProperty* sides[]{cube_->GetXPlusFaceProperty(), cube_->GetXMinusFaceProperty(),
                       cube_->GetYPlusFaceProperty(), cube_->GetYMinusFaceProperty(),
                       cube_->GetZPlusFaceProperty(), cube_->GetZMinusFaceProperty()};
  for (vtkProperty* side : sides) side->SetLighting(false);
  cube_->GetCubeProperty()->SetAmbient(0.45);
  cube_->GetCubeProperty()->SetDiffuse(0.6);
  renderer_->AddActor(cube_);
}

CornerCube::~CornerCube() = default;

void CornerCube::attach(vtkRenderWindow& window) {
  window.SetNumberOfLayers(2);
  window.AddRenderer(renderer_);
}

void CornerCube::detach(vtkRenderWindow& window) { window.RemoveRenderer(renderer_); }

void CornerCube::show(const Look& look) {
  const Palette& palette = paletteFor(look.dark);
  cube_->SetVisibility(look.ground);
  colour(cube_->GetCubeProperty(), palette.cube);
  vtkProperty* sides[]{cube_->GetXPlusFaceProperty(), cube_->GetXMinusFaceProperty(),
                       cube_->GetYPlusFaceProperty(), cube_->GetYMinusFaceProperty(),
                       cube_->GetZPlusFaceProperty(), cube_->GetZMinusFaceProperty()};
  for (vtkProperty* side : sides) colour(side, palette.label);
}

void CornerCube::turn(const CameraPose& pose, PictureSize size, float pixelRatio) {
  const double edge = std::min(84.f * pixelRatio, 0.25f * std::min(size.width, size.height));
  const double gap = 8. * pixelRatio;
  renderer_->SetViewport(1. - (edge + gap) / size.width, 1. - (edge + gap) / size.height,
                         1. - gap / size.width, 1. - gap / size.height);
  vtkCamera* camera = renderer_->GetActiveCamera();
  const Vec3 eye = pose.towardsEye() * 4.2f, up = pose.up();
  camera->SetFocalPoint(0., 0., 0.);
  camera->SetPosition(eye.x, eye.y, eye.z);
  camera->SetViewUp(up.x, up.y, up.z);
  camera->SetViewAngle(26.);
  camera->SetClippingRange(1., 8.);
}

}  // namespace maquette
