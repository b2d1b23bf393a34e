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

}  // namespace maquette
