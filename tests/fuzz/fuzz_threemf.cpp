#include "core/geometry/mesh.h"
#include "fuzz/fuzz.h"
#include "io/threemf.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputOnDisk input("3mf");
  fuzz::readOrExplain([&] {
    const Mesh mesh = readThreeMf(input.holding(fuzz::textOf(data, size)), {}, {}).mesh;
    if (!mesh.triangles.empty()) requireUsable(mesh);
  });
  return 0;
}
