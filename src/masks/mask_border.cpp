#include "masks/mask_border.h"

#include <algorithm>
#include <limits>
#include <queue>
#include <utility>

#include "surface/min_cut.h"

namespace maquette {
namespace {

constexpr float kFullCrease = 0.8f;    // radians inwards: an edge like the foot of a wall
constexpr float kConvex = 0.5f;        // what an edge outwards counts against one inwards
constexpr float kAlongCrease = 0.05f;  // what a border costs on a full crease; elsewhere 1 more
constexpr float kStays = 0.7f;         // how much the rims of the band hold what lies beside them
constexpr float kOverBend = 12.f;      // how much longer a way over a full crease is
constexpr double kUnit = 1e6;          // costs are whole numbers
constexpr std::int64_t kCertain = 1'000'000'000'000;
constexpr std::size_t kMost = 8000;  // nodes in the band
constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

float creaseOf(const SurfaceGraph::Link& link) {
  const float bend = link.bend > 0.f ? link.bend : -kConvex * link.bend;
  return std::min(1.f, bend / kFullCrease);
}

struct Front {
  float distance;
  std::uint32_t node;
  auto operator<=>(const Front&) const = default;
};
using Queue = std::priority_queue<Front, std::vector<Front>, std::greater<>>;

struct Band {
  std::vector<std::uint32_t> nodes;
  std::vector<float> depths;  // mm from the border
  float reach = 0.f;
};

/// Nodes nearest to the border first, until they are too far or too many.
Band bandAround(const SurfaceGraph& graph, const NodeFlags& set, float reach) {
  std::vector<std::uint8_t> seen(set.size(), 0);
  Queue queue;
  for (std::uint32_t n = 0; n < set.size(); ++n)
    if (std::ranges::any_of(graph.linksOf(n), [&](const auto& l) { return set[l.to] != set[n]; }))
      queue.push({0.f, n});
  Band band;
  band.reach = reach;
  while (!queue.empty()) {
    const Front front = queue.top();
    queue.pop();
    if (std::exchange(seen[front.node], 1)) continue;
    if (front.distance > 0.f && (front.distance > reach || band.nodes.size() >= kMost)) {
      band.reach = std::min(reach, std::max(front.distance, 1e-12f));
      break;
    }
    band.nodes.push_back(front.node);
    band.depths.push_back(front.distance);
    for (const auto& l : graph.linksOf(front.node))
      if (!seen[l.to])
        queue.push(
            {front.distance + length(graph.centres[l.to] - graph.centres[front.node]), l.to});
  }
  return band;
}

}  // namespace

void settleMask(const SurfaceGraph& graph, std::span<const std::uint32_t> in,
                std::span<const std::uint32_t> out, float reach, NodeFlags& set) {
  for (const std::uint32_t n : out) set[n] = 0;
  for (const std::uint32_t n : in) set[n] = 1;
  const Band band = bandAround(graph, set, reach);
  std::vector<std::uint32_t> at(set.size(), kNone);
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) at[band.nodes[m]] = m;
  MinCut cut(std::uint32_t(band.nodes.size()));
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) {
    const std::uint32_t n = band.nodes[m];
    const float d = std::min(1.f, band.depths[m] / band.reach);
    const double stays = kStays * d * d * graph.areas[n] / (band.reach * graph.size);
    cut.addBias(m, std::int64_t(kUnit * (set[n] ? stays : -stays)));
    for (const auto& l : graph.linksOf(n)) {
      if (at[l.to] == kNone)
        cut.addBias(m, set[l.to] ? kCertain : -kCertain);
      else if (l.to > n)
        cut.addEdge(
            m, at[l.to],
            std::int64_t(kUnit * l.length / graph.size * (1.f - creaseOf(l) + kAlongCrease)));
    }
  }
  for (const std::uint32_t n : out)
    if (at[n] != kNone) cut.addBias(at[n], -2 * kCertain);
  for (const std::uint32_t n : in)
    if (at[n] != kNone) cut.addBias(at[n], 2 * kCertain);
  const std::vector<std::uint8_t> solved = cut.solve();
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) set[band.nodes[m]] = solved[m];
  for (const std::uint32_t n : out) set[n] = 0;
  for (const std::uint32_t n : in) set[n] = 1;
}

void cutBetween(const SurfaceGraph& graph, std::span<const std::uint32_t> in, std::uint32_t out,
                NodeFlags& set) {
  std::vector<std::uint8_t> owner(set.size(), 0);  // 1: in, 2: out
  struct Claim {
    float distance;
    std::uint8_t owner;  // a tie goes to the wanted one
    std::uint32_t node;
    auto operator<=>(const Claim&) const = default;
  };
  std::priority_queue<Claim, std::vector<Claim>, std::greater<>> queue;
  for (const std::uint32_t n : in) queue.push({0.f, 1, n});
  queue.push({0.f, 2, out});
  while (!queue.empty()) {
    const Claim claim = queue.top();
    queue.pop();
    if (owner[claim.node]) continue;
    owner[claim.node] = claim.owner;
    for (const auto& l : graph.linksOf(claim.node))
      if (set[l.to] && !owner[l.to])
        queue.push({claim.distance + length(graph.centres[l.to] - graph.centres[claim.node]) *
                                         (1.f + kOverBend * creaseOf(l)),
                    claim.owner, l.to});
  }
  for (std::uint32_t n = 0; n < set.size(); ++n)
    if (owner[n] == 2) set[n] = 0;
}

}  // namespace maquette
