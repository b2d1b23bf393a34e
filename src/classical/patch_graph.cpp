#include "classical/patch_graph.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

namespace maquette {
namespace {

constexpr float kCreaseCost = 10.f;  // crossing a full crease is like going so much farther

}  // namespace

PatchGraph::PatchGraph(const Superfaces& faces, float size) : steps_(faces.count()) {
  for (const auto& e : faces.borders) {
    const float crease = e.length > 0.f ? std::min(e.crease / e.length, 1.f) : 0.f;
    const float plain = length(faces.centres[e.a] - faces.centres[e.b]) / size;
    const float along = plain * (1.f + kCreaseCost * crease);
    steps_[e.a].push_back({e.b, plain, along, e.length / size, crease});
    steps_[e.b].push_back({e.a, plain, along, e.length / size, crease});
  }
}

void PatchGraph::walk(float Step::*cost, float limit, std::vector<float>& least) const {
  using Front = std::pair<float, std::uint32_t>;
  std::priority_queue<Front, std::vector<Front>, std::greater<>> queue;
  const auto improves = [&](std::uint32_t from, const Step& step) {
    return least[from] + step.*cost < least[step.to];
  };
  for (std::uint32_t i = 0; i < least.size(); ++i)
    if (least[i] <= limit &&
        std::ranges::any_of(steps_[i], [&](const Step& step) { return improves(i, step); }))
      queue.push({least[i], i});
  while (!queue.empty()) {
    const auto [d, at] = queue.top();
    queue.pop();
    if (d > least[at]) continue;
    for (const Step& step : steps_[at]) {
      const float next = d + step.*cost;
      if (next > limit || !improves(at, step)) continue;
      least[step.to] = next;
      queue.push({next, step.to});
    }
  }
}

float PatchGraph::centredness(std::uint32_t patch, const std::vector<std::uint8_t>& set) const {
  std::vector<std::uint32_t> depth(set.size(), 0), queue;
  for (std::uint32_t i = 0; i < set.size(); ++i)
    if (set[i] && std::ranges::any_of(steps_[i], [&](const Step& s) { return !set[s.to]; })) {
      depth[i] = 1;
      queue.push_back(i);
    }
  for (std::size_t head = 0; head < queue.size(); ++head)
    for (const Step& step : steps_[queue[head]])
      if (set[step.to] && depth[step.to] == 0) {
        depth[step.to] = depth[queue[head]] + 1;
        queue.push_back(step.to);
      }
  return queue.empty() ? 0.f : float(depth[patch]) / float(depth[queue.back()]);
}

std::vector<std::uint8_t> PatchGraph::piecesOf(std::span<const std::uint32_t> patches,
                                               const std::vector<std::uint8_t>& set) const {
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
  return held;
}

}  // namespace maquette
