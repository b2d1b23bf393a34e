#include "fuzz/fuzz_mesh_reader.h"
#include "io/stl.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return maquette::fuzz::readMeshFrom("stl", maquette::readStl, data, size);
}
