#include "masks/part_merges.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <queue>
#include <tuple>
#include <utility>

namespace maquette {
namespace {

constexpr double kSmall = 0.01;  // of the surface

/// A pair that could be joined. The newest of a pair counts.
struct Offer {
  double strength = 0.;
  std::uint32_t contact = 0;  // cells that touch
  std::uint32_t a = 0, b = 0;
  std::uint32_t stampA = 0, stampB = 0;

  bool operator<(const Offer& other) const {
    // The best one is taken first; of equal ones the one with more contact, then the earlier parts.
    return std::tuple(strength, contact, other.a, other.b) <
           std::tuple(other.strength, other.contact, a, b);
  }
};

double gapBetween(const PlaceBox& x, const PlaceBox& y) {
  double sum = 0.;
  for (std::size_t i = 0; i < 3; ++i) {
    const double gap = std::max({0., x.least[i] - y.most[i], y.least[i] - x.most[i]});
    sum += gap * gap;
  }
  return sum;
}

class Joining {
 public:
  Joining(const PartCells& cells, const MaskSet& masks, const Context& ctx)
      : cells_(cells),
        masks_(masks),
        ctx_(ctx),
        coverage_(coverageOf(cells, masks, ctx)),
        areas_(cells.parts, 0.),
        boxes_(cells.boxes),
        contact_(cells.parts),
        stamp_(cells.parts, 0),
        gone_(cells.parts, false) {
    for (std::uint32_t c = 0; c < cells.count(); ++c) {
      if (cells.part[c] == PartCells::kNoPart) continue;
      areas_[cells.part[c]] += cells.area[c];
      for (const std::uint32_t other : cells.besideOf(c))
        if (cells.part[other] != PartCells::kNoPart && cells.part[other] != cells.part[c])
          ++contact_[cells.part[c]][cells.part[other]];
    }
  }

  std::vector<PartMerge> order() {
    for (std::uint32_t a = 0; a < cells_.parts; ++a) {
      ctx_.check();
      for (const auto& [b, contact] : contact_[a])
        if (a < b) offer(a, b);
    }
    while (!offers_.empty()) {
      const Offer best = offers_.top();
      offers_.pop();
      if (best.stampA != stamp_[best.a] || best.stampB != stamp_[best.b]) continue;
      ctx_.check();
      join(best.a, best.b, best.strength);
    }
    joinTheRest();
    return std::move(merges_);
  }

 private:
  double strength(std::uint32_t a, std::uint32_t b) const {
    double both = 0., either = 0.;
    const double na = coverage_.samples[a], nb = coverage_.samples[b];
    if (na > 0. && nb > 0.) {
      const auto rowA = coverage_.row(a), rowB = coverage_.row(b);
      for (std::size_t m = 0; m < coverage_.masks; ++m) {
        const double x = rowA[m] / na, y = rowB[m] / nb;
        const double weight = std::max(0.f, masks_.quality[m]);
        both += weight * std::min(x, y);
        either += weight * std::max(x, y);
      }
    }
    const double together = either > 0. ? both / either : 0.;
    const double small = std::max(
        0., 1. - std::min(areas_[a], areas_[b]) / (kSmall * std::max(cells_.surface, 1e-300)));
    return together + (1. - together) * small;
  }

  void offer(std::uint32_t a, std::uint32_t b) {
    if (a > b) std::swap(a, b);
    offers_.push({strength(a, b), contact_[a][b], a, b, stamp_[a], stamp_[b]});
  }

  /// The larger one stays; what is known of both is added up.
  void unite(std::uint32_t goes, std::uint32_t stays, double strength) {
    least_ = std::min(least_, strength);
    merges_.push_back({goes, stays, least_});
    gone_[goes] = true;
    ++stamp_[goes];
    ++stamp_[stays];
    areas_[stays] += areas_[goes];
    boxes_[stays].add(boxes_[goes].least);
    boxes_[stays].add(boxes_[goes].most);
    coverage_.samples[stays] += coverage_.samples[goes];
    const auto to = coverage_.row(stays);
    const auto from = std::as_const(coverage_).row(goes);
    for (std::size_t m = 0; m < to.size(); ++m) to[m] += from[m];
  }

  void join(std::uint32_t a, std::uint32_t b, double strength) {
    const bool first = areas_[a] >= areas_[b];
    const std::uint32_t stays = first ? a : b, goes = first ? b : a;
    unite(goes, stays, strength);
    contact_[stays].erase(goes);
    for (const auto& [other, contact] : contact_[goes]) {
      if (other == stays) continue;
      contact_[other].erase(goes);
      contact_[stays][other] += contact;
      contact_[other][stays] += contact;
    }
    contact_[goes].clear();
    for (const auto& [other, contact] : std::map(contact_[stays])) offer(stays, other);
  }

  void joinTheRest() {
    std::vector<std::uint32_t> left;
    for (std::uint32_t p = 0; p < cells_.parts; ++p)
      if (!gone_[p]) left.push_back(p);
    while (left.size() > 1) {
      ctx_.check();
      const auto smallest = std::ranges::min_element(left, {}, [&](auto p) { return areas_[p]; });
      const std::uint32_t goes = *smallest;
      left.erase(smallest);
      const std::uint32_t stays = *std::ranges::min_element(
          left, {}, [&](auto p) { return gapBetween(boxes_[p], boxes_[goes]); });
      unite(goes, stays, 0.);
    }
  }

  const PartCells& cells_;
  const MaskSet& masks_;
  const Context& ctx_;
  Coverage coverage_;
  std::vector<double> areas_;
  std::vector<PlaceBox> boxes_;
  std::vector<std::map<std::uint32_t, std::uint32_t>> contact_;
  std::vector<std::uint32_t> stamp_;
  std::vector<bool> gone_;
  std::priority_queue<Offer> offers_;
  std::vector<PartMerge> merges_;
  double least_ = 1.;
};

}  // namespace

std::vector<PartMerge> mergeOrder(const PartCells& cells, const MaskSet& masks,
                                  const Context& ctx) {
  return Joining(cells, masks, ctx).order();
}

}  // namespace maquette
