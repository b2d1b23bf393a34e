#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/context.h"
#include "solid/multi_surface.h"

namespace maquette {

/// How far a triangle is from the original, and where it is nearest.
struct TriangleFit {
  static constexpr std::uint32_t kNoFace = 0xffffffffu;
  float cost = 0.f;              ///< square voxels
  std::uint32_t face = kNoFace;  ///< of the original
  Vec3 at;                       ///< on that face
};

/// Measures how well pieces of a surface agree with the original, in place and in direction.
class OriginalFit {
 public:
  using Corners = std::array<std::uint32_t, 3>;

  /// @param region  triangles near which there will be questions: the original may face either way,
  ///                and these know where outside is
  OriginalFit(const MultiSurface& surface, const TriangleTree& original,
              std::span<const std::uint32_t> region, const Context& ctx);

  /// The area of a skin triangle, weighed by its distance and by how far it is turned.
  TriangleFit ofTriangle(const Corners& corners) const;
  /// The length of a side, weighed by how far it is from the original or, for one of a cut,
  /// outside.
  float ofSide(std::uint32_t a, std::uint32_t b, bool skin) const;
  /// How far a point is below the original; negative outside.
  float depthOf(Vec3 p) const;
  /// The step from a point to another depth, straight through the nearest face.
  Vec3 sunk(Vec3 p, float depth) const;
  /// Where the planes under some triangles meet, on the original: corners and edges.
  std::vector<Vec3> meetings(std::span<const TriangleFit> under, Vec3 from, float reach) const;
  /// Of a triangle, in voxels.
  float heightOf(const Corners& corners) const;

 private:
  Vec3 at(std::uint32_t v) const { return surface_.vertices[v].position; }
  Vec3 facing(std::uint32_t face) const;
  std::optional<Nearest> nearest(Vec3 p) const;

  const MultiSurface& surface_;
  const TriangleTree& original_;
  std::unordered_map<std::uint32_t, float> outwards_;  // by face; negative: it faces inwards
};

}  // namespace maquette
