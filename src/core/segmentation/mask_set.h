#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace maquette {

/// What a network found among samples of a surface, and every random choice that went into it: kept
/// beside the parts, because making parts from it again with other thresholds takes no network.
struct MaskSet {
  std::string model;       ///< id of the network
  std::uint64_t seed = 0;  ///< of all that was drawn
  bool faithful = false;   ///< the mesh was cleaned as published, AutoParams::faithful

  std::uint64_t mesh = 0;            ///< fingerprint of the mesh as it was given, see masks/
  std::vector<std::uint32_t> faces;  ///< N: the triangle of the cleaned mesh that a sample lies on
  std::vector<double> places;        ///< 3 N, x y z in the frame that the network saw
  std::vector<float> quality;        ///< K: how good the network holds each mask to be, [0, 1]
  std::vector<std::uint32_t> prompts;  ///< K: the sample that each mask was asked for at
  std::vector<std::uint64_t> bits;     ///< K rows of words(): bit i of a row is sample i; rest zero

  std::size_t samples() const { return faces.size(); }
  std::size_t masks() const { return quality.size(); }
  std::size_t words() const { return (samples() + 63) / 64; }
  std::span<const std::uint64_t> row(std::size_t mask) const {
    return {bits.data() + mask * words(), words()};
  }
};
using MaskSetPtr = std::shared_ptr<const MaskSet>;  ///< once shared, never changed

}  // namespace maquette
