#include "core/geometry/measures.h"

#include "core/geometry/bounds.h"

namespace maquette {

double areaOf(const Mesh& mesh) {
  double sum = 0.;
  for (const Triangle& t : mesh.triangles) sum += 0.5 * length(areaVector(mesh, t));
  return sum;
}

double volumeOf(const Mesh& mesh) {
  // Around the centre of the box: an object far from the origin would lose its digits.
  const Vec3 centre = boundsOf(mesh).centre();
  double sum = 0.;
  for (const Triangle& t : mesh.triangles) {
    const Vec3 a = mesh.positions[t[0]] - centre;
    const Vec3 b = mesh.positions[t[1]] - centre;
    const Vec3 c = mesh.positions[t[2]] - centre;
    sum += dot(a, cross(b, c));
  }
  return sum / 6.;
}

}  // namespace maquette
