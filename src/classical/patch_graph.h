#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classical/superfaces.h"

namespace maquette {

/// Which patches of a surface touch, and how far they are apart; lengths in units of the object's
/// size.
class PatchGraph {
 public:
  struct Step {
    std::uint32_t to = 0;
    float plain = 0.f;   ///< between centres
    float along = 0.f;   ///< the same; creases are far to cross
    float border = 0.f;  ///< shared
    float crease = 0.f;  ///< how much of a crease the border is, [0, 1]
  };

  /// @param size  mm
  PatchGraph(const Superfaces& faces, float size);

  std::uint32_t count() const { return static_cast<std::uint32_t>(steps_.size()); }
  std::span<const Step> stepsFrom(std::uint32_t patch) const { return steps_[patch]; }

  /// Grows distances [K] to the least that any path of `cost` allows.
  ///
  /// @param least  where paths begin, and how far these places are; infinity elsewhere
  /// @param limit  what lies farther stays as it is
  void walk(float Step::*cost, float limit, std::vector<float>& least) const;

  /// How deep inside a set [K flags] a patch lies, [0, 1] of its deepest place, in steps; 0 where
  /// the set has no rim.
  float centredness(std::uint32_t patch, const std::vector<std::uint8_t>& set) const;

  /// The part of a set that hangs together with these patches.
  std::vector<std::uint8_t> piecesOf(std::span<const std::uint32_t> patches,
                                     const std::vector<std::uint8_t>& set) const;

 private:
  std::vector<std::vector<Step>> steps_;  // K
};

}  // namespace maquette
