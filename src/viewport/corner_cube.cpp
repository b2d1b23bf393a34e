#include "viewport/corner_cube.h"

#include <vtkActor.h>
#include <vtkCamera.h>
#include <vtkCubeSource.h>
#include <vtkImageData.h>
#include <vtkNew.h>
#include <vtkPlaneSource.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkRenderWindow.h>
#include <vtkRenderer.h>
#include <vtkTextProperty.h>
#include <vtkTextRenderer.h>
#include <vtkTexture.h>

#include <algorithm>

namespace maquette {
namespace {

constexpr int kPixels = 128;      // of a side's picture; more than it ever has on the screen
constexpr int kLetters = 44;      // pixels: the longest word leaves a margin
constexpr int kDotsPerInch = 72;  // a point is a pixel

struct Side {
  const char* word;
  Vec3 out, up;  // up: of the word, as it stands when the view turns there from the front
};

constexpr std::array<Side, 6> kSides{{{"front", {0, -1, 0}, {0, 0, 1}},
                                      {"back", {0, 1, 0}, {0, 0, 1}},
                                      {"left", {-1, 0, 0}, {0, 0, 1}},
                                      {"right", {1, 0, 0}, {0, 0, 1}},
                                      {"top", {0, 0, 1}, {0, 1, 0}},
                                      {"base", {0, 0, -1}, {0, -1, 0}}}};

/// A word in the middle of a clear square, in white. A picture of letters stays smooth at every
/// size, which small outlines do not where a window has one sample a pixel.
vtkSmartPointer<vtkImageData> pictureOf(const char* word) {
  auto picture = vtkSmartPointer<vtkImageData>::New();
  picture->SetDimensions(kPixels, kPixels, 1);
  picture->AllocateScalars(VTK_UNSIGNED_CHAR, 4);
  auto* const pixels = static_cast<unsigned char*>(picture->GetScalarPointer());
  for (int i = 0; i < kPixels * kPixels; ++i) {
    std::fill_n(pixels + 4 * i, 3, 255);
    pixels[4 * i + 3] = 0;
  }
  vtkNew<vtkTextProperty> style;
  style->SetFontSize(kLetters);
  style->BoldOn();
  vtkNew<vtkImageData> text;  // RGBA; the word in its lower left corner
  int size[2]{};
  vtkTextRenderer* renderer = vtkTextRenderer::GetInstance();
  if (!renderer || !renderer->RenderString(style, word, text, size, kDotsPerInch)) return picture;
  const int* extent = text->GetExtent();
  const int left = std::max(0, kPixels - size[0]) / 2, below = std::max(0, kPixels - size[1]) / 2;
  for (int y = 0; y < std::min(size[1], kPixels); ++y)
    for (int x = 0; x < std::min(size[0], kPixels); ++x) {
      const auto* from = static_cast<const unsigned char*>(
          text->GetScalarPointer(extent[0] + x, extent[2] + y, extent[4]));
      pixels[4 * (kPixels * (below + y) + left + x) + 3] = from[3];
    }
  return picture;
}

/// The word of a side of the cube from -0.5 to 0.5, just in front of it.
vtkSmartPointer<vtkActor> wordOn(const Side& side) {
  const Vec3 right = cross(side.up, side.out);
  const Vec3 corner = side.out * 0.501f - (right + side.up) * 0.5f;
  const Vec3 along = corner + right, upwards = corner + side.up;
  vtkNew<vtkPlaneSource> plane;
  plane->SetOrigin(corner.x, corner.y, corner.z);
  plane->SetPoint1(along.x, along.y, along.z);
  plane->SetPoint2(upwards.x, upwards.y, upwards.z);
  vtkNew<vtkPolyDataMapper> mapper;
  mapper->SetInputConnection(plane->GetOutputPort());
  vtkNew<vtkTexture> texture;
  texture->SetInputData(pictureOf(side.word));
  texture->InterpolateOn();
  texture->MipmapOn();
  auto actor = vtkSmartPointer<vtkActor>::New();
  actor->SetMapper(mapper);
  actor->SetTexture(texture);
  actor->GetProperty()->SetLighting(false);
  actor->GetProperty()->SetBackfaceCulling(true);
  return actor;
}

void colour(vtkActor& actor, Rgb c) {
  actor.GetProperty()->SetColor(c.r / 255., c.g / 255., c.b / 255.);
}

}  // namespace

CornerCube::CornerCube()
    : renderer_(vtkSmartPointer<vtkRenderer>::New()), cube_(vtkSmartPointer<vtkActor>::New()) {
  renderer_->SetLayer(1);
  renderer_->InteractiveOff();
  vtkNew<vtkCubeSource> cube;
  vtkNew<vtkPolyDataMapper> mapper;
  mapper->SetInputConnection(cube->GetOutputPort());
  cube_->SetMapper(mapper);
  cube_->GetProperty()->SetAmbient(0.45);
  cube_->GetProperty()->SetDiffuse(0.6);
  renderer_->AddActor(cube_);
  for (std::size_t i = 0; i < words_.size(); ++i) {
    words_[i] = wordOn(kSides[i]);
    renderer_->AddActor(words_[i]);
  }
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
  colour(*cube_, palette.cube);
  for (const auto& word : words_) {
    word->SetVisibility(look.ground);
    colour(*word, palette.label);
  }
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
