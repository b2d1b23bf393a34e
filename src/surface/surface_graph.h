#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// The dual graph of a surface: a node per triangle, a link per shared edge.
///
/// Corners at the same place are one corner, whatever their indices. Nodes are numbered along a
/// space-filling curve, so the same surface gives the same graph in whatever order its triangles
/// come. Shells that are inside out or turned in places are read as if they faced outwards.
struct SurfaceGraph {
  struct Link {
    std::uint32_t to = 0;
    float length = 0.f;  ///< mm of shared edge
    float bend = 0.f;    ///< radians between the normals; concave > 0, convex < 0
  };

  Mesh mesh;                          ///< N welded triangles, none of which uses a corner twice
  std::vector<std::uint32_t> nodeOf;  ///< F: triangle of the original mesh -> node; a degenerate
                                      ///< triangle stands on the node of a neighbour
  std::vector<Vec3> normals;          ///< N, unit length, outwards
  std::vector<Vec3> centres;          ///< N
  std::vector<float> areas;           ///< N, mm^2, > 0
  std::vector<Vec3> colours;          ///< empty or N, sRGB in [0, 1]
  std::vector<std::uint32_t> first;   ///< N + 1, where a node's links begin
  std::vector<Link> links;            ///< grouped by node, ascending in `to`
  std::vector<std::uint32_t> shell;   ///< N, numbered in order of first appearance
  std::uint32_t shells = 0;
  double area = 0.;  ///< mm^2 in all, > 0
  float size = 1.f;  ///< mm, the square root of the area: the unit of every scale

  std::uint32_t count() const { return static_cast<std::uint32_t>(areas.size()); }
  std::span<const Link> linksOf(std::uint32_t node) const {
    return {links.data() + first[node], first[node + 1] - first[node]};
  }
};

/// @param mesh  F >= 1 triangles that pass requireUsable; open and non-manifold edges are welcome
/// @throws Cancelled
SurfaceGraph surfaceGraphOf(const Mesh& mesh, const Context& ctx);

}  // namespace maquette
