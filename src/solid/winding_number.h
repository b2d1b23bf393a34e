#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// How often a surface winds around a point: 1 inside a closed surface, 0 outside, and in between
/// near the holes of an open one (Jacobson, Kavan and Sorkine-Hornung, SIGGRAPH 2013).
///
/// Groups of triangles that are far away count as one dipole (Barill et al., SIGGRAPH 2018). Holds
/// a reference: the mesh must outlive it. Queries are const and safe from many threads.
class WindingNumber {
 public:
  /// @param faces  the triangles that count; empty: all
  /// @throws Cancelled  ctx was asked to stop
  explicit WindingNumber(const Mesh& mesh, std::span<const std::uint32_t> faces = {},
                         const Context& ctx = {});

  double at(Vec3 point) const;

 private:
  struct Node {
    Vec3 centre;              // area-weighted
    Vec3 dipole;              // sum of area normals
    float radius = 0.f;       // around centre, holds every triangle
    std::uint32_t first = 0;  // leaf: first entry in order_; inner: index of the right child
    std::uint32_t count = 0;  // leaf: entries; inner: 0, the left child is the next node
  };
  std::uint32_t build(std::uint32_t begin, std::uint32_t end, const std::vector<Vec3>& centres,
                      const Context& ctx);
  void summarise(Node& node, std::uint32_t begin, std::uint32_t end) const;

  const Mesh& mesh_;
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> order_;
};

}  // namespace maquette
