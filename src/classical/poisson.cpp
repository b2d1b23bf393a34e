#include "classical/poisson.h"

#include <Eigen/SparseCore>
#include <algorithm>
#include <array>
#include <cmath>

namespace maquette {
namespace {

using Matrix = Eigen::SparseMatrix<double, Eigen::RowMajor>;
using Vector = Eigen::VectorXd;

constexpr double kTolerance = 1e-5;  // of the residual; the depth follows its root

struct System {
  std::vector<int> unknown;  // per point, -1 where it is known
  Matrix matrix;
  Vector right;
};

bool isKnown(const FlatMesh& sheet, const std::vector<double>& given, std::size_t point) {
  return sheet.onRim[point] || (!given.empty() && given[point] >= 0.);
}

System assemble(const FlatMesh& sheet, double k, const std::vector<double>& given) {
  System system;
  int count = 0;
  system.unknown.reserve(sheet.points.size());
  for (std::size_t p = 0; p < sheet.points.size(); ++p)
    system.unknown.push_back(isKnown(sheet, given, p) ? -1 : count++);
  system.right = Vector::Zero(count);
  std::vector<Eigen::Triplet<double>> entries;
  entries.reserve(sheet.triangles.size() * 9);
  for (const Triangle& t : sheet.triangles) {
    std::array<PlanePoint, 3> side{};  // opposite to the corner
    for (std::size_t c = 0; c < 3; ++c) {
      const PlanePoint &a = sheet.points[t[(c + 1) % 3]], &b = sheet.points[t[(c + 2) % 3]];
      side[c] = {b.x - a.x, b.y - a.y};
    }
    const double twice = std::abs(side[0].x * side[1].y - side[0].y * side[1].x);
    for (std::size_t a = 0; a < 3; ++a) {
      const int row = system.unknown[t[a]];
      if (row < 0) continue;
      system.right[row] += 2. * twice / 6.;
      for (std::size_t b = 0; b < 3; ++b) {
        const int column = system.unknown[t[b]];
        const double lumped = a == b ? k * k * twice / 6. : 0.;
        const double stiff = (side[a].x * side[b].x + side[a].y * side[b].y) / (2. * twice);
        if (column >= 0)
          entries.emplace_back(row, column, stiff + lumped);
        else if (!sheet.onRim[t[b]])
          system.right[row] -= stiff * given[t[b]];
      }
    }
  }
  system.matrix.resize(count, count);
  system.matrix.setFromTriplets(entries.begin(), entries.end());
  return system;
}

/// Hestenes and Stiefel 1952, scaled by the diagonal.
void conjugateGradients(const System& system, Vector& u, const Context& ctx) {
  const Vector inverse = system.matrix.diagonal().cwiseInverse();
  Vector residual = system.right - system.matrix * u;
  Vector scaled = inverse.cwiseProduct(residual);
  Vector direction = scaled;
  Vector image(u.size());
  double energy = residual.dot(scaled);
  const double enough =
      kTolerance * kTolerance * system.right.dot(inverse.cwiseProduct(system.right));
  const int most = 200 + 20 * static_cast<int>(std::sqrt(double(u.size())));
  for (int step = 0; step < most && energy > enough; ++step) {
    ctx.report(1.f - 1.f / (1.f + 0.01f * static_cast<float>(step)));
    image.noalias() = system.matrix * direction;
    const double alpha = energy / direction.dot(image);
    u += alpha * direction;
    residual -= alpha * image;
    scaled = inverse.cwiseProduct(residual);
    const double next = residual.dot(scaled);
    direction = scaled + (next / energy) * direction;
    energy = next;
  }
}

}  // namespace

std::vector<double> solveSheet(const FlatMesh& sheet, double k, std::vector<double> guess,
                               const std::vector<double>& given, const Context& ctx) {
  const System system = assemble(sheet, k, given);
  ctx.check();
  Vector u = Vector::Zero(system.right.size());
  for (std::size_t p = 0; p < guess.size(); ++p)
    if (system.unknown[p] >= 0) u[system.unknown[p]] = guess[p];
  conjugateGradients(system, u, ctx);

  // Obtuse triangles at the rim can undershoot; a sheet must not touch its twin. The bound is what
  // a strip three hundredths of a typical edge deep would get.
  const double least = 1e-3 * 2. * system.right.sum() / std::max<double>(1., double(u.size()));
  std::vector<double> result(sheet.points.size(), 0.);
  for (std::size_t p = 0; p < result.size(); ++p)
    if (!sheet.onRim[p])
      result[p] = std::max(system.unknown[p] >= 0 ? u[system.unknown[p]] : given[p], least);
  return result;
}

}  // namespace maquette
