#include "core/geometry/mesh.h"
#include "fuzz/fuzz.h"
#include "io/obj.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputOnDisk input("obj");
  fuzz::readOrExplain([&] {
    const Mesh mesh = readObj(input.holding(fuzz::textOf(data, size)), 1.f, {});
    if (!mesh.triangles.empty()) requireUsable(mesh);
  });
  return 0;
}
