#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "solid/rank_mask.h"
#include "solid/voxel_grid.h"

namespace maquette {

/// How much each part claims a node: the strongest four claims, strongest first, summing to 1.
/// Empty while unknown.
struct Claims {
  static constexpr std::size_t kMost = 4;
  std::array<float, kMost> share{};
  std::array<Material, kMost> part{kOutside, kOutside, kOutside, kOutside};

  static Claims sole(Material part) {
    Claims claims;
    claims.part[0] = part;
    claims.share[0] = 1.f;
    return claims;
  }
  bool empty() const { return part[0] == kOutside; }
  float of(Material wanted) const {
    for (std::size_t c = 0; c < kMost; ++c)
      if (part[c] == wanted) return share[c];
    return 0.f;
  }
};

/// Sums claims and gives back the strongest.
class ClaimSum {
 public:
  // Not cleared: there are millions of sums, most of one or two parts.
  ClaimSum() {}  // NOLINT(modernize-use-equals-default): = default would clear with `ClaimSum{}`

  void add(Material part, float share) {
    for (std::size_t e = 0; e < count_; ++e)
      if (entries_[e].part == part) {
        entries_[e].share += share;
        return;
      }
    if (count_ < entries_.size()) entries_[count_++] = {part, share};
  }
  /// Of a part that none was added of.
  void addNew(Material part, float share) { entries_[count_++] = {part, share}; }
  void add(const Claims& claims, float weight) {
    for (std::size_t c = 0; c < Claims::kMost && claims.part[c] != kOutside; ++c)
      add(claims.part[c], claims.share[c] * weight);
  }
  Claims result() {
    if (count_ != 1) return strongest();
    return entries_[0].share > 0.f ? Claims::sole(entries_[0].part) : Claims{};
  }

 private:
  struct Entry {
    Material part;
    float share;
  };
  Claims strongest();

  std::array<Entry, 64> entries_;
  std::size_t count_ = 0;
};

/// The same as a sum of all of them with weight 1.
Claims meanOf(std::span<const Claims* const> claims);

enum class NodeKind : std::uint8_t { outside, free, skin };

/// One resolution of the harmonic problem. Claims are kept for the nodes of `stored` only.
struct LabelLevel {
  int nx = 0, ny = 0, nz = 0;
  std::vector<NodeKind> kind;
  RankMask stored;
  std::vector<Claims> claims;

  std::size_t nodes() const { return kind.size(); }
  std::size_t index(int i, int j, int k) const {
    return (std::size_t(k) * std::size_t(ny) + std::size_t(j)) * std::size_t(nx) + std::size_t(i);
  }
};

/// Claims at a point between the nodes of a coarser level: the position of fine node (i, j, k),
/// children 2c and 2c + 1 lying at a quarter of a coarse step around their parent c.
Claims interpolated(const LabelLevel& coarse, int i, int j, int k);

}  // namespace maquette
