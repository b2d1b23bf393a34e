#include "fuzz/fuzz.h"
#include "io/collada_check.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputOnDisk input("dae");
  fuzz::readOrExplain([&] { requireSafeCollada(input.holding(fuzz::textOf(data, size)), {}); });
  return 0;
}
