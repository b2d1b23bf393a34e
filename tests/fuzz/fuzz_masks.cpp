// A file of masks.

#include "fuzz/fuzz_weights.h"
#include "masks/mask_file.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::readOrExplain([&] {
    const MaskSet masks = readMasks("input.masks", fuzz::inMemory(data, size));
    if (masks.bits.size() != masks.masks() * masks.words() || masks.samples() == 0 ||
        masks.places.size() != 3 * masks.samples() || masks.prompts.size() != masks.masks())
      throw std::logic_error("lengths disagree");
  });
  return 0;
}
