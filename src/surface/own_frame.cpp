#include "surface/own_frame.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace maquette {
namespace {

using Vector = std::array<double, 3>;
using Matrix = std::array<Vector, 3>;

double dot(const Vector& a, const Vector& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }

/// Eigenvectors of a symmetric matrix as rows, largest eigenvalue first (Jacobi's rotations).
Matrix eigenvectorsOf(Matrix m) {
  Matrix rows{{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}}};
  constexpr int kSweeps = 30;
  for (int sweep = 0; sweep < kSweeps; ++sweep)
    for (int p = 0; p < 2; ++p)
      for (int q = p + 1; q < 3; ++q) {
        if (m[p][q] == 0.) continue;
        const double angle = 0.5 * std::atan2(2. * m[p][q], m[q][q] - m[p][p]);
        const double c = std::cos(angle), s = std::sin(angle);
        for (int k = 0; k < 3; ++k) {
          const double a = m[k][p], b = m[k][q];
          m[k][p] = c * a - s * b;
          m[k][q] = s * a + c * b;
        }
        for (int k = 0; k < 3; ++k) {
          const double a = m[p][k], b = m[q][k], x = rows[p][k], y = rows[q][k];
          m[p][k] = c * a - s * b;
          m[q][k] = s * a + c * b;
          rows[p][k] = c * x - s * y;
          rows[q][k] = s * x + c * y;
        }
      }
  std::array<int, 3> order{0, 1, 2};
  std::ranges::stable_sort(order, [&](int a, int b) { return m[a][a] > m[b][b]; });
  return {rows[order[0]], rows[order[1]], rows[order[2]]};
}

/// Calls visit(area, centre less `origin`) for every triangle.
template <class Visit>
void forEachTriangle(const Mesh& mesh, const Vector& origin, const Visit& visit) {
  for (const Triangle& t : mesh.triangles) {
    const Vec3 c = faceCentre(mesh, t);
    visit(double(length(areaVector(mesh, t))),
          Vector{c.x - origin[0], c.y - origin[1], c.z - origin[2]});
  }
}

/// Axes point towards the longer tail; of the three, the most even one gives way so that the frame
/// stays right-handed.
void point(Matrix& axes, const Vector& skew) {
  int even = 0;
  for (int k = 1; k < 3; ++k)
    if (std::abs(skew[k]) < std::abs(skew[even])) even = k;
  for (int k = 0; k < 3; ++k)
    if (k != even && skew[k] < 0.)
      for (double& x : axes[k]) x = -x;
  const Vector &a = axes[(even + 1) % 3], &b = axes[(even + 2) % 3];
  axes[even] = {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}

}  // namespace

Vector OwnFrame::placeOf(Vec3 p) const {
  const Vector d{double(p.x) - origin.x, double(p.y) - origin.y, double(p.z) - origin.z};
  return {dot(axes[0], d), dot(axes[1], d), dot(axes[2], d)};
}

OwnFrame ownFrameOf(const Mesh& mesh) {
  double area = 0.;
  Vector mean{};
  forEachTriangle(mesh, {}, [&](double a, const Vector& d) {
    area += a;
    for (int k = 0; k < 3; ++k) mean[k] += a * d[k];
  });
  if (area > 0.)
    for (double& x : mean) x /= area;
  Matrix spread{};
  forEachTriangle(mesh, mean, [&](double a, const Vector& d) {
    for (int i = 0; i < 3; ++i)
      for (int k = 0; k < 3; ++k) spread[i][k] += a * d[i] * d[k];
  });
  Matrix axes = eigenvectorsOf(spread);
  Vector cubes{}, squares{};
  forEachTriangle(mesh, mean, [&](double a, const Vector& d) {
    for (int k = 0; k < 3; ++k) {
      const double x = dot(axes[k], d);
      squares[k] += a * x * x;
      cubes[k] += a * x * x * x;
    }
  });
  for (int k = 0; k < 3; ++k)
    if (squares[k] > 0.) cubes[k] /= std::pow(squares[k], 1.5);
  point(axes, cubes);
  return {{float(mean[0]), float(mean[1]), float(mean[2])}, axes};
}

}  // namespace maquette
