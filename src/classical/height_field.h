#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <optional>
#include <vector>

#include "surface/surface_graph.h"

namespace maquette {

/// A piece of surface: triangles and how much each counts.
struct SurfaceSample {
  std::vector<std::uint32_t> nodes;
  std::vector<double> weights;  ///< one per node, >= 0
};

/// A height field of second degree over a plane: a surface carried on beyond where it is known.
class HeightField {
 public:
  /// Fitted to centres and normals by least squares; what lies off it counts less, so that a
  /// sample which runs around an edge follows the side that has more of it.
  ///
  /// @return  nothing, where the sample is too small or faces nowhere
  static std::optional<HeightField> fittedTo(const SurfaceGraph& graph, SurfaceSample sample);

  /// mm from it, in front > 0; about right where that is little.
  double distance(Vec3 at) const;

 private:
  using Heights = Eigen::Matrix<double, 6, 1>;
  bool place(const SurfaceGraph& graph, const SurfaceSample& sample);
  void solve(const SurfaceGraph& graph, const SurfaceSample& sample);

  Eigen::Vector3d origin_, normal_, across_, along_;
  double scale_ = 1.;  // mm per unit
  Heights heights_;    // of 1, x, y, x^2, x y, y^2
};

}  // namespace maquette
