#include "masks/part_splits.h"

#include <algorithm>
#include <limits>

#include "core/jobs/parallel.h"
#include "masks/mask_bits.h"

namespace maquette {
namespace {

constexpr double kInside = 0.5;      // of a mask, within the part that it splits
constexpr double kMostOfPart = 0.8;  // a mask with more is the part itself, less its border
constexpr double kLeast = 0.001;     // of all samples and of the surface, on either side
constexpr double kWeakest = 0.05;    // no mask below splits anything
constexpr double kIsland = 0.05;     // pieces below this share of their side go to the other

class Splitting {
 public:
  Splitting(const PartCells& cells, const MaskSet& masks, const Context& ctx)
      : cells_(cells),
        masks_(masks),
        ctx_(ctx),
        coverage_(coverageOf(cells, masks, ctx)),
        part_(cells.part),
        members_(cells.parts),
        side_(cells.count(), kElsewhere),
        home_(masks.masks(), PartCells::kNoPart),
        refused_(masks.masks(), false) {
    for (std::uint32_t c = 0; c < cells.count(); ++c)
      if (part_[c] != PartCells::kNoPart) members_[part_[c]].push_back(c);
    for (std::size_t m = 0; m < home_.size(); ++m) findHome(m);
  }

  std::vector<PartSplit> order(std::size_t most) {
    std::vector<PartSplit> splits;
    double least = 1.;
    while (splits.size() < most) {
      ctx_.check();
      std::size_t best = home_.size();
      double strongest = kWeakest;
      for (std::size_t m = 0; m < home_.size(); ++m)
        if (const double strength = strengthOf(m); strength > strongest) {
          strongest = strength;
          best = m;
        }
      if (best == home_.size()) break;
      std::vector<std::uint32_t> leaving = dividedBy(best);
      if (leaving.empty()) {
        refused_[best] = true;
        continue;
      }
      least = std::min(least, strongest);
      splits.push_back({home_[best], std::move(leaving), least});
      apply(splits.back());
    }
    return splits;
  }

 private:
  enum Side : std::uint8_t { kElsewhere, kStays, kLeaves };

  std::uint32_t parts() const { return std::uint32_t(members_.size()); }

  /// The part with most of a mask, the first of several.
  void findHome(std::size_t m) {
    refused_[m] = false;
    float most = 0.f;
    home_[m] = PartCells::kNoPart;
    for (std::uint32_t p = 0; p < parts(); ++p)
      if (coverage_.row(p)[m] > most) {
        most = coverage_.row(p)[m];
        home_[m] = p;
      }
  }

  double strengthOf(std::size_t m) const {
    const std::uint32_t p = home_[m];
    if (refused_[m] || p == PartCells::kNoPart) return 0.;
    const double here = coverage_.row(p)[m], all = coverage_.samples[p];
    const double inside = here / coverage_.ofMask[m];
    const double least = std::max(4., kLeast * double(masks_.samples()));
    if (inside < kInside || here > kMostOfPart * all || here < least || all - here < least)
      return 0.;
    return std::clamp(double(masks_.quality[m]), 0., 1.) * inside;
  }

  /// The cells of its part that a mask takes away; none where too little would be left of a side.
  std::vector<std::uint32_t> dividedBy(std::size_t m) {
    const std::vector<std::uint32_t>& here = members_[home_[m]];
    const Bits bits = masks_.row(m);
    for (const std::uint32_t c : here) {
      std::size_t in = 0;
      for (const std::uint32_t i : cells_.samplesOf(c)) in += bits[i / 64] >> (i % 64) & 1;
      side_[c] = 2 * in > cells_.samplesOf(c).size() ? kLeaves : kStays;
    }
    moveIslands(here, kLeaves);
    moveIslands(here, kStays);
    std::vector<std::uint32_t> leaving;
    double areas[3] = {0., 0., 0.};
    for (const std::uint32_t c : here) {
      areas[side_[c]] += cells_.area[c];
      if (side_[c] == kLeaves) leaving.push_back(c);
    }
    for (const std::uint32_t c : here) side_[c] = kElsewhere;
    if (std::min(areas[kStays], areas[kLeaves]) < kLeast * cells_.surface) leaving.clear();
    return leaving;
  }

  /// Small pieces of a side go to the other where they touch it; the largest piece stays.
  void moveIslands(const std::vector<std::uint32_t>& here, Side side) {
    struct Piece {
      std::vector<std::uint32_t> cells;
      double area = 0.;
      bool touches = false;
    };
    std::vector<Piece> pieces;
    seen_.resize(cells_.count(), 0);
    double all = 0., largest = 0.;
    for (const std::uint32_t seed : here) {
      if (side_[seed] != side || seen_[seed]) continue;
      Piece& piece = pieces.emplace_back();
      piece.cells.assign(1, seed);
      seen_[seed] = 1;
      for (std::size_t i = 0; i < piece.cells.size(); ++i) {
        const std::uint32_t c = piece.cells[i];
        piece.area += cells_.area[c];
        for (const std::uint32_t other : cells_.besideOf(c)) {
          if (side_[other] == side && !seen_[other]) {
            seen_[other] = 1;
            piece.cells.push_back(other);
          }
          piece.touches |= side_[other] != side && side_[other] != kElsewhere;
        }
      }
      all += piece.area;
      largest = std::max(largest, piece.area);
    }
    for (const Piece& piece : pieces)
      for (const std::uint32_t c : piece.cells) {
        seen_[c] = 0;
        if (piece.touches && piece.area < largest && piece.area < kIsland * all)
          side_[c] = side == kLeaves ? kStays : kLeaves;
      }
  }

  void apply(const PartSplit& split) {
    const std::uint32_t fresh = parts();
    std::vector<std::uint64_t> bits(masks_.words(), 0);
    float samples = 0.f;
    for (const std::uint32_t c : split.cells) {
      part_[c] = fresh;
      for (const std::uint32_t i : cells_.samplesOf(c)) {
        bits[i / 64] |= std::uint64_t{1} << (i % 64);
        ++samples;
      }
    }
    std::erase_if(members_[split.from], [&](std::uint32_t c) { return part_[c] == fresh; });
    members_.push_back(split.cells);
    coverage_.samples[split.from] -= samples;
    coverage_.samples.push_back(samples);
    coverage_.of.resize(coverage_.masks * parts(), 0.f);
    parallelFor(coverage_.masks, 64, [&](std::size_t begin, std::size_t end) {
      for (std::size_t m = begin; m < end; ++m) {
        const auto moved = float(countOfBoth(masks_.row(m), bits));
        coverage_.row(split.from)[m] -= moved;
        coverage_.row(fresh)[m] = moved;
      }
    });
    for (std::size_t m = 0; m < home_.size(); ++m)
      if (home_[m] == split.from) findHome(m);
  }

  const PartCells& cells_;
  const MaskSet& masks_;
  const Context& ctx_;
  Coverage coverage_;
  std::vector<std::uint32_t> part_;
  std::vector<std::vector<std::uint32_t>> members_;  // cells of each part
  std::vector<Side> side_;
  std::vector<std::uint8_t> seen_;
  std::vector<std::uint32_t> home_;
  std::vector<bool> refused_;
};

}  // namespace

std::vector<PartSplit> splitOrder(const PartCells& cells, const MaskSet& masks, std::size_t most,
                                  const Context& ctx) {
  return Splitting(cells, masks, ctx).order(most);
}

}  // namespace maquette
