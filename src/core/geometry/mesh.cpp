#include "core/geometry/mesh.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <limits>

#include "core/base/error.h"

namespace maquette {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

void requireUsable(const Mesh& mesh, const std::string& what) {
  if (mesh.triangles.empty()) throw InvalidInput(what + " has no triangles.");
  const std::size_t count = mesh.positions.size();
  if (count > std::numeric_limits<std::uint32_t>::max())
    throw InvalidInput(what + " has more vertices than Maquette can number.");
  for (std::size_t i = 0; i < count; ++i)
    if (!isFinite(mesh.positions[i]))
      throw InvalidInput(
          fmt::format("{} has a coordinate that is not a number (vertex {}). Repair it in the "
                      "program that made it.",
                      what, i));
  for (std::size_t f = 0; f < mesh.triangles.size(); ++f)
    for (const std::uint32_t v : mesh.triangles[f])
      if (v >= count)
        throw InvalidInput(
            fmt::format("{} is damaged: triangle {} uses vertex {} of {}.", what, f, v, count));
  if ((!mesh.normals.empty() && mesh.normals.size() != count) ||
      (!mesh.colours.empty() && mesh.colours.size() != count))
    throw InvalidInput(what + " is damaged: it has normals or colours for only some vertices.");
}

std::vector<Vec3> vertexNormals(const Mesh& mesh) {
  std::vector<Vec3> normals(mesh.positions.size());
  for (const Triangle& t : mesh.triangles) {
    const Vec3 n = areaVector(mesh, t);
    for (const std::uint32_t v : t) normals[v] += n;
  }
  for (Vec3& n : normals) n = normalized(n);
  return normals;
}

Mesh concatenate(const std::vector<MeshPtr>& meshes) {
  Mesh all;
  const bool coloured =
      std::ranges::all_of(meshes, [](const MeshPtr& m) { return !m->colours.empty(); });
  const bool smooth =
      std::ranges::all_of(meshes, [](const MeshPtr& m) { return !m->normals.empty(); });
  for (const MeshPtr& mesh : meshes) {
    const auto offset = static_cast<std::uint32_t>(all.positions.size());
    append(all.positions, mesh->positions);
    if (coloured) append(all.colours, mesh->colours);
    if (smooth) append(all.normals, mesh->normals);
    for (const Triangle& t : mesh->triangles)
      all.triangles.push_back({t[0] + offset, t[1] + offset, t[2] + offset});
  }
  return all;
}

Mesh compacted(const Mesh& mesh) {
  constexpr auto kUnused = std::numeric_limits<std::uint32_t>::max();
  std::vector<std::uint32_t> place(mesh.positions.size(), kUnused);
  for (const Triangle& t : mesh.triangles)
    for (const std::uint32_t v : t) place[v] = 0;
  Mesh kept;
  for (std::size_t v = 0; v < place.size(); ++v) {
    if (place[v] == kUnused) continue;
    place[v] = static_cast<std::uint32_t>(kept.positions.size());
    kept.positions.push_back(mesh.positions[v]);
    if (!mesh.normals.empty()) kept.normals.push_back(mesh.normals[v]);
    if (!mesh.colours.empty()) kept.colours.push_back(mesh.colours[v]);
  }
  kept.triangles.reserve(mesh.triangles.size());
  for (const Triangle& t : mesh.triangles)
    kept.triangles.push_back({place[t[0]], place[t[1]], place[t[2]]});
  return kept;
}

}  // namespace maquette
