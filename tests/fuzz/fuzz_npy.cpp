#include "fuzz/fuzz.h"
#include "io/npy.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputOnDisk input("npy");
  static const fuzz::InputOnDisk copy("copy.npy");
  fuzz::readOrExplain([&] {
    const auto labels = readLabels(input.holding(fuzz::textOf(data, size)));
    writeLabels(copy.path(), labels);
    if (readLabels(copy.path()) != labels) throw std::logic_error("labels changed on the way");
  });
  return 0;
}
