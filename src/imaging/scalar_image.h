#pragma once

#include <vector>

#include "core/image/image.h"

namespace maquette {

/// One number per pixel; row 0 is the top one.
struct ScalarImage {
  int width = 0;
  int height = 0;
  std::vector<float> values;  ///< width * height

  std::size_t index(int x, int y) const {
    return std::size_t(y) * std::size_t(width) + std::size_t(x);
  }
  float at(int x, int y) const { return values[index(x, y)]; }
  float& at(int x, int y) { return values[index(x, y)]; }
};

/// Euclidean distance in pixels from every pixel to the nearest one that is >= 128; a number
/// larger than the picture's diagonal where there is none.
ScalarImage distanceTo(const Mask& marked);

/// Gaussian blur; beyond the edge the edge goes on.
ScalarImage blurred(const ScalarImage& field, float sigmaPixels);

/// The mask with inside and outside exchanged.
Mask inverted(Mask mask);

}  // namespace maquette
