// A dropped mesh file of a kind that Assimp reads, the way a user would: what happens in the other
// process must not matter to this one. The first byte chooses the kind.

#include <array>

#include "fuzz/fuzz.h"
#include "io/mesh_file.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::array<fuzz::InputOnDisk, 4> inputs{
      fuzz::InputOnDisk("glb"), fuzz::InputOnDisk("gltf"), fuzz::InputOnDisk("fbx"),
      fuzz::InputOnDisk("dae")};
  if (size == 0) return 0;
  const auto& file = inputs[data[0] % inputs.size()].holding(fuzz::textOf(data + 1, size - 1));
  fuzz::readOrExplain([&] { requireUsable(readMesh(file, {}, {}).mesh); });
  return 0;
}
