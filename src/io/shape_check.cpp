#include "io/shape_check.h"

#include <spdlog/fmt/fmt.h>

#include <cmath>

#include "core/base/error.h"
#include "core/geometry/bounds.h"

namespace maquette {
namespace {

// Of the square of the diagonal. Points of one line, once turned and rounded, span 3e-8; a wire of
// a ten thousandth of its length spans 3e-4.
constexpr double kNoArea = 1e-7;
constexpr double kNoThickness = 1e-6;  // of the diagonal

struct Exact {
  double x, y, z;
};
Exact between(Vec3 from, Vec3 to) {
  return {double(to.x) - double(from.x), double(to.y) - double(from.y),
          double(to.z) - double(from.z)};
}
double dotOf(const Exact& a, const Exact& b) { return a.x * b.x + a.y * b.y + a.z * b.z; }

/// Twice the area, along the normal; in double, where small triangles far away keep theirs.
Exact spanOf(const Mesh& mesh, const Triangle& t) {
  const Exact u = between(mesh.positions[t[0]], mesh.positions[t[1]]),
              v = between(mesh.positions[t[0]], mesh.positions[t[2]]);
  return {u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x};
}

double diagonalOf(const Mesh& mesh) {
  Bounds box;
  for (const Triangle& t : mesh.triangles)
    for (const std::uint32_t v : t) box.add(mesh.positions[v]);
  const Exact size = between(box.min, box.max);
  return std::sqrt(dotOf(size, size));
}

}  // namespace

void requireArea(const Mesh& mesh, const std::string& what) {
  const double least = kNoArea * std::pow(diagonalOf(mesh), 2);
  double area = 0.;
  for (const Triangle& t : mesh.triangles) {
    const Exact span = spanOf(mesh, t);
    area += 0.5 * std::sqrt(dotOf(span, span));
    if (area > least) return;
  }
  throw InvalidInput(fmt::format(
      "{} has no area: {}, so there is nothing to see and nothing to print. Export it "
      "again, and look whether it was scaled to nothing there.",
      what,
      mesh.triangles.size() == 1 ? "its only triangle is a line or a point"
                                 : fmt::format("all of its {} triangles are only lines or points",
                                               mesh.triangles.size())));
}

bool isFlat(const Mesh& mesh) {
  Exact normal{0., 0., 0.};
  double largest = 0.;
  Vec3 on;
  for (const Triangle& t : mesh.triangles) {
    const Exact span = spanOf(mesh, t);
    if (dotOf(span, span) <= largest) continue;
    largest = dotOf(span, span);
    normal = span;
    on = mesh.positions[t[0]];
  }
  const double least = kNoThickness * diagonalOf(mesh) * std::sqrt(largest);
  for (const Triangle& t : mesh.triangles)
    for (const std::uint32_t v : t)
      if (std::abs(dotOf(normal, between(on, mesh.positions[v]))) > least) return false;
  return true;
}

}  // namespace maquette
