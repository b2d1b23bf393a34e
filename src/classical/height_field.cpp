#include "classical/height_field.h"

#include <Eigen/Cholesky>
#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

namespace maquette {
namespace {

using Vector = Eigen::Vector3d;

constexpr std::size_t kFewest = 6;   // triangles
constexpr int kReweighted = 2;       // times
constexpr double kOff = 2.;          // what is so many medians off counts a quarter
constexpr double kLeastOff = 1e-3;   // of the sample's size
constexpr double kStraight = 0.02;   // pull towards a plane, of the sample's weight
constexpr double kFacesAlong = 0.3;  // cosine below which a normal says nothing of the slope
constexpr double kConditioned = 1e-9;

Vector toEigen(Vec3 v) { return {v.x, v.y, v.z}; }

}  // namespace

std::optional<HeightField> HeightField::fittedTo(const SurfaceGraph& graph, SurfaceSample sample) {
  HeightField field;
  if (sample.nodes.size() < kFewest) return {};
  const std::vector<double> given = sample.weights;
  for (int round = 0;; ++round) {
    if (!field.place(graph, sample)) return {};
    field.solve(graph, sample);
    if (round == kReweighted) return field;
    std::vector<double> off;
    for (const std::uint32_t n : sample.nodes)
      off.push_back(std::abs(field.distance(graph.centres[n])));
    std::vector<double> sorted = off;
    const auto middle = sorted.begin() + std::ptrdiff_t(sorted.size() / 2);
    std::ranges::nth_element(sorted, middle);
    const double much = kOff * std::max(*middle, kLeastOff * field.scale_);
    for (std::size_t i = 0; i < off.size(); ++i) {
      const double q = 1. + off[i] * off[i] / (much * much);
      sample.weights[i] = given[i] / (q * q);
    }
  }
}

double HeightField::distance(Vec3 at) const {
  const Vector p = (toEigen(at) - origin_) / scale_;
  const double x = p.dot(across_), y = p.dot(along_);
  const Heights& h = heights_;
  const double height = h[0] + h[1] * x + h[2] * y + h[3] * x * x + h[4] * x * y + h[5] * y * y;
  const double dx = h[1] + 2. * h[3] * x + h[4] * y, dy = h[2] + h[4] * x + 2. * h[5] * y;
  return (p.dot(normal_) - height) * scale_ / std::sqrt(1. + dx * dx + dy * dy);
}

bool HeightField::place(const SurfaceGraph& graph, const SurfaceSample& sample) {
  double weight = 0., spread = 0.;
  Vector centre = Vector::Zero(), normal = Vector::Zero();
  for (std::size_t i = 0; i < sample.nodes.size(); ++i) {
    weight += sample.weights[i];
    centre += sample.weights[i] * toEigen(graph.centres[sample.nodes[i]]);
    normal += sample.weights[i] * toEigen(graph.normals[sample.nodes[i]]);
  }
  if (weight <= 0. || normal.norm() < 1e-6 * weight) return false;
  origin_ = centre / weight;
  normal_ = normal.normalized();
  across_ = normal_.unitOrthogonal();
  along_ = normal_.cross(across_);
  for (std::size_t i = 0; i < sample.nodes.size(); ++i)
    spread += sample.weights[i] * (toEigen(graph.centres[sample.nodes[i]]) - origin_).squaredNorm();
  scale_ = std::sqrt(spread / weight);
  return scale_ > 0.;
}

void HeightField::solve(const SurfaceGraph& graph, const SurfaceSample& sample) {
  Eigen::Matrix<double, 6, 6> matrix = Eigen::Matrix<double, 6, 6>::Zero();
  Heights right = Heights::Zero();
  double weight = 0.;
  for (std::size_t i = 0; i < sample.nodes.size(); ++i) {
    const double w = sample.weights[i];
    weight += w;
    const Vector p = (toEigen(graph.centres[sample.nodes[i]]) - origin_) / scale_;
    const double x = p.dot(across_), y = p.dot(along_);
    const Heights at{{1., x, y, x * x, x * y, y * y}};
    matrix += w * at * at.transpose();
    right += w * p.dot(normal_) * at;
    const Vector n = toEigen(graph.normals[sample.nodes[i]]);
    const double up = n.dot(normal_);
    if (up < kFacesAlong) continue;
    // The slopes are -n.x / up and -n.y / up; weighted by up^2, for they are as sure as it is
    // steep.
    const Heights dx{{0., 1., 0., 2. * x, y, 0.}}, dy{{0., 0., 1., 0., x, 2. * y}};
    matrix += w * up * up * (dx * dx.transpose() + dy * dy.transpose());
    right -= w * up * (n.dot(across_) * dx + n.dot(along_) * dy);
  }
  matrix.diagonal().head<3>().array() += kConditioned * weight;
  // Half for xy, so that it does not matter which way the axes lie.
  matrix.diagonal().tail<3>() += kStraight * weight * Eigen::Vector3d{1., 0.5, 1.};
  heights_ = matrix.ldlt().solve(right);
}

}  // namespace maquette
