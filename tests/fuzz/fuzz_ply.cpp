#include "fuzz/fuzz_mesh_reader.h"
#include "io/ply.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return maquette::fuzz::readMeshFrom("ply", maquette::readPly, data, size);
}
