#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "classical/merge_tree.h"
#include "classical/normal_fit.h"
#include "classical/sight.h"
#include "classical/superfaces.h"

namespace maquette {

/// Splits a set of patches between clicks that keep it and one that does not: its regions are
/// joined anew, but never the two sides. What joins the unwanted click goes.
class ClickSplit {
 public:
  /// Keeps references: all must outlive it.
  ClickSplit(const Superfaces& faces, const MergeTree& tree, const std::vector<NormalFit>& fits,
             const Sight& sight)
      : faces_(faces), tree_(tree), fits_(fits), sight_(sight) {}

  /// @param patch  the unwanted click's, in the set
  /// @param kept   patches of wanted clicks, not `patch`; those outside the set are ignored
  /// @param set    K flags
  /// @return       K flags: the part of the set that goes
  std::vector<std::uint8_t> splitOff(std::uint32_t patch, std::span<const std::uint32_t> kept,
                                     const std::vector<std::uint8_t>& set) const;

 private:
  const Superfaces& faces_;
  const MergeTree& tree_;
  const std::vector<NormalFit>& fits_;
  const Sight& sight_;
};

}  // namespace maquette
