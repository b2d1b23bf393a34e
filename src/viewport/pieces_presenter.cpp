#include "viewport/pieces_presenter.h"

#include <vtkActor.h>
#include <vtkPolyData.h>
#include <vtkPolyDataMapper.h>
#include <vtkProperty.h>
#include <vtkRenderer.h>

#include <algorithm>

namespace maquette {

PiecesPresenter::PiecesPresenter(vtkRenderer& renderer) : renderer_(renderer) {}

PiecesPresenter::~PiecesPresenter() {
  for (const Entry& entry : entries_) renderer_.RemoveActor(entry.actor);
}

DrawableMesh* PiecesPresenter::drawable(const MeshPtr& mesh) const {
  const auto found =
      std::ranges::find_if(meshes_, [&](const auto& m) { return m->mesh() == mesh; });
  return found == meshes_.end() ? nullptr : found->get();
}

PiecesPresenter::Entry PiecesPresenter::entryFor(const Piece& piece) {
  const auto same = std::ranges::find_if(entries_, [&](const Entry& e) {
    return e.actor && e.mesh == piece.mesh && e.faces == piece.faces;
  });
  if (same != entries_.end()) return std::exchange(*same, Entry{});
  DrawableMesh* mesh = drawable(piece.mesh);
  if (!mesh) mesh = meshes_.emplace_back(std::make_unique<DrawableMesh>(piece.mesh)).get();
  auto mapper = vtkSmartPointer<vtkPolyDataMapper>::New();
  mapper->SetInputData(mesh->polyData(piece.faces));
  mapper->SetScalarModeToUsePointData();
  mapper->ScalarVisibilityOff();
  auto actor = vtkSmartPointer<vtkActor>::New();
  actor->SetMapper(mapper);
  vtkProperty* property = actor->GetProperty();
  property->SetAmbient(0.30);
  property->SetDiffuse(0.84);
  property->SetSpecular(0.12);
  property->SetSpecularPower(28.);
  renderer_.AddActor(actor);
  return {piece.mesh, piece.faces, actor};
}

void PiecesPresenter::paint(const Entry& entry, const Piece& piece, const Look& look) const {
  const Palette& palette = paletteFor(look.dark);
  vtkActor& actor = *entry.actor;
  actor.SetVisibility(piece.visible);
  actor.SetPosition(piece.offset.x, piece.offset.y, piece.offset.z);

  Rgb colour = palette.clay;
  if (look.style == SurfaceStyle::parts && !(piece.id == PartId::none && !piece.faces))
    colour = piece.id == PartId::none ? palette.unassigned : piece.colour;
  const bool dimmed = look.highlighted != PartId::none && piece.id != look.highlighted;
  if (dimmed) colour = mixed(colour, look.dark ? palette.skyTop : palette.skyBottom, 0.6f);
  vtkProperty* property = actor.GetProperty();
  property->SetColor(colour.r / 255., colour.g / 255., colour.b / 255.);
  property->SetInterpolation(look.style == SurfaceStyle::flat ? VTK_FLAT : VTK_GOURAUD);
  property->SetEdgeVisibility(look.wireframe);
  property->SetEdgeColor(palette.wire.r / 255., palette.wire.g / 255., palette.wire.b / 255.);
  const DrawableMesh* mesh = drawable(piece.mesh);
  actor.GetMapper()->SetScalarVisibility(look.style == SurfaceStyle::colour && !dimmed && mesh &&
                                         mesh->hasColours());
}

void PiecesPresenter::show(const std::vector<Piece>& pieces, const Look& look) {
  std::vector<Entry> next;
  next.reserve(pieces.size());
  for (const Piece& piece : pieces) next.push_back(entryFor(piece));
  for (const Entry& left : entries_)
    if (left.actor) renderer_.RemoveActor(left.actor);
  entries_ = std::move(next);
  for (std::size_t i = 0; i < pieces.size(); ++i) paint(entries_[i], pieces[i], look);
  // Actors first, then what they look into.
  std::erase_if(meshes_, [&](const auto& mesh) {
    return std::ranges::none_of(entries_, [&](const Entry& e) { return e.mesh == mesh->mesh(); });
  });
}

}  // namespace maquette
