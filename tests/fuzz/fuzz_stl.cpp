#include "core/geometry/mesh.h"
#include "fuzz/fuzz.h"
#include "io/stl.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputOnDisk input("stl");
  fuzz::readOrExplain([&] {
    const Mesh mesh = readStl(input.holding(fuzz::textOf(data, size)), 1.f, {});
    if (!mesh.triangles.empty()) requireUsable(mesh);
  });
  return 0;
}
