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
  /// Both children, side by side: one step down looks at one line of memory.
  struct alignas(64) Node {
    // Left and right in turn: x, x, y, y of the low corners, of the high ones; z of low and high.
    float low[4] = {}, high[4] = {}, z[4] = {};
    std::uint32_t child[2] = {};  // see kLeaf
  };
  /// A child with this bit is a leaf: the next two bits are its count less one, the rest the first
  /// entry in order_.
  static constexpr std::uint32_t kLeaf = 0x80000000u;
  std::uint32_t build(std::uint32_t begin, std::uint32_t end, const std::vector<Vec3>& centres,
                      Bounds& box, const Context& ctx);
  template <class Visit>
  void overLeaf(std::uint32_t leaf, Visit&& visit) const;

  const Mesh& mesh_;
  std::vector<Node> nodes_;
  std::uint32_t root_ = 0;
  std::vector<std::uint32_t> order_;  // triangle indices, grouped by leaf
};

}  // namespace maquette
