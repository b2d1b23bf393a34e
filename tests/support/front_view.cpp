#include "support/front_view.h"

#include <algorithm>
#include <cmath>

#include "core/geometry/bounds.h"

namespace maquette::test {
namespace {

struct Spot {
  double x, y;
};

double turn(Spot a, Spot b, Spot c) {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}

void fill(Mask& mask, Spot a, Spot b, Spot c) {
  const double area = turn(a, b, c);
  if (area == 0.) return;
  const int left = std::max(0, int(std::floor(std::min({a.x, b.x, c.x}) - 0.5)));
  const int right = std::min(mask.width - 1, int(std::ceil(std::max({a.x, b.x, c.x}))));
  const int top = std::max(0, int(std::floor(std::min({a.y, b.y, c.y}) - 0.5)));
  const int bottom = std::min(mask.height - 1, int(std::ceil(std::max({a.y, b.y, c.y}))));
  for (int y = top; y <= bottom; ++y)
    for (int x = left; x <= right; ++x) {
      const Spot p{x + 0.5, y + 0.5};
      if (turn(a, b, p) / area >= 0. && turn(b, c, p) / area >= 0. && turn(c, a, p) / area >= 0.)
        mask.at(x, y) = 255;
    }
}

}  // namespace

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
  const double scale = pixels / double(std::max(bounds.size().x, bounds.size().z));
  const double cx = 0.5 * (left + right + 1), cy = 0.5 * (top + bottom + 1);
  const auto spot = [&](std::uint32_t v) {
    const Vec3 p = mesh.positions[v] - bounds.centre();
    return Spot{cx + double(p.x) * scale, cy - double(p.z) * scale};
  };
  Mask mask{like.width, like.height, std::vector<std::uint8_t>(like.values.size(), 0)};
  for (const Triangle& t : mesh.triangles) fill(mask, spot(t[0]), spot(t[1]), spot(t[2]));
  return mask;
}

}  // namespace maquette::test
