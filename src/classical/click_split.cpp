#include "classical/click_split.h"

#include "classical/region_merging.h"

namespace maquette {
namespace {

constexpr float kFine = 0.003f;  // of the area: regions up to this size are joined as they were
constexpr std::uint8_t kKept = 1, kUnwanted = 2;

}  // namespace

std::vector<std::uint8_t> ClickSplit::splitOff(std::uint32_t patch,
                                               std::span<const std::uint32_t> kept,
                                               const std::vector<std::uint8_t>& set) const {
  const auto count = static_cast<std::uint32_t>(set.size());
  std::vector<std::uint8_t> side(count, 0);
  for (const std::uint32_t k : kept) side[k] = kKept;
  side[patch] = kUnwanted;
  // The largest fine nodes that lie in the set and hold no click, or are clicked patches.
  const float area = tree_.nodes[tree_.root()].area;
  std::vector<std::uint8_t> whole(tree_.nodes.size());
  for (std::uint32_t n = 0; n < tree_.nodes.size(); ++n) {
    const MergeTree::Node& node = tree_.nodes[n];
    whole[n] = node.leaf() ? set[n] && side[n] == 0
                           : whole[node.left] && whole[node.right] && node.area < kFine * area;
  }
  std::vector<std::uint32_t> regionOf(count, MergeTree::kNone);
  std::vector<RegionMerging::Region> regions;
  const auto make = [&](std::uint32_t n, std::uint8_t of) {
    const MergeTree::Node& node = tree_.nodes[n];
    RegionMerging::Region made{node.area, node.perimeter, node.crease, {}, {}, of};
    for (std::uint32_t i = node.begin; i < node.end; ++i) {
      regionOf[tree_.order[i]] = std::uint32_t(regions.size());
      made.fit += fits_[tree_.order[i]];
    }
    regions.push_back(made);
  };
  for (std::uint32_t n = 0; n < tree_.nodes.size(); ++n) {
    const std::uint32_t up = tree_.nodes[n].parent;
    if (whole[n] && (up == MergeTree::kNone || !whole[up])) make(n, 0);
    if (n < count && set[n] && side[n] != 0) make(n, side[n]);
  }
  for (std::size_t i = 0; i < sight_.places.size(); ++i)
    if (const std::uint32_t r = regionOf[sight_.places[i]]; r != MergeTree::kNone)
      regions[r].places.set(i);
  RegionMerging merging(sight_, area);
  for (RegionMerging::Region& region : regions) merging.add(std::move(region));
  for (const auto& e : faces_.borders) {
    const std::uint32_t a = regionOf[e.a], b = regionOf[e.b];
    if (a != b && a != MergeTree::kNone && b != MergeTree::kNone)
      merging.touch(a, b, e.length, e.crease);
  }
  const std::vector<RegionMerging::Join> joins = merging.run({});
  std::vector<std::uint8_t> goes(regions.size() + joins.size());
  for (std::size_t r = goes.size(); r-- > 0;) {
    goes[r] |= merging.region(std::uint32_t(r)).side == kUnwanted;
    if (r < regions.size()) continue;
    const auto& [a, b, cost] = joins[r - regions.size()];
    goes[a] = goes[b] = goes[r];
  }
  std::vector<std::uint8_t> out(count, 0);
  for (std::uint32_t i = 0; i < count; ++i)
    out[i] = regionOf[i] != MergeTree::kNone && goes[regionOf[i]];
  return out;
}

}  // namespace maquette
