#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "neural/segment/voxels.h"

// Orders of voxels along curves that fill space, and the windows that attention is cut into.
//
// Source: part-segmentation specification 2.4, 2.5.

namespace maquette::neural {

/// The four curves, in the order in which the official configuration names them.
enum class Curve : std::uint8_t { z, zSwapped, hilbert, hilbertSwapped };
inline constexpr std::array kCurves{Curve::z, Curve::zSwapped, Curve::hilbert,
                                    Curve::hilbertSwapped};

/// Bits that a coordinate needs: of the largest plus one.
int depthOf(std::span<const Cell> cells);

/// Where a cell lies on a curve. @param depth  1 to 16; higher bits of the cell are ignored
std::int64_t codeOf(const Cell& cell, Curve curve, int depth);

/// Cells in the order of their codes, and the place of every cell in it.
struct CurveOrder {
  std::vector<std::int64_t> order;    ///< order[j]: the cell at place j
  std::vector<std::int64_t> inverse;  ///< inverse[order[j]] = j
};

/// @param cells  no two equal
CurveOrder orderAlong(std::span<const Cell> cells, Curve curve);

/// How one cloud, or several one after the other, is cut into windows. A window that is not full
/// borrows the places just before it.
struct Windows {
  std::vector<std::int32_t> slots;     ///< the place that each slot reads
  std::vector<std::int32_t> bounds;    ///< where windows begin, and the end
  std::vector<std::int32_t> readback;  ///< the slot whose result belongs to each place
};

/// @param offsets  cumulative sizes of the clouds
/// @param size     places in a full window
Windows windowsOf(std::span<const std::int64_t> offsets, std::int64_t size);

}  // namespace maquette::neural
