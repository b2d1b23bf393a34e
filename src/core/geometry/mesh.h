#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/geometry/vec.h"
#include "core/image/colour.h"

namespace maquette {

using Triangle = std::array<std::uint32_t, 3>;

/// Indexed triangles. Millimetres, right-handed, +Z up, counter-clockwise seen from outside.
/// The front of an object looks along -Y.
struct Mesh {
  std::vector<Vec3> positions;      ///< V
  std::vector<Triangle> triangles;  ///< F, three indices < V
  std::vector<Vec3> normals;        ///< empty or V, unit length
  std::vector<Rgb> colours;         ///< empty or V
};
using MeshPtr = std::shared_ptr<const Mesh>;  ///< once shared, never changed

/// Twice the area, pointing outwards.
inline Vec3 areaVector(const Mesh& mesh, const Triangle& t) {
  const Vec3 a = mesh.positions[t[0]];
  return cross(mesh.positions[t[1]] - a, mesh.positions[t[2]] - a);
}
inline Vec3 faceNormal(const Mesh& mesh, const Triangle& t) {
  return normalized(areaVector(mesh, t));
}
inline Vec3 faceCentre(const Mesh& mesh, const Triangle& t) {
  return (mesh.positions[t[0]] + mesh.positions[t[1]] + mesh.positions[t[2]]) / 3.f;
}

/// Checks what every algorithm relies on.
///
/// @throws InvalidInput  no triangles, an index out of range, a NaN or infinite coordinate, or an
///                       attribute array that is neither empty nor as long as positions; `what`
///                       names the mesh in the message ("The mesh", "robot.stl")
void requireUsable(const Mesh& mesh, const std::string& what = "The mesh");

/// Area-weighted vertex normals [V], unit length (zero for an isolated vertex).
std::vector<Vec3> vertexNormals(const Mesh& mesh);

/// Joins meshes into one, without welding; attributes are kept where all have them.
Mesh concatenate(const std::vector<MeshPtr>& meshes);

/// Drops the vertices that no triangle uses; the order of the others is kept.
Mesh compacted(const Mesh& mesh);

}  // namespace maquette
