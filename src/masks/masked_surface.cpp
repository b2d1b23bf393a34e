#include "masks/masked_surface.h"

#include <bit>
#include <cmath>

#include "core/base/error.h"

namespace maquette {
namespace {

/// Rounds that leave no bit where it was.
class Fingerprint {
 public:
  void add(std::uint64_t value) {
    state_ = (state_ ^ value) * 0x9e3779b97f4a7c15ull;
    state_ ^= state_ >> 32;
  }
  std::uint64_t value() const { return state_; }

 private:
  std::uint64_t state_ = 0x6d61736b73ull;
};

}  // namespace

std::uint64_t fingerprintOf(const Mesh& mesh) {
  Fingerprint print;
  print.add(mesh.positions.size());
  print.add(mesh.triangles.size());
  for (const Vec3& p : mesh.positions) {
    print.add(std::uint64_t(std::bit_cast<std::uint32_t>(p.x)) << 32 |
              std::bit_cast<std::uint32_t>(p.y));
    print.add(std::bit_cast<std::uint32_t>(p.z));
  }
  for (const Triangle& t : mesh.triangles) {
    print.add(std::uint64_t(t[0]) << 32 | t[1]);
    print.add(t[2]);
  }
  return print.value();
}

MaskedSurfacePtr maskedSurfaceOf(MeshPtr mesh, const Context& ctx) {
  if (!mesh) throw InvalidInput("There is no mesh.");
  requireUsable(*mesh);
  for (const Vec3& p : mesh->positions)
    if (std::abs(p.x) > 9e9f || std::abs(p.y) > 9e9f || std::abs(p.z) > 9e9f)
      throw InvalidInput("The mesh is larger than anything could be. Scale it to millimetres.");
  ctx.check();
  auto made = std::make_shared<MaskedSurface>();
  made->fingerprint = fingerprintOf(*mesh);
  ctx.check();
  CleanSurface clean = cleaned(surfaceOf(*mesh), {}, ctx);
  if (clean.surface.faces.empty())
    throw InvalidInput(
        "The mesh has no area: every triangle is only a line or a point. Load another one.");
  made->mesh = std::move(mesh);
  made->surface = std::move(clean.surface);
  made->links = std::move(clean.links);
  made->areas = faceAreas(made->surface);
  made->cleanOf = std::move(clean.cleanOf);
  made->faceFrom = std::move(clean.faceFrom);
  return made;
}

}  // namespace maquette
