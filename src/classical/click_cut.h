#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classical/click_split.h"
#include "classical/merge_tree.h"
#include "classical/patch_graph.h"
#include "classical/superfaces.h"

namespace maquette {

/// How far the patches [K] are from a click, in units of the object's size.
struct Distances {
  std::vector<float> plain;  ///< on the surface
  std::vector<float> apart;  ///< creases are far to cross, and so is what the hierarchy joins late
};

/// Corrects a set of patches by clicks.
class ClickCut {
 public:
  /// Keeps references: all must outlive it.
  ClickCut(const Superfaces& faces, const MergeTree& tree, const PatchGraph& graph,
           const ClickSplit& split);

  Distances from(std::uint32_t patch) const;

  /// Lets a region change sides, if a click is in the middle of one: of what an unwanted click
  /// splits off from the wanted ones, of what one node of the hierarchy adds or takes away, or of
  /// what lies between the set and one of its other sizes. Who clicks to correct clicks about the
  /// middle of what is wrong.
  ///
  /// @param patch  the click's
  /// @param kept   patches of earlier clicks that say the opposite: they stay on their side
  /// @param sizes  K flags each: smaller and larger sets that hold the first click
  /// @param set    K flags, changed in place
  /// @return       whether a region was found
  bool flipRegion(std::uint32_t patch, std::span<const std::uint32_t> kept,
                  std::span<const std::vector<std::uint8_t>> sizes,
                  std::vector<std::uint8_t>& set) const;

  /// Changes sides around a click: what lies between it and the near border of the set, as much
  /// beyond it, and the strip along that border on both sides; but not where clicks of the other
  /// kind are nearer. Of the ways to do so the cheapest cut is taken; borders are cheap along
  /// creases.
  ///
  /// @param patch  the click's; it changes sides for certain
  /// @param click  distances from it
  /// @param other  K, the least Distances::apart from clicks of the other kind; infinity for none
  /// @param set    K flags, changed in place: patches with the click's flag join the other side
  void flip(std::uint32_t patch, const Distances& click, const std::vector<float>& other,
            std::vector<std::uint8_t>& set) const;

 private:
  struct Guess;
  Guess guessOf(std::uint32_t patch, const std::vector<std::uint8_t>& wrong,
                const std::vector<std::uint8_t>& set) const;
  float creaseAround(const std::vector<std::uint8_t>& wrong, std::uint8_t side,
                     const std::vector<std::uint8_t>& set) const;
  float standsOut(std::uint32_t node) const;
  std::vector<float> leaning(std::uint8_t side, const Distances& click,
                             const std::vector<float>& other, float nearest,
                             const std::vector<std::uint8_t>& set) const;

  const Superfaces& faces_;
  const MergeTree& tree_;
  const PatchGraph& graph_;
  const ClickSplit& split_;
  float area_;  // mm^2
};

}  // namespace maquette
