#pragma once

#include "core/image/image.h"
#include "core/segmentation/segmentation.h"

namespace maquette {

/// What the user has decided about the print.
struct PrintSetup {
  float sizeMm = 100.f;  ///< longest side of the whole object
};

/// The whole user-visible state. A copy costs a few reference counts; undo is assignment.
struct Document {
  ImageSetPtr sources;
  MeshPtr shape;
  Segmentation segmentation;
  PrintSetup print;
};

}  // namespace maquette
