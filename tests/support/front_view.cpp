#include "support/front_view.h"

#include <algorithm>

#include "core/geometry/bounds.h"
#include "core/render/raster.h"

namespace maquette::test {

Mask frontSilhouette(const Mesh& mesh, const Mask& like) {
  int left = like.width, right = -1, top = like.height, bottom = -1;
  for (int y = 0; y < like.height; ++y)
    for (int x = 0; x < like.width; ++x) {
      if (like.at(x, y) < 128) continue;
      left = std::min(left, x);
      right = std::max(right, x);
      top = std::min(top, y);
      bottom = std::max(bottom, y);
    }
  const Bounds bounds = boundsOf(mesh);
  const double pixels = std::max(right - left, bottom - top) + 1;
  const double mmPerPixel = double(std::max(bounds.size().x, bounds.size().z)) / pixels;
  OrthoView view;
  view.target = bounds.centre();
  view.target.x += static_cast<float>((0.5 * like.width - 0.5 * (left + right + 1)) * mmPerPixel);
  view.target.z -= static_cast<float>((0.5 * like.height - 0.5 * (top + bottom + 1)) * mmPerPixel);
  view.heightMm = static_cast<float>(like.height * mmPerPixel);
  return silhouetteOf(mesh, view, like.width, like.height);
}

}  // namespace maquette::test
