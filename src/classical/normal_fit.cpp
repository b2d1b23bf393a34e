#include "classical/normal_fit.h"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

namespace maquette {
namespace {

// Keeps the equations of flat and tiny pieces solvable; places lie within about [-1, 1].
constexpr double kSlopes = 1e-6, kConstant = 1e-12;

}  // namespace

void NormalFit::add(Vec3 place, Vec3 normal, double weight) {
  const Eigen::Vector4d at(place.x, place.y, place.z, 1.);
  places_ += weight * at * at.transpose();
  normals_ += weight * at * Eigen::RowVector3d(normal.x, normal.y, normal.z);
  weight_ += weight;
}

NormalFit& NormalFit::operator+=(const NormalFit& other) {
  places_ += other.places_;
  normals_ += other.normals_;
  weight_ += other.weight_;
  return *this;
}

double NormalFit::residual() const {
  if (weight_ <= 0.) return 0.;
  Eigen::Matrix4d equations = places_;
  equations.diagonal().head<3>().array() += kSlopes * weight_;
  equations(3, 3) += kConstant * weight_;
  const Eigen::Matrix<double, 4, 3> solution = equations.ldlt().solve(normals_);
  return std::clamp(weight_ - normals_.cwiseProduct(solution).sum(), 0., weight_);
}

std::vector<NormalFit> normalFitsOf(const SurfaceGraph& graph, const std::vector<float>& creases,
                                    const Superfaces& faces) {
  Vec3 middle{};
  for (std::uint32_t n = 0; n < graph.count(); ++n)
    middle += graph.centres[n] * float(graph.areas[n] / graph.area);
  std::vector<NormalFit> fits(faces.count());
  for (std::uint32_t n = 0; n < graph.count(); ++n) {
    float crease = 0.f;
    for (std::uint32_t i = graph.first[n]; i < graph.first[n + 1]; ++i)
      crease = std::max(crease, creases[i]);
    const double plain = std::max(0., 1. - crease);
    fits[faces.of[n]].add((graph.centres[n] - middle) * (1.f / graph.size), graph.normals[n],
                          graph.areas[n] * plain * plain * plain);
  }
  return fits;
}

}  // namespace maquette
