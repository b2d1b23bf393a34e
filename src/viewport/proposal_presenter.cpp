#include "viewport/proposal_presenter.h"

#include <vtkActor.h>
#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>

#include <algorithm>

#include "viewport/look.h"

namespace maquette {
namespace {

vtkSmartPointer<vtkActor> makeActor(vtkRenderer& renderer) {
  auto actor = vtkSmartPointer<vtkActor>::New();
  auto mapper = vtkSmartPointer<vtkPolyDataMapper>::New();
  mapper->SetResolveCoincidentTopologyToPolygonOffset();
  actor->SetMapper(mapper);
  actor->VisibilityOff();
  actor->GetProperty()->SetColor(kAccent.r / 255., kAccent.g / 255., kAccent.b / 255.);
  renderer.AddActor(actor);
  return actor;
}

vtkPolyDataMapper& mapperOf(vtkActor& actor) {
  return *vtkPolyDataMapper::SafeDownCast(actor.GetMapper());
}

}  // namespace

std::vector<OutlineEdge> outlineOf(const SmoothSurface& surface, const FaceMask& mask) {
  struct OutlineSide {
    std::uint64_t places;  // smaller one high, larger one low
    std::uint32_t slot;    // 3 * face + k
    bool operator<(const OutlineSide& o) const {
      return places != o.places ? places < o.places : slot < o.slot;
    }
  };
  std::vector<OutlineSide> sides;
  for (std::uint32_t f = 0; f < surface.triangles.size(); ++f) {
    if (!mask[f]) continue;
    const Triangle& t = surface.triangles[f];
    for (std::uint32_t k = 0; k < 3; ++k) {
      const std::uint64_t a = surface.placeOf[t[k]], b = surface.placeOf[t[(k + 1) % 3]];
      sides.push_back({std::min(a, b) << 32 | std::max(a, b), 3 * f + k});
    }
  }
  std::sort(sides.begin(), sides.end());
  std::vector<OutlineEdge> outline;
  for (std::size_t i = 0; i < sides.size();) {
    std::size_t end = i + 1;
    while (end < sides.size() && sides[end].places == sides[i].places) ++end;
    if (end - i == 1) {
      const Triangle& t = surface.triangles[sides[i].slot / 3];
      const std::uint32_t k = sides[i].slot % 3;
      outline.push_back({t[k], t[(k + 1) % 3], sides[i].slot / 3});
    }
    i = end;
  }
  return outline;
}

ProposalPresenter::ProposalPresenter(vtkRenderer& renderer)
    : renderer_(renderer), tint_(makeActor(renderer)), outline_(makeActor(renderer)) {
  tint_->GetProperty()->SetOpacity(0.8);
  tint_->GetProperty()->SetAmbient(0.35);
  tint_->GetProperty()->SetDiffuse(0.75);
  tint_->GetProperty()->BackfaceCullingOn();
  mapperOf(*tint_).SetRelativeCoincidentTopologyPolygonOffsetParameters(-1., -2.);
  outline_->GetProperty()->SetLighting(false);
  outline_->GetProperty()->SetLineWidth(2.f);
  // Near white stands out from every part's colour, and from the tint beside it.
  const Rgb line = mixed(kAccent, {255, 255, 255}, 0.92f);
  outline_->GetProperty()->SetColor(line.r / 255., line.g / 255., line.b / 255.);
  mapperOf(*outline_).SetRelativeCoincidentTopologyLineOffsetParameters(-4., -8.);
}

ProposalPresenter::~ProposalPresenter() {
  renderer_.RemoveActor(tint_);
  renderer_.RemoveActor(outline_);
}

void ProposalPresenter::setPixelRatio(float ratio) {
  outline_->GetProperty()->SetLineWidth(2.f * ratio);
}

void ProposalPresenter::show(const std::shared_ptr<const FaceMask>& mask, const DrawableMesh* shape,
                             const std::vector<Piece>& pieces, const LabelsPtr& labels) {
  const bool shown = mask && shape && mask->size() == shape->surface().triangles.size();
  tint_->SetVisibility(shown);
  outline_->SetVisibility(shown);
  if (!shown) {
    mapperOf(*tint_).SetInputData(vtkSmartPointer<vtkPolyData>::New());
    mapperOf(*outline_).SetInputData(vtkSmartPointer<vtkPolyData>::New());
    return;
  }
  const SmoothSurface& surface = shape->surface();
  std::vector<Vec3> offsets(std::size_t{65536});
  bool solids = false;
  Bounds bounds;
  for (const Piece& piece : pieces) {
    offsets[static_cast<std::size_t>(piece.id)] = piece.offset;
    solids = solids || piece.solid;
    bounds.add(piece.bounds);
  }
  // A solid may lie up to a voxel outside the shape it came from.
  const float lift = (solids ? 0.006f : 0.0006f) * bounds.longest();
  const auto placed = [&](std::uint32_t v, std::uint32_t f) {
    const PartId id = labels && f < labels->size() ? (*labels)[f] : PartId::none;
    return surface.positions[v] + surface.normals[v] * lift + offsets[static_cast<std::size_t>(id)];
  };

  auto points = vtkSmartPointer<vtkPoints>::New();
  auto normals = vtkSmartPointer<vtkFloatArray>::New();
  normals->SetNumberOfComponents(3);
  auto cells = vtkSmartPointer<vtkCellArray>::New();
  for (std::uint32_t f = 0; f < mask->size(); ++f) {
    if (!(*mask)[f]) continue;
    cells->InsertNextCell(3);
    for (const std::uint32_t v : surface.triangles[f]) {
      const Vec3 p = placed(v, f), n = surface.normals[v];
      normals->InsertNextTuple3(n.x, n.y, n.z);
      cells->InsertCellPoint(points->InsertNextPoint(p.x, p.y, p.z));
    }
  }
  auto tint = vtkSmartPointer<vtkPolyData>::New();
  tint->SetPoints(points);
  tint->SetPolys(cells);
  tint->GetPointData()->SetNormals(normals);
  mapperOf(*tint_).SetInputData(tint);

  auto ends = vtkSmartPointer<vtkPoints>::New();
  auto lines = vtkSmartPointer<vtkCellArray>::New();
  for (const auto& [a, b, f] : outlineOf(surface, *mask)) {
    lines->InsertNextCell(2);
    for (const std::uint32_t v : {a, b}) {
      const Vec3 p = placed(v, f) + surface.normals[v] * lift;
      lines->InsertCellPoint(ends->InsertNextPoint(p.x, p.y, p.z));
    }
  }
  auto outline = vtkSmartPointer<vtkPolyData>::New();
  outline->SetPoints(ends);
  outline->SetLines(lines);
  mapperOf(*outline_).SetInputData(outline);
}

}  // namespace maquette
