#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/geometry/bounds.h"
#include "core/jobs/context.h"

namespace maquette {

/// Where a ray met a surface.
struct RayHit {
  float distance = 0.f;  ///< along the ray, in units of the direction's length
  std::uint32_t face = 0;
};

/// The nearest point of a surface.
struct Nearest {
  Vec3 point;
  float distanceSquared = 0.f;
  std::uint32_t face = 0;
};

/// A bounding volume hierarchy over the triangles of a mesh: rays and nearest points.
///
/// Holds a reference: the mesh must outlive it. Queries are const and safe from many threads.
class TriangleTree {
 public:
  /// @param mesh  F >= 1 triangles with finite coordinates
  /// @throws Cancelled  ctx was asked to stop
  explicit TriangleTree(const Mesh& mesh, const Context& ctx = {});
  const Mesh& mesh() const { return mesh_; }

  /// The first triangle hit with minDistance < t < maxDistance (Moeller and Trumbore 1997); either
  /// side counts.
  std::optional<RayHit> firstHit(Vec3 origin, Vec3 direction, float minDistance = 0.f,
                                 float maxDistance = Bounds::kInfinity) const;

  /// The nearest surface point (Ericson, Real-Time Collision Detection, 5.1.5), or nothing within
  /// `maxDistance`.
  std::optional<Nearest> nearest(Vec3 point, float maxDistance = Bounds::kInfinity) const;

 private:
  struct Node {
    Bounds bounds;
    std::uint32_t first = 0;  // leaf: first entry in order_; inner: index of the right child
    std::uint32_t count = 0;  // leaf: entries; inner: 0, the left child is the next node
  };
  std::uint32_t build(std::uint32_t begin, std::uint32_t end, const std::vector<Vec3>& centres,
                      const Context& ctx);

  const Mesh& mesh_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> order_;  // triangle indices, grouped by leaf
};

}  // namespace maquette
