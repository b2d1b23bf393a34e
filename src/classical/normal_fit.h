#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "classical/superfaces.h"
#include "core/geometry/vec.h"
#include "surface/surface_graph.h"

namespace maquette {

/// How well the normals of a piece of surface are a linear function of place, by least squares.
///
/// On planes, spheres and cylinders they are, wherever these stand; on cones and ellipsoids nearly;
/// across a joint between two such shapes they are not, however smooth it is. Sums of two pieces
/// tell about both together.
class NormalFit {
 public:
  /// @param place   in units of the object's size, from its middle
  /// @param normal  unit length
  /// @param weight  mm^2
  void add(Vec3 place, Vec3 normal, double weight);
  NormalFit& operator+=(const NormalFit& other);

  /// The sum of weights times squared errors, mm^2: at least 0, at most the weights' sum.
  double residual() const;

 private:
  Eigen::Matrix4d places_ = Eigen::Matrix4d::Zero();
  Eigen::Matrix<double, 4, 3> normals_ = Eigen::Matrix<double, 4, 3>::Zero();
  double weight_ = 0.;
};

/// The fit of each patch [K]. Triangles beside creases count little: what rounds off a joint
/// belongs to neither side.
///
/// @param creases  one per link, see creasesOf
std::vector<NormalFit> normalFitsOf(const SurfaceGraph& graph, const std::vector<float>& creases,
                                    const Superfaces& faces);

}  // namespace maquette
