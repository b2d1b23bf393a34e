#include "viewport/poly_data.h"

#include <vtkCellArray.h>
#include <vtkFloatArray.h>
#include <vtkPointData.h>
#include <vtkPoints.h>
#include <vtkPolyData.h>
#include <vtkTypeInt32Array.h>
#include <vtkUnsignedCharArray.h>

#include <algorithm>

namespace maquette {
namespace {

constexpr int kBorrowed = 1;  // VTK neither frees nor reallocates

vtkSmartPointer<vtkFloatArray> borrowed(std::vector<Vec3>& values) {
  static_assert(sizeof(Vec3) == 3 * sizeof(float));
  auto array = vtkSmartPointer<vtkFloatArray>::New();
  array->SetNumberOfComponents(3);
  array->SetArray(&values.data()->x, vtkIdType(values.size() * 3), kBorrowed);
  return array;
}

vtkSmartPointer<vtkTypeInt32Array> offsets(std::size_t triangles) {
  auto array = vtkSmartPointer<vtkTypeInt32Array>::New();
  array->SetNumberOfValues(vtkIdType(triangles + 1));
  std::int32_t next = 0;
  for (std::int32_t* p = array->GetPointer(0); p <= array->GetPointer(vtkIdType(triangles)); ++p) {
    *p = next;
    next += 3;
  }
  return array;
}

}  // namespace

DrawableMesh::DrawableMesh(MeshPtr mesh) : mesh_(std::move(mesh)), surface_(smoothSurface(*mesh_)) {
  points_ = vtkSmartPointer<vtkPoints>::New();
  points_->SetData(borrowed(surface_.positions));
  normals_ = borrowed(surface_.normals);
  normals_->SetName("Normals");
  if (mesh_->colours.empty()) return;
  // Four channels, because VTK hands those to the GPU as they are.
  colours_ = vtkSmartPointer<vtkUnsignedCharArray>::New();
  colours_->SetName("Colours");
  colours_->SetNumberOfComponents(4);
  colours_->SetNumberOfTuples(vtkIdType(surface_.positions.size()));
  std::uint8_t* out = colours_->GetPointer(0);
  for (const std::uint32_t v : surface_.vertexOf) {
    const Rgb c = mesh_->colours[v];
    *out++ = c.r;
    *out++ = c.g;
    *out++ = c.b;
    *out++ = 255;
  }
}

DrawableMesh::~DrawableMesh() = default;

vtkSmartPointer<vtkPolyData> DrawableMesh::polyData(const FacesPtr& faces) {
  const std::size_t count = faces ? faces->size() : surface_.triangles.size();
  auto corners = vtkSmartPointer<vtkTypeInt32Array>::New();
  if (faces) {
    corners->SetNumberOfValues(vtkIdType(count * 3));
    std::int32_t* out = corners->GetPointer(0);
    for (const std::uint32_t f : *faces)
      for (const std::uint32_t v : surface_.triangles[f]) *out++ = std::int32_t(v);
  } else {
    corners->SetArray(reinterpret_cast<std::int32_t*>(surface_.triangles.data()),
                      vtkIdType(count * 3), kBorrowed);
  }
  auto cells = vtkSmartPointer<vtkCellArray>::New();
  cells->SetData(offsets(count), corners);
  auto data = vtkSmartPointer<vtkPolyData>::New();
  data->SetPoints(points_);
  data->SetPolys(cells);
  data->GetPointData()->SetNormals(normals_);
  if (colours_) data->GetPointData()->SetScalars(colours_);
  return data;
}

}  // namespace maquette
