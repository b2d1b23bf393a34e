#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/geometry/mesh.h"
#include "core/jobs/context.h"

namespace maquette {

/// An undirected edge and the triangles around it.
struct Edge {
  std::uint32_t a = 0, b = 0;  ///< vertices, a < b
  std::uint32_t first = 0;     ///< where its triangles begin in EdgeTable::faces
  std::uint32_t count = 0;     ///< how many; 1 open, 2 ordinary, more non-manifold
};

/// Every edge of a mesh with its incident triangles, sorted by (a, b).
struct EdgeTable {
  std::vector<Edge> edges;
  std::vector<std::uint32_t> faces;                  ///< 3F minus degenerate sides
  std::vector<std::array<std::uint32_t, 3>> ofFace;  ///< F; side k joins corner k and k+1;
                                                     ///< kNoEdge for a side of no length
  static constexpr std::uint32_t kNoEdge = 0xffffffffu;

  std::span<const std::uint32_t> facesOf(const Edge& e) const {
    return {faces.data() + e.first, e.count};
  }
};

/// By index: corners at the same place but with different indices are not joined. Weld first.
///
/// @throws Cancelled  ctx was asked to stop
EdgeTable edgesOf(const Mesh& mesh, const Context& ctx = {});

/// Counts that decide whether a mesh is a printable solid.
struct TopologyReport {
  std::int64_t vertices = 0;  ///< used by a triangle
  std::int64_t edges = 0;
  std::int64_t triangles = 0;
  std::int64_t shells = 0;               ///< pieces connected through shared edges
  std::int64_t openEdges = 0;            ///< with one triangle
  std::int64_t nonManifoldEdges = 0;     ///< with more than two
  std::int64_t inconsistentEdges = 0;    ///< whose two triangles run the same way along it
  std::int64_t nonManifoldVertices = 0;  ///< whose triangles form more than one fan
  std::int64_t degenerateTriangles = 0;  ///< that use a vertex twice

  bool closed() const { return triangles > 0 && openEdges == 0 && degenerateTriangles == 0; }
  /// Closed, and every edge and vertex looks like a sheet: what a slicer calls manifold.
  bool closedManifold() const {
    return closed() && nonManifoldEdges == 0 && inconsistentEdges == 0 && nonManifoldVertices == 0;
  }
  /// Handles summed over the shells, from V - E + F = 2 (shells - genus). Means something for a
  /// closed manifold only.
  std::int64_t genus() const { return shells - (vertices - edges + triangles) / 2; }
};

TopologyReport examine(const Mesh& mesh);

/// The shell of every triangle [F], numbered from 0 in order of first appearance.
///
/// @throws Cancelled  ctx was asked to stop
std::vector<std::uint32_t> shellsOf(const Mesh& mesh, const EdgeTable& edges,
                                    const Context& ctx = {});

}  // namespace maquette
