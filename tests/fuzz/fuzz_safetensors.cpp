// A safetensors file, or the index of shards where it begins as JSON.

#include "fuzz/fuzz_weights.h"
#include "neural/weights/safetensors.h"
#include "neural/weights/shard_index.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const SharedBytes content = fuzz::inMemory(data, size);
  fuzz::readOrExplain([&] {
    if (fuzz::textOf(data, size).starts_with('{'))
      fuzz::touch(readShards("/nowhere/model.safetensors.index.json", content));
    else
      fuzz::touch(readSafetensors("input.safetensors", content));
  });
  return 0;
}
