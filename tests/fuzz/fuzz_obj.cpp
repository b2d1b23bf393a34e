#include "fuzz/fuzz_mesh_reader.h"
#include "io/obj.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return maquette::fuzz::readMeshFrom("obj", maquette::readObj, data, size);
}
