#include "support/front_view.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/geometry/bounds.h"
#include "core/render/raster.h"

namespace maquette::test {

Mask silhouetteLike(const Mesh& mesh, const Mask& like, float azimuthDegrees) {
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
  const bool lateral = std::lround(azimuthDegrees / 90.f) % 2 != 0;
  const float across = lateral ? bounds.size().y : bounds.size().x;
  const double mmPerPixel = double(std::max(across, bounds.size().z)) / pixels;
  OrthoView view;
  view.azimuthDegrees = azimuthDegrees;
  view.target = bounds.centre();
  const auto aside = static_cast<float>((0.5 * like.width - 0.5 * (left + right + 1)) * mmPerPixel);
  const float radians = azimuthDegrees * std::numbers::pi_v<float> / 180.f;
  view.target.x += aside * std::cos(radians);
  view.target.y += aside * std::sin(radians);
  view.target.z -= static_cast<float>((0.5 * like.height - 0.5 * (top + bottom + 1)) * mmPerPixel);
  view.heightMm = static_cast<float>(like.height * mmPerPixel);
  return silhouetteOf(mesh, view, like.width, like.height);
}

}  // namespace maquette::test
