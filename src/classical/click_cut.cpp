#include "classical/click_cut.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <utility>

#include "classical/min_cut.h"

namespace maquette {
namespace {

constexpr float kCreaseCost = 10.f;  // crossing a full crease is like going so much farther
constexpr float kTreeCost = 5.f;     // distance per height of the join that holds both
constexpr float kHighest = 0.5f;     // joins above count as this
// How far a correction reaches, in distances to the border: what is too much is often a whole limb,
// what is missing is mostly a strip.
constexpr float kTakesAway = 3.f, kAdds = 2.f;
constexpr float kUnsure = 0.05f;  // differences of distance below make a patch less sure
constexpr float kSmooth = 0.04f;  // what border is worth in area, both in units of the size
constexpr double kUnit = 1e8;     // costs are whole numbers
constexpr std::int64_t kCertain = 1'000'000'000'000'000;
constexpr float kFar = std::numeric_limits<float>::infinity();

}  // namespace

ClickCut::ClickCut(const Superfaces& faces, const MergeTree& tree, float size)
    : faces_(faces), tree_(tree), area_(size * size), steps_(faces.count()) {
  for (const auto& e : faces.borders) {
    const float crease = e.length > 0.f ? e.crease / e.length : 0.f;
    const float plain = length(faces.centres[e.a] - faces.centres[e.b]) / size;
    const float along = plain * (1.f + kCreaseCost * crease);
    const float border = (std::max(0.f, e.length - e.crease) + 0.02f * e.length) / size;
    steps_[e.a].push_back({e.b, plain, along, border});
    steps_[e.b].push_back({e.a, plain, along, border});
  }
}

std::vector<float> ClickCut::walk(std::uint32_t from, float Step::*cost) const {
  using Front = std::pair<float, std::uint32_t>;
  std::vector<float> least(faces_.count(), kFar);
  least[from] = 0.f;
  std::priority_queue<Front, std::vector<Front>, std::greater<>> queue;
  queue.push({0.f, from});
  while (!queue.empty()) {
    const auto [d, at] = queue.top();
    queue.pop();
    if (d > least[at]) continue;
    for (const Step& step : steps_[at]) {
      const float next = d + step.*cost;
      if (next >= least[step.to]) continue;
      least[step.to] = next;
      queue.push({next, step.to});
    }
  }
  return least;
}

Distances ClickCut::from(std::uint32_t patch) const {
  Distances out;
  out.plain = walk(patch, &Step::plain);
  out.along = walk(patch, &Step::along);
  out.apart = out.along;
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

void ClickCut::keepPiecesOf(std::span<const std::uint32_t> patches,
                            std::vector<std::uint8_t>& set) const {
  std::vector<std::uint8_t> held(set.size(), 0);
  std::vector<std::uint32_t> todo;
  const auto hold = [&](std::uint32_t patch) {
    if (!set[patch] || held[patch]) return;
    held[patch] = 1;
    todo.push_back(patch);
  };
  for (const std::uint32_t patch : patches) hold(patch);
  while (!todo.empty()) {
    const std::uint32_t at = todo.back();
    todo.pop_back();
    for (const Step& step : steps_[at]) hold(step.to);
  }
  set = std::move(held);
}

void ClickCut::flip(std::uint32_t patch, const Distances& click, const std::vector<float>& other,
                    std::vector<std::uint8_t>& set) const {
  const std::uint8_t side = set[patch];
  float border = kFar;
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (set[i] != side) border = std::min(border, click.plain[i]);
  const float reach = (side ? kTakesAway : kAdds) * border;
  const auto leaning = [&](std::uint32_t i) {
    const float near = std::min(reach - click.along[i], other[i] - click.apart[i]);
    return std::isinf(near) ? 1.f : std::clamp(near / kUnsure, -1.f, 1.f);
  };
  // Only what leans to it and what lies around that can change.
  std::vector<std::uint32_t> members, at(set.size(), 0);
  std::vector<std::uint8_t> isMember(set.size(), 0);
  const auto take = [&](std::uint32_t i) {
    if (isMember[i] || set[i] != side || click.along[i] == kFar) return;
    isMember[i] = 1;
    at[i] = std::uint32_t(members.size());
    members.push_back(i);
  };
  take(patch);
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (click.along[i] < kFar && leaning(i) > -1.f) take(i);
  const std::size_t core = members.size();
  for (std::size_t m = 0; m < core; ++m)
    for (const Step& step : steps_[members[m]]) take(step.to);
  MinCut cut(std::uint32_t(members.size()));
  for (std::uint32_t m = 0; m < members.size(); ++m) {
    const std::uint32_t i = members[m];
    cut.addBias(m, i == patch        ? kCertain
                   : other[i] == 0.f ? -kCertain
                                     : std::int64_t(kUnit * leaning(i) * faces_.areas[i] / area_));
    for (const Step& step : steps_[i]) {
      const auto cost = std::int64_t(kUnit * kSmooth * step.border);
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
