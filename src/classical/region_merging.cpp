#include "classical/region_merging.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace maquette {
namespace {

constexpr float kBase = 0.01f;         // what a border without any crease costs
constexpr float kSizePower = 0.5f;     // of the smaller side's share of the area
constexpr float kContactPower = 0.5f;  // of the share of the smaller perimeter that is shared
constexpr float kNeckPower = 0.3f;     // of how wide the smaller side is for the border it has
constexpr float kHiding = 2.f;         // what it adds that neither side sees the other
constexpr float kUnlike = 100.f;       // what it adds that both together are no simple shape
constexpr float kKnown = 0.05f;        // share of the area that shows half of what shape a side is

}  // namespace

void RegionMerging::add(Region region) {
  residuals_.push_back(region.fit.residual());
  regions_.push_back(std::move(region));
  gone_.push_back(0);
  neighbours_.emplace_back();
}

void RegionMerging::touch(std::uint32_t a, std::uint32_t b, float length, float crease) {
  for (const auto& [one, other] : {std::pair{a, b}, std::pair{b, a}}) {
    Contact& contact = neighbours_[one][other];
    contact.length += length;
    contact.crease += crease;
  }
}

std::vector<RegionMerging::Join> RegionMerging::run(const Context& ctx) {
  for (std::uint32_t a = 0; a < regions_.size(); ++a)
    for (const auto& [b, contact] : neighbours_[a])
      if (a < b) push(a, b, contact);
  std::vector<Join> joins;
  while (!queue_.empty()) {
    const auto [cost, a, b] = queue_.top();
    queue_.pop();
    if (gone_[a] || gone_[b]) continue;
    if (joins.size() % 64 == 0) ctx.check();
    joins.push_back({a, b, cost});
    join(a, b);
  }
  return joins;
}

float RegionMerging::costOf(std::uint32_t a, std::uint32_t b, const Contact& contact) const {
  const Region &one = regions_[a], &other = regions_[b];
  const float smaller = std::min(one.area, other.area), share = smaller / float(area_);
  const float crease = contact.length > 0.f ? contact.crease / contact.length : 0.f;
  const float round = std::min(one.perimeter, other.perimeter);
  const float shared = round > 0.f ? std::clamp(contact.length / round, 1e-3f, 1.f) : 1.f;
  // A limb hangs on a border that is short for its area; two halves of a body share a long one.
  const float neck = std::sqrt(smaller) / std::max(contact.length, 1e-6f * float(std::sqrt(area_)));
  NormalFit both = one.fit;
  both += other.fit;
  const double worse = std::max(0., both.residual() - residuals_[a] - residuals_[b]);
  const float unlike = float(worse) / smaller * share / (share + kKnown);
  return (kBase + crease) * (1.f + kUnlike * unlike) * (1.f + kHiding * hiddenness(a, b)) *
         std::pow(share, kSizePower) * std::pow(neck, kNeckPower) / std::pow(shared, kContactPower);
}

/// Share of the pairs of places, one in each region, that do not see each other.
float RegionMerging::hiddenness(std::uint32_t a, std::uint32_t b) const {
  const Sight::Flags *few = &regions_[a].places, *many = &regions_[b].places;
  if (few->count() > many->count()) std::swap(few, many);
  if (few->none()) return 0.f;
  std::size_t seen = 0;
  for (std::size_t i = few->_Find_first(); i < Sight::kMost; i = few->_Find_next(i))
    seen += (sight_.seen[i] & *many).count();
  return 1.f - float(seen) / float(few->count() * many->count());
}

void RegionMerging::push(std::uint32_t a, std::uint32_t b, const Contact& contact) {
  const std::uint8_t one = regions_[a].side, other = regions_[b].side;
  if (one != other && one != 0 && other != 0) return;
  queue_.push({costOf(a, b, contact), std::min(a, b), std::max(a, b)});
}

void RegionMerging::join(std::uint32_t a, std::uint32_t b) {
  const auto made = static_cast<std::uint32_t>(regions_.size());
  const Region &one = regions_[a], &other = regions_[b];
  const Contact shared = neighbours_[a].at(b);
  Region both = one;
  both.area += other.area;
  both.perimeter = std::max(0.f, one.perimeter + other.perimeter - 2.f * shared.length);
  both.crease = std::max(0.f, one.crease + other.crease - 2.f * shared.crease);
  both.fit += other.fit;
  both.places |= other.places;
  both.side = std::max(one.side, other.side);
  add(std::move(both));
  gone_[a] = gone_[b] = 1;
  auto around = std::move(neighbours_[a]);
  for (const auto& [next, contact] : neighbours_[b]) {
    around[next].length += contact.length;
    around[next].crease += contact.crease;
  }
  around.erase(a);
  around.erase(b);
  neighbours_[b].clear();
  for (const auto& [next, contact] : around) {
    neighbours_[next].erase(a);
    neighbours_[next].erase(b);
    neighbours_[next][made] = contact;
    push(made, next, contact);
  }
  neighbours_[made] = std::move(around);
}

}  // namespace maquette
