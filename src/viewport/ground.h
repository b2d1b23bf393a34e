#pragma once

#include <vtkSmartPointer.h>

#include <vector>

#include "viewport/look.h"
#include "viewport/pieces.h"

class vtkActor;
class vtkRenderer;
class vtkTexture;

namespace maquette {

/// The plane the object stands on: a grid in millimetres that fades out, and a contact shadow.
class Ground {
 public:
  explicit Ground(vtkRenderer& renderer);
  ~Ground();

  /// @param home  bounds of everything, not moved apart: decides where the grid lies and how far
  ///              it reaches
  void show(const std::vector<Piece>& pieces, const Bounds& home, const Look& look);
  /// The shadow is on the upper side only.
  void seenFrom(float elevationDegrees);

 private:
  void buildGrid(const Bounds& home, const Look& look);
  void buildShadow(const std::vector<Piece>& pieces, const Bounds& home, const Look& look);

  vtkRenderer& renderer_;
  vtkSmartPointer<vtkActor> grid_, shadow_;
  vtkSmartPointer<vtkTexture> texture_;
  bool shadowWanted_ = false;
};

}  // namespace maquette
