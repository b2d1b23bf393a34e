// A plug-in of another build: its head says so, and nothing behind it may be touched.
#include <cstdint>

#include "core/models/neural_abi.h"

extern "C" const std::uint32_t* maquetteNeural() {
  static constexpr std::uint32_t kHead[2] = {MAQUETTE_FAKE_ABI, MAQUETTE_FAKE_LAYOUT};
  return kHead;
}
