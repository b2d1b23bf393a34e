#pragma once

#include <cstdint>
#include <string_view>

namespace maquette {

/// Where a network computes.
enum class NeuralDevice : std::uint8_t { cpu, cuda };

/// What its numbers are kept in.
enum class Precision : std::uint8_t { f32, f16, bf16 };

constexpr std::string_view nameOf(Precision precision) {
  switch (precision) {
    case Precision::f16:
      return "f16";
    case Precision::bf16:
      return "bf16";
    case Precision::f32:
      break;
  }
  return "f32";
}

/// What the large matrices of a network are held in. Beside the precision and no part of it: the
/// network computes in that either way.
enum class WeightForm : std::uint8_t {
  full,  ///< in the precision that is computed in, or the file's own
  int8,  ///< in 8 bits, one scale an output channel; the result loses a little
};

/// What a rung with weights in 8 bits says of its result.
inline constexpr std::string_view kInt8Loss =
    "Large weights are held in 8 bits to save memory: fine detail may differ a little.";

}  // namespace maquette
