#include "classical/sheet_solid.h"

#include <algorithm>

namespace maquette {
namespace {

/// The level face between both sheets, at each side of the outline that ends there.
void closeLevelEnds(SheetSolid& solid, const FlatMesh& flat) {
  const auto& twin = solid.backTwin;
  for (const Triangle& t : flat.triangles)
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t a = t[k], b = t[(k + 1) % 3];
      if (!flat.onBoundary(a) || !flat.onBoundary(b)) continue;
      // The sheets run a to b in front, twin b to twin a at the back.
      if (twin[a] != a) solid.mesh.triangles.push_back({b, a, twin[a]});
      if (twin[b] != b) solid.mesh.triangles.push_back({b, twin[a], twin[b]});
    }
}

}  // namespace

SheetSolid solidOf(const SwollenSheet& sheet, const std::vector<double>& relief) {
  const FlatMesh& flat = sheet.flat;
  const auto count = static_cast<std::uint32_t>(flat.points.size());
  double bottom = -1e30;
  for (const PlanePoint& p : flat.points) bottom = std::max(bottom, p.y);
  SheetSolid solid;
  Mesh& mesh = solid.mesh;
  mesh.positions.reserve(2 * std::size_t(count));
  for (std::uint32_t p = 0; p < count; ++p) {
    const PlanePoint& at = flat.points[p];
    const double depth = sheet.depth(p) + (relief.empty() ? 0. : relief[p]);
    mesh.positions.push_back(
        {static_cast<float>(at.x), static_cast<float>(-depth), static_cast<float>(bottom - at.y)});
  }
  solid.backTwin.resize(count);
  for (std::uint32_t p = 0; p < count; ++p) {
    solid.backTwin[p] = p;
    if (flat.onRim[p]) continue;
    solid.backTwin[p] = static_cast<std::uint32_t>(mesh.positions.size());
    const Vec3 front = mesh.positions[p];
    mesh.positions.push_back({front.x, static_cast<float>(sheet.depth(p)), front.z});
  }
  const auto& twin = solid.backTwin;
  mesh.triangles = flat.triangles;
  mesh.triangles.reserve(2 * flat.triangles.size());
  for (const Triangle& t : flat.triangles)
    mesh.triangles.push_back({twin[t[0]], twin[t[2]], twin[t[1]]});
  closeLevelEnds(solid, flat);
  return solid;
}

}  // namespace maquette
