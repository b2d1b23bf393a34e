#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "core/models/memory_plan.h"

// How P3-SAM uses memory: planned by whoever starts a job, followed by the network.
//
// Source: part-segmentation specification 2.1, 3, annex D.

namespace maquette {

class WeightFile;

/// What decides how much memory P3-SAM takes. The defaults are the published network's.
struct P3SamSizes {
  std::int64_t weightBytes = 450'914'596;    ///< in single precision
  std::int64_t encoderBytes = 433'845'504;   ///< of those, the encoder's
  std::int64_t blockBytes = 41'977'856;      ///< of those, the largest block's
  std::int64_t int8Saves = 320'534'400;      ///< by holding the encoder's large weights in 8 bits
  std::int64_t int8SavesBlock = 31'381'504;  ///< of that, in the largest block
  std::vector<std::int64_t> channels{48, 96, 192, 384, 512};  ///< of the encoder's stages
  std::int64_t features = 512;
  std::int64_t firstInner = 512, secondInner = 256;  ///< of the mask heads' layers
};

/// Read off the names and shapes of a file; nothing of it is read.
///
/// @throws FileError  it holds another network
P3SamSizes p3SamSizesOf(const WeightFile& file);

inline constexpr int kP3SamPoints = 100'000;  ///< samples of the surface, as published
inline constexpr int kP3SamPrompts = 400;     ///< as published
/// On two cores 400 prompts take ten minutes; these find the large parts.
inline constexpr int kP3SamQuickPrompts = 64;

/// From the fastest to the most frugal, first with whole weights, where the masks are the same on
/// every rung, then with those of the encoder in 8 bits.
Ladder p3SamLadder(const JobSize& size, const P3SamSizes& sizes);

/// Rows of cells that go through the widest layers at once; always, because products of other sizes
/// may round otherwise.
inline constexpr std::int64_t kP3SamRows = 4'096;

/// What a rung of that ladder means.
struct P3SamStep {
  std::int64_t prompts = 32;     ///< asked at once
  std::int64_t pairs = 1 << 17;  ///< of a prompt and a point, on a graphics card at once
  bool keepsFirstLayers = true;  ///< what the points say in the heads' first layers stays
};

P3SamStep p3SamStepOf(const Rung& rung);

}  // namespace maquette
