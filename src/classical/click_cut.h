#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classical/merge_tree.h"
#include "classical/superfaces.h"

namespace maquette {

/// How far the patches [K] are from a click, in units of the object's size.
struct Distances {
  std::vector<float> plain;  ///< on the surface
  std::vector<float> along;  ///< on the surface; creases are far to cross
  std::vector<float> apart;  ///< and in the hierarchy: what is joined late is far apart
};

/// Corrects a set of patches by clicks.
class ClickCut {
 public:
  /// @param size  mm. Keeps references: faces and tree must outlive it.
  ClickCut(const Superfaces& faces, const MergeTree& tree, float size);

  Distances from(std::uint32_t patch) const;

  /// Leaves of a set only what hangs together with one of these patches.
  void keepPiecesOf(std::span<const std::uint32_t> patches, std::vector<std::uint8_t>& set) const;

  /// Changes sides around a click, which is taken to be about the middle of what is wrong: as far
  /// beyond it as the set's border is on its near side, but not where clicks of the other kind are
  /// nearer. Of the ways to do so the cheapest cut is taken; borders are cheap along creases.
  ///
  /// @param patch  the click's; it changes sides for certain
  /// @param click  distances from it
  /// @param other  K, the least Distances::apart from clicks of the other kind; infinity for none
  /// @param set    K flags, changed in place: patches with the click's flag join the other side
  void flip(std::uint32_t patch, const Distances& click, const std::vector<float>& other,
            std::vector<std::uint8_t>& set) const;

 private:
  struct Step {
    std::uint32_t to;
    float plain;   // of the size
    float along;   // with its crease
    float border;  // of the size: what it costs to cut here
  };

  std::vector<float> walk(std::uint32_t from, float Step::*cost) const;

  const Superfaces& faces_;
  const MergeTree& tree_;
  float area_;                            // mm^2
  std::vector<std::vector<Step>> steps_;  // K
};

}  // namespace maquette
