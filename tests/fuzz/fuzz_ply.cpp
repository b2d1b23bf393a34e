#include "core/geometry/mesh.h"
#include "fuzz/fuzz.h"
#include "io/ply.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputOnDisk input("ply");
  fuzz::readOrExplain([&] {
    const Mesh mesh = readPly(input.holding(fuzz::textOf(data, size)), 1.f, {});
    if (!mesh.triangles.empty()) requireUsable(mesh);
  });
  return 0;
}
