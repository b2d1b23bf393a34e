#pragma once

#include <memory>
#include <vector>

#include "viewport/look.h"
#include "viewport/pieces.h"
#include "viewport/poly_data.h"

class vtkActor;
class vtkRenderer;

namespace maquette {

/// Shows pieces: one actor each. Rebuilds only those whose triangles changed; colours, visibility
/// and offsets are properties and cost nothing.
class PiecesPresenter {
 public:
  explicit PiecesPresenter(vtkRenderer& renderer);
  ~PiecesPresenter();

  void show(const std::vector<Piece>& pieces, const Look& look);

  /// The drawable form of a mesh that is shown, or null.
  DrawableMesh* drawable(const MeshPtr& mesh) const;

 private:
  struct Entry {
    MeshPtr mesh;
    FacesPtr faces;
    vtkSmartPointer<vtkActor> actor;
  };
  Entry entryFor(const Piece& piece);
  void paint(const Entry& entry, const Piece& piece, const Look& look) const;

  vtkRenderer& renderer_;
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<DrawableMesh>> meshes_;
};

}  // namespace maquette
