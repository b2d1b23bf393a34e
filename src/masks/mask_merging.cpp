#include "masks/mask_merging.h"

#include <algorithm>
#include <numeric>
#include <ranges>

#include "masks/mask_bits.h"
#include "masks/regions.h"

namespace maquette {
namespace {

using Ranks = std::vector<std::uint32_t>;

/// Masks by rank, and how many samples each has.
struct Ranked {
  const MaskSet& masks;
  const Ranks& order;
  std::vector<std::uint32_t> area;  // by rank

  Bits row(std::uint32_t rank) const { return masks.row(order[rank]); }
};

double volumeOf(const PlaceBox& box) {
  return (box.most[0] - box.least[0]) * (box.most[1] - box.least[1]) * (box.most[2] - box.least[2]);
}

PlaceBox boxOf(Bits bits, const std::vector<double>& places) {
  PlaceBox box;
  forEachBit(bits, [&](std::size_t i) {
    box.add({places[3 * i], places[3 * i + 1], places[3 * i + 2]});
  });
  return box;
}

double overlap(const PlaceBox& a, const PlaceBox& b) {
  double both = 1.;
  for (std::size_t i = 0; i < 3; ++i) {
    const double side = std::min(a.most[i], b.most[i]) - std::max(a.least[i], b.least[i]);
    if (!(side > 0.)) return 0.;
    both *= side;
  }
  const double either = volumeOf(a) + volumeOf(b) - both;
  return either <= 0. ? 0. : both / either;
}

/// A6. Best first; of equally good ones the earlier.
Ranks byQuality(const MaskSet& masks) {
  Ranks order(masks.masks());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, std::greater(), [&](auto i) { return masks.quality[i]; });
  return order;
}

/// A7. Whom each rank joins: the first representative that it is almost the same as.
Ranks clusters(const Ranked& ranked, const MergeRules& rules, const Context& ctx) {
  Ranks representative(ranked.order.size()), heads;
  for (std::uint32_t i = 0; i < representative.size(); ++i) {
    ctx.check();
    const double area = ranked.area[i];
    const auto joins = std::ranges::find_if(heads, [&](std::uint32_t head) {
      const double other = ranked.area[head];
      // No two sets share more than the smaller one: most pairs need no counting.
      if (!(std::min(area, other) / std::max(area, other) > rules.same)) return false;
      const double both = countOfBoth(ranked.row(i), ranked.row(head));
      return both / (area + other - both) > rules.same;
    });
    representative[i] = joins == heads.end() ? i : *joins;
    if (joins == heads.end()) heads.push_back(i);
  }
  return representative;
}

/// A8.
Ranks large(const Ranks& representative, const MergeRules& rules) {
  std::vector<int> members(representative.size(), 0);
  for (const std::uint32_t head : representative) ++members[head];
  Ranks kept;
  for (std::uint32_t i = 0; i < members.size(); ++i)
    if (members[i] >= rules.members) kept.push_back(i);
  return kept;
}

/// A9. What an earlier box swallows is gone, not joined.
Ranks unboxed(const Ranked& ranked, const Ranks& kept, const MergeRules& rules) {
  std::vector<PlaceBox> boxes;
  for (const std::uint32_t rank : kept)
    boxes.push_back(boxOf(ranked.row(rank), ranked.masks.places));
  std::vector<bool> gone(kept.size(), false);
  Ranks left;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    if (gone[i]) continue;
    left.push_back(kept[i]);
    for (std::size_t j = i + 1; j < kept.size(); ++j)
      if (!gone[j] && overlap(boxes[i], boxes[j]) > rules.sameBox) gone[j] = true;
  }
  return left;
}

/// A10, A11. Adds what lies mostly where nothing is yet.
void takeUncovered(const Ranked& ranked, const MergeRules& rules, MergedMasks& merged,
                   const Context& ctx) {
  std::vector<std::uint64_t> open(ranked.masks.words(), ~std::uint64_t{0});
  if (const std::size_t rest = ranked.masks.samples() % 64; rest != 0)
    open.back() = (std::uint64_t{1} << rest) - 1;
  const auto cover = [&](Bits bits) {
    for (std::size_t w = 0; w < open.size(); ++w) open[w] &= ~bits[w];
  };
  for (const std::uint32_t rank : merged.unboxed) cover(ranked.row(rank));
  merged.uncovered = countOf(open);
  merged.taken = merged.unboxed;
  std::vector<bool> in(ranked.order.size(), false);
  for (const std::uint32_t rank : merged.unboxed) in[rank] = true;
  for (std::uint32_t i = 0; i < in.size(); ++i) {
    ctx.check();
    if (in[i] || ranked.area[i] == 0) continue;
    const double fresh = countOfBoth(ranked.row(i), open);
    if (!(fresh / double(ranked.area[i]) > rules.uncovered)) continue;
    merged.taken.push_back(i);
    cover(ranked.row(i));
  }
}

/// A12. Small ones over large ones.
void paint(const Ranked& ranked, MergedMasks& merged, const Context& ctx) {
  merged.painted = merged.taken;
  std::ranges::stable_sort(merged.painted, std::greater(),
                           [&](std::uint32_t rank) { return ranked.area[rank]; });
  merged.labels.assign(ranked.masks.samples(), -1);
  for (const std::uint32_t rank : merged.painted) {
    ctx.check();
    forEachBit(ranked.row(rank), [&](std::size_t i) { merged.labels[i] = std::int32_t(rank); });
  }
}

}  // namespace

MergedMasks mergedMasks(const MaskSet& masks, const Context& ctx, const MergeRules& rules) {
  MergedMasks merged;
  merged.order = byQuality(masks);
  Ranked ranked{masks, merged.order, {}};
  for (const std::uint32_t mask : merged.order) ranked.area.push_back(countOf(masks.row(mask)));
  merged.representative = clusters(ranked, rules, ctx);
  merged.kept = large(merged.representative, rules);
  merged.unboxed = unboxed(ranked, merged.kept, rules);
  takeUncovered(ranked, rules, merged, ctx);
  paint(ranked, merged, ctx);
  return merged;
}

}  // namespace maquette
