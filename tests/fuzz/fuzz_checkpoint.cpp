#include "fuzz/fuzz_weights.h"
#include "neural/weights/checkpoint.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::readOrExplain(
      [&] { fuzz::touch(readCheckpoint("input.ckpt", fuzz::inMemory(data, size))); });
  return 0;
}
