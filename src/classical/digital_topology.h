#pragma once

#include <cstdint>
#include <vector>

#include "core/jobs/context.h"

namespace maquette {

/// A black and white lattice; row 0 is the top one. Inside is joined over corners too
/// (8-connected), outside only over sides (4-connected). The outermost ring must be outside.
struct BinaryGrid {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> inside;  ///< width * height, 0 or 1

  std::size_t index(int x, int y) const {
    return std::size_t(y) * std::size_t(width) + std::size_t(x);
  }
  bool at(int x, int y) const { return inside[index(x, y)] != 0; }
};

/// What must survive resampling.
struct PieceCount {
  std::int64_t pieces = 0;  ///< of the inside
  std::int64_t holes = 0;   ///< of the outside, beyond the one around everything
  bool operator==(const PieceCount&) const = default;
};

PieceCount countPieces(const BinaryGrid& grid, const Context& ctx);

/// Turns `from` into `target` as far as that joins, tears, opens and closes nothing: only simple
/// points change sides, from the rim inwards (Yokoi's connectivity number, Comput. Graph. Image
/// Process. 4, 1975). Where the two differ in topology, `from` wins.
void deformTowards(BinaryGrid& from, const BinaryGrid& target, const Context& ctx);

}  // namespace maquette
