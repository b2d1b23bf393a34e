#pragma once

#include <vtkSmartPointer.h>

#include <memory>
#include <vector>

#include "viewport/pieces.h"
#include "viewport/poly_data.h"

class vtkActor;
class vtkRenderer;

namespace maquette {

/// Shows which triangles are being proposed: an accent tint, and a line around it.
class ProposalPresenter {
 public:
  explicit ProposalPresenter(vtkRenderer& renderer);
  ~ProposalPresenter();

  /// @param mask    null or F flags of the shape
  /// @param shape   drawable form of Document::shape; null hides
  /// @param pieces  where its triangles are shown
  void show(const std::shared_ptr<const FaceMask>& mask, const DrawableMesh* shape,
            const std::vector<Piece>& pieces, const LabelsPtr& labels);

  void setPixelRatio(float ratio);  ///< keeps the line as wide on dense screens

 private:
  vtkRenderer& renderer_;
  vtkSmartPointer<vtkActor> tint_, outline_;
};

/// A side of a masked triangle that no other masked triangle shares.
struct OutlineEdge {
  std::uint32_t a = 0, b = 0;  ///< vertices of the surface
  std::uint32_t face = 0;
};

/// Around the mask, F flags.
std::vector<OutlineEdge> outlineOf(const SmoothSurface& surface, const FaceMask& mask);

}  // namespace maquette
