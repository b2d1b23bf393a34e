#include "classical/click_cut.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "core/jobs/parallel.h"
#include "surface/min_cut.h"

namespace maquette {
namespace {

constexpr float kTreeCost = 5.f;  // distance per height of the join that holds both
constexpr float kHighest = 0.5f;  // joins above count as this
// A region is what a click means if it scores more than this: the share of its depth at which the
// click lies, squared, times how much of its border is creased, times how much it stands out.
constexpr float kLikely = 0.3f;
constexpr float kOutPower = 0.3f, kSoft = 0.005f;
constexpr float kMiddle = 0.6f;       // of the depth of what is split off
constexpr std::size_t kFewest = 20;   // patches; of smaller regions the middle is no middle
constexpr float kNoticeable = 1.15f;  // ratio of areas between regions that are looked at
// How far a correction reaches, in distances from the click to the border.
constexpr float kCertainly = 0.7f, kAcross = 1.8f, kAlong = 5.f;
// Differences of distance below this make a patch less sure; border is worth so much in area. Both
// in units of the size, and for small corrections in distances to the border.
constexpr float kUnsure = 0.05f, kUnsureNear = 1.25f;
constexpr float kSmooth = 0.04f, kSmoothNear = 0.375f;
constexpr float kOnCrease = 0.02f;  // what a border costs on a full crease; elsewhere 1 more
constexpr double kUnit = 1e8;       // costs are whole numbers
constexpr std::int64_t kCertain = 1'000'000'000'000'000;
constexpr float kFar = std::numeric_limits<float>::infinity();

}  // namespace

struct ClickCut::Guess {
  std::vector<std::uint8_t> wrong;  // K
  float centred = 0.f, score = 0.f;
};

ClickCut::ClickCut(const Superfaces& faces, const MergeTree& tree, const PatchGraph& graph,
                   const ClickSplit& split)
    : faces_(faces),
      tree_(tree),
      graph_(graph),
      split_(split),
      area_(tree.nodes[tree.root()].area) {}

Distances ClickCut::from(std::uint32_t patch) const {
  Distances out;
  out.plain.assign(faces_.count(), kFar);
  out.plain[patch] = 0.f;
  out.apart = out.plain;
  parallelFor(2, 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i)
      if (i == 0)
        graph_.walk(&PatchGraph::Step::plain, kFar, out.plain);
      else
        graph_.walk(&PatchGraph::Step::along, kFar, out.apart);
  });
  std::uint32_t below = patch;
  for (std::uint32_t up = tree_.nodes[patch].parent; up != MergeTree::kNone;
       up = tree_.nodes[up].parent) {
    const float climb = kTreeCost * std::min(tree_.nodes[up].height, kHighest);
    const auto &node = tree_.nodes[up], &held = tree_.nodes[below];
    for (std::uint32_t i = node.begin; i < held.begin; ++i) out.apart[tree_.order[i]] += climb;
    for (std::uint32_t i = held.end; i < node.end; ++i) out.apart[tree_.order[i]] += climb;
    below = up;
  }
  return out;
}

/// Share of the border of a region, without what it has with the set's other side, that is creased.
float ClickCut::creaseAround(const std::vector<std::uint8_t>& wrong, std::uint8_t side,
                             const std::vector<std::uint8_t>& set) const {
  float border = 0.f, crease = 0.f;
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    if (!wrong[i]) continue;
    for (const auto& step : graph_.stepsFrom(i)) {
      if (wrong[step.to] || set[step.to] != side) continue;
      border += step.border;
      crease += step.border * step.crease;
    }
  }
  return border > 0.f ? crease / border : 0.f;
}

/// That the piece of `wrong` around a click is what the click means.
ClickCut::Guess ClickCut::guessOf(std::uint32_t patch, const std::vector<std::uint8_t>& wrong,
                                  const std::vector<std::uint8_t>& set) const {
  const std::uint32_t around[] = {patch};
  Guess guess{graph_.piecesOf(around, wrong)};
  if (std::size_t(std::ranges::count(guess.wrong, 1)) < kFewest) return guess;
  guess.centred = graph_.centredness(patch, guess.wrong);
  guess.score = guess.centred * guess.centred * creaseAround(guess.wrong, set[patch], set);
  return guess;
}

/// How much higher the join is that ends a node than those inside it, (0, 1].
float ClickCut::standsOut(std::uint32_t index) const {
  const MergeTree::Node& node = tree_.nodes[index];
  const float next = node.parent == MergeTree::kNone ? 1.f : tree_.nodes[node.parent].height;
  const float life = 1.f - (node.height + kSoft) / (next + kSoft);
  return std::pow(std::max(0.f, life), kOutPower);
}

bool ClickCut::flipRegion(std::uint32_t patch, std::span<const std::uint32_t> kept,
                          std::span<const std::vector<std::uint8_t>> sizes,
                          std::vector<std::uint8_t>& set) const {
  const std::uint8_t side = set[patch];
  const auto turn = [&](const std::vector<std::uint8_t>& wrong) {
    for (std::uint32_t i = 0; i < wrong.size(); ++i)
      if (wrong[i]) set[i] = !side;
    return !wrong.empty();
  };
  if (side) {
    const Guess guess = guessOf(patch, split_.splitOff(patch, kept, set), set);
    if (guess.centred > kMiddle) return turn(guess.wrong);
  }
  Guess best{{}, 0.f, kLikely};
  float last = 0.f;
  for (std::uint32_t up = patch; up != MergeTree::kNone; up = tree_.nodes[up].parent) {
    const auto& node = tree_.nodes[up];
    if (std::ranges::any_of(kept, [&](std::uint32_t k) { return tree_.contains(up, k); })) break;
    if (node.area < last * kNoticeable) continue;
    last = node.area;
    std::vector<std::uint8_t> wrong(set.size(), 0);
    for (std::uint32_t i = node.begin; i < node.end; ++i)
      wrong[tree_.order[i]] = set[tree_.order[i]] == side;
    Guess guess = guessOf(patch, wrong, set);
    guess.score *= standsOut(up);
    if (guess.score > best.score) best = std::move(guess);
  }
  for (const auto& size : sizes) {
    if (size[patch] == side ||
        std::ranges::any_of(kept, [&](std::uint32_t k) { return size[k] != side; }))
      continue;
    std::vector<std::uint8_t> wrong(set.size(), 0);
    for (std::uint32_t i = 0; i < set.size(); ++i) wrong[i] = set[i] == side && size[i] != side;
    // Other pieces of the difference are as wrong as the one that was clicked.
    if (Guess guess = guessOf(patch, wrong, set); guess.score > best.score)
      best = {std::move(wrong), guess.centred, guess.score};
  }
  return turn(best.wrong);
}

/// How much each patch [K] leans to changing sides, [-1, 1].
std::vector<float> ClickCut::leaning(std::uint8_t side, const Distances& click,
                                     const std::vector<float>& other, float nearest,
                                     const std::vector<std::uint8_t>& set) const {
  std::vector<float> rim(set.size(), kFar);
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (set[i] != side) rim[i] = 0.f;
  if (nearest < kFar) graph_.walk(&PatchGraph::Step::plain, 3.f * nearest, rim);
  const float unsure = std::min(kUnsure, kUnsureNear * nearest);
  std::vector<float> lean(set.size());
  for (std::uint32_t i = 0; i < set.size(); ++i) {
    float least = click.plain[i] < kFar ? other[i] - click.apart[i] : -kFar;
    if (nearest < kFar)
      least = std::min({least, kAcross * nearest - rim[i], kAlong * nearest - click.apart[i]});
    lean[i] = std::clamp(least / unsure, -1.f, 1.f);
  }
  return lean;
}

void ClickCut::flip(std::uint32_t patch, const Distances& click, const std::vector<float>& other,
                    std::vector<std::uint8_t>& set) const {
  const std::uint8_t side = set[patch];
  float nearest = kFar;
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (set[i] != side) nearest = std::min(nearest, click.plain[i]);
  const std::vector<float> lean = leaning(side, click, other, nearest, set);
  // Only what leans to it and what lies around that can change.
  const float certainly = nearest < kFar ? kCertainly * nearest : 0.f;
  std::vector<std::uint32_t> members, at(set.size(), 0);
  std::vector<std::uint8_t> isMember(set.size(), 0);
  const auto take = [&](std::uint32_t i) {
    if (isMember[i] || set[i] != side || click.plain[i] == kFar) return;
    isMember[i] = 1;
    at[i] = std::uint32_t(members.size());
    members.push_back(i);
  };
  take(patch);
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (lean[i] > -1.f) take(i);
  const std::size_t core = members.size();
  for (std::size_t m = 0; m < core; ++m)
    for (const auto& step : graph_.stepsFrom(members[m])) take(step.to);
  const double smooth = kUnit * std::min(kSmooth, kSmoothNear * nearest);
  MinCut cut(std::uint32_t(members.size()));
  for (std::uint32_t m = 0; m < members.size(); ++m) {
    const std::uint32_t i = members[m];
    const bool certain = i == patch || (click.plain[i] < certainly && click.apart[i] < other[i]);
    cut.addBias(m, certain           ? kCertain
                   : other[i] == 0.f ? -kCertain
                                     : std::int64_t(kUnit * lean[i] * faces_.areas[i] / area_));
    for (const auto& step : graph_.stepsFrom(i)) {
      const auto cost = std::int64_t(smooth * step.border * (1.f - step.crease + kOnCrease));
      if (isMember[step.to]) {
        if (step.to > i) cut.addEdge(m, at[step.to], cost);
      } else {
        cut.addBias(m, set[step.to] == side ? -cost : cost);
      }
    }
  }
  const std::vector<std::uint8_t> flipped = cut.solve();
  for (std::uint32_t m = 0; m < members.size(); ++m)
    if (flipped[m]) set[members[m]] = !side;
}

}  // namespace maquette
