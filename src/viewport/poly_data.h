#pragma once

#include <vtkSmartPointer.h>

#include "core/render/smooth_surface.h"
#include "viewport/pieces.h"

class vtkPolyData;
class vtkPoints;
class vtkFloatArray;
class vtkUnsignedCharArray;

namespace maquette {

/// The drawable form of one mesh. VTK looks into its vectors instead of copying them, so it must
/// outlive what it hands out; pieces of one mesh share one set of points on the GPU.
class DrawableMesh {
 public:
  explicit DrawableMesh(MeshPtr mesh);
  ~DrawableMesh();
  DrawableMesh(const DrawableMesh&) = delete;
  DrawableMesh& operator=(const DrawableMesh&) = delete;

  const MeshPtr& mesh() const { return mesh_; }
  const SmoothSurface& surface() const { return surface_; }
  bool hasColours() const { return colours_ != nullptr; }

  /// These triangles, with normals and, where the mesh has them, colours as scalars. Null: all.
  vtkSmartPointer<vtkPolyData> polyData(const FacesPtr& faces);

 private:
  MeshPtr mesh_;
  SmoothSurface surface_;
  vtkSmartPointer<vtkPoints> points_;
  vtkSmartPointer<vtkFloatArray> normals_;
  vtkSmartPointer<vtkUnsignedCharArray> colours_;
};

}  // namespace maquette
