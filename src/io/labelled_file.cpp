#include "io/labelled_file.h"

#include <map>
#include <vector>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "io/mesh_file.h"
#include "io/ply.h"
#include "io/threemf.h"

namespace maquette {
namespace {

constexpr Rgb kUnassigned{150, 150, 150};

/// Vertices doubled where parts meet, so that each copy has one colour.
Mesh paintedByVertex(const Mesh& mesh, std::span<const Material> materials,
                     std::span<const std::uint32_t> ofTriangle) {
  Mesh painted;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> copies;  // (vertex, material)
  for (std::size_t f = 0; f < mesh.triangles.size(); ++f) {
    Triangle triangle{};
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t vertex = mesh.triangles[f][k];
      const auto next = static_cast<std::uint32_t>(painted.positions.size());
      const auto [copy, made] = copies.try_emplace({vertex, ofTriangle[f]}, next);
      if (made) {
        painted.positions.push_back(mesh.positions[vertex]);
        painted.colours.push_back(materials[ofTriangle[f]].colour);
      }
      triangle[k] = copy->second;
    }
    painted.triangles.push_back(triangle);
  }
  return painted;
}

}  // namespace

void writeLabelled(const std::filesystem::path& file, const Mesh& mesh,
                   const Segmentation& segmentation, const Context& ctx) {
  requireUsable(mesh);
  if (!segmentation.labels || segmentation.labels->size() != mesh.triangles.size())
    throw InvalidInput("These parts belong to another mesh. Find the parts again.");
  std::vector<Material> materials{{"Unassigned", kUnassigned}};
  std::map<PartId, std::uint32_t> indexOf{{PartId::none, 0}};
  for (const Part& part : segmentation.parts) {
    indexOf[part.id] = static_cast<std::uint32_t>(materials.size());
    materials.push_back({part.name, part.colour});
  }
  std::vector<std::uint32_t> ofTriangle;
  ofTriangle.reserve(mesh.triangles.size());
  for (const PartId id : *segmentation.labels) ofTriangle.push_back(indexOf.at(id));
  ctx.check();
  const std::string extension = extensionOf(file);
  if (extension == "ply")
    writePly(file, paintedByVertex(mesh, materials, ofTriangle), ctx);
  else if (extension == "3mf")
    writePaintedThreeMf(file, {file.stem().string(), MeshPtr(std::shared_ptr<void>{}, &mesh), {}},
                        materials, ofTriangle, ctx);
  else
    throw Unsupported(shownName(file) + " was not written: parts in colour go into .ply or .3mf.");
}

}  // namespace maquette
