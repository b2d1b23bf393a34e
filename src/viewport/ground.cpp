#include "viewport/ground.h"

#include <vtkActor.h>
#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkImageData.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>
#include <vtkTexture.h>
#include <vtkUnsignedCharArray.h>

#include <algorithm>
#include <cmath>

#include "core/render/contact_shadow.h"

namespace maquette {
namespace {

vtkSmartPointer<vtkActor> makeActor(vtkRenderer& renderer) {
  auto actor = vtkSmartPointer<vtkActor>::New();
  actor->SetMapper(vtkSmartPointer<vtkPolyDataMapper>::New());
  actor->GetProperty()->SetLighting(false);
  actor->ForceTranslucentOn();
  actor->VisibilityOff();
  actor->PickableOff();
  renderer.AddActor(actor);
  return actor;
}

void setData(vtkActor& actor, vtkPolyData* data) {
  vtkPolyDataMapper::SafeDownCast(actor.GetMapper())->SetInputData(data);
}

/// Millimetres between lines: 10, or the power of ten that keeps them apart on large and small
/// objects.
float gridStep(float longest) {
  if (longest > 15.f && longest <= 700.f) return 10.f;
  return std::pow(10.f, std::floor(std::log10(std::max(longest, 1e-3f) / 7.f)) + 0.f);
}

}  // namespace

Ground::Ground(vtkRenderer& renderer)
    : renderer_(renderer),
      grid_(makeActor(renderer)),
      shadow_(makeActor(renderer)),
      texture_(vtkSmartPointer<vtkTexture>::New()) {
  texture_->InterpolateOn();
  texture_->RepeatOff();
  texture_->EdgeClampOn();
  texture_->SetColorModeToDirectScalars();
  shadow_->SetTexture(texture_);
}

Ground::~Ground() {
  renderer_.RemoveActor(grid_);
  renderer_.RemoveActor(shadow_);
}

void Ground::show(const std::vector<Piece>& pieces, const Bounds& home, const Look& look) {
  const bool shown = look.ground && !home.empty();
  grid_->SetVisibility(shown);
  shadow_->SetVisibility(shown);
  shadowWanted_ = shown;
  if (!shown) return;
  buildGrid(home, look);
  buildShadow(pieces, home, look);
}

void Ground::seenFrom(float elevationDegrees) {
  shadow_->SetVisibility(shadowWanted_ && elevationDegrees > 0.5f);
}

void Ground::buildGrid(const Bounds& home, const Look& look) {
  const Palette& palette = paletteFor(look.dark);
  const float step = gridStep(home.longest());
  const float reach = std::max({home.size().x, home.size().y, 0.6f * home.size().z}) * 1.5f;
  const Vec3 middle = home.centre();
  auto points = vtkSmartPointer<vtkPoints>::New();
  auto lines = vtkSmartPointer<vtkCellArray>::New();
  auto colours = vtkSmartPointer<vtkUnsignedCharArray>::New();
  colours->SetNumberOfComponents(4);

  const auto add = [&](float x, float y, bool strong) {
    const float d = std::hypot(x - middle.x, y - middle.y) / reach;
    const float fade = std::pow(std::clamp(1.f - d, 0.f, 1.f), 1.5f);
    const Rgb c = strong ? palette.strongLine : palette.line;
    const float opacity = palette.lineOpacity * (strong ? 1.9f : 1.f) * fade;
    const std::uint8_t rgba[]{c.r, c.g, c.b, static_cast<std::uint8_t>(opacity * 255.f)};
    colours->InsertNextTypedTuple(rgba);
    return points->InsertNextPoint(x, y, home.min.z);
  };
  const int count = int(std::ceil(reach / step));
  const int midX = int(std::round(middle.x / step)), midY = int(std::round(middle.y / step));
  for (int i = -count; i <= count; ++i)
    for (const bool alongX : {true, false}) {
      const int line = (alongX ? midY : midX) + i;
      lines->InsertNextCell(2 * count + 1);
      for (int j = -count; j <= count; ++j) {
        const float along = float((alongX ? midX : midY) + j) * step, across = float(line) * step;
        lines->InsertCellPoint(alongX ? add(along, across, line % 10 == 0)
                                      : add(across, along, line % 10 == 0));
      }
    }
  auto data = vtkSmartPointer<vtkPolyData>::New();
  data->SetPoints(points);
  data->SetLines(lines);
  data->GetPointData()->SetScalars(colours);
  setData(*grid_, data);
}

void Ground::buildShadow(const std::vector<Piece>& pieces, const Bounds& home, const Look& look) {
  // A piece of the labelled shape is a selection of its triangles; cut out once for the shadow.
  std::vector<Mesh> cut;
  cut.reserve(pieces.size());
  std::vector<Standing> standing;
  const bool together = std::ranges::all_of(pieces, [&](const Piece& p) {
    return p.visible && p.offset == Vec3{} && p.mesh == pieces.front().mesh;
  });
  if (together && !pieces.empty()) {
    standing.push_back({pieces.front().mesh.get(), {}});
  } else {
    for (const Piece& piece : pieces) {
      if (!piece.visible) continue;
      if (!piece.faces) {
        standing.push_back({piece.mesh.get(), piece.offset});
        continue;
      }
      Mesh& mesh = cut.emplace_back();
      for (const std::uint32_t f : *piece.faces) {
        const auto at = static_cast<std::uint32_t>(mesh.positions.size());
        for (const std::uint32_t v : piece.mesh->triangles[f])
          mesh.positions.push_back(piece.mesh->positions[v]);
        mesh.triangles.push_back({at, at + 1, at + 2});
      }
      standing.push_back({&mesh, piece.offset});
    }
  }
  const ContactShadow shadow = contactShadow(standing, home.min.z);
  shadowWanted_ = !shadow.mask.empty();
  shadow_->SetVisibility(shadowWanted_);
  if (!shadowWanted_) return;

  const int n = shadow.mask.width;
  auto image = vtkSmartPointer<vtkImageData>::New();
  image->SetDimensions(n, n, 1);
  image->AllocateScalars(VTK_UNSIGNED_CHAR, 4);
  auto* out = static_cast<std::uint8_t*>(image->GetScalarPointer());
  const Rgb c = look.dark ? Rgb{6, 7, 8} : Rgb{38, 44, 52};
  for (int y = n - 1; y >= 0; --y)
    for (int x = 0; x < n; ++x) {
      *out++ = c.r;
      *out++ = c.g;
      *out++ = c.b;
      *out++ = static_cast<std::uint8_t>(float(shadow.mask.at(x, y)) *
                                         paletteFor(look.dark).shadowOpacity);
    }
  texture_->SetInputData(image);

  auto points = vtkSmartPointer<vtkPoints>::New();
  auto coordinates = vtkSmartPointer<vtkFloatArray>::New();
  coordinates->SetNumberOfComponents(2);
  auto cells = vtkSmartPointer<vtkCellArray>::New();
  cells->InsertNextCell(4);
  // A hair below the grid's lines.
  const float z = home.min.z - 1e-4f * home.longest();
  for (const auto& [u, v] : {std::pair{0.f, 0.f}, {1.f, 0.f}, {1.f, 1.f}, {0.f, 1.f}}) {
    cells->InsertCellPoint(points->InsertNextPoint(shadow.minX + u * shadow.sizeMm,
                                                   shadow.minY + v * shadow.sizeMm, z));
    coordinates->InsertNextTuple2(u, v);
  }
  auto data = vtkSmartPointer<vtkPolyData>::New();
  data->SetPoints(points);
  data->SetPolys(cells);
  data->GetPointData()->SetTCoords(coordinates);
  setData(*shadow_, data);
}

}  // namespace maquette
