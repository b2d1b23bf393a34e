// A dropped picture, the way a user would: what happens in the other process must not matter here.

#include "fuzz/fuzz.h"
#include "picture/picture_file.h"

using namespace maquette;

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const fuzz::InputOnDisk input("png");
  fuzz::readOrExplain([&] {
    const Image image = readPicture(input.holding(fuzz::textOf(data, size)), {});
    if (image.pixels.size() != std::size_t(image.width) * std::size_t(image.height) ||
        image.width > kLongestPictureSide || image.height > kLongestPictureSide)
      throw std::logic_error("not the size that it says");
  });
  return 0;
}
