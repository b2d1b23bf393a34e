#pragma once

#include <vtkSmartPointer.h>

#include <array>

#include "viewport/camera.h"
#include "viewport/look.h"

class vtkActor;
class vtkRenderer;
class vtkRenderWindow;

namespace maquette {

/// A small cube in the upper right corner that turns with the view and names its sides.
class CornerCube {
 public:
  CornerCube();
  ~CornerCube();
  void attach(vtkRenderWindow& window);  ///< as its second layer
  void detach(vtkRenderWindow& window);
  void show(const Look& look);
  /// @param pixelRatio  physical pixels per logical one
  void turn(const CameraPose& pose, PictureSize size, float pixelRatio);

 private:
  vtkSmartPointer<vtkRenderer> renderer_;
  vtkSmartPointer<vtkActor> cube_;
  std::array<vtkSmartPointer<vtkActor>, 6> words_;
};

}  // namespace maquette
