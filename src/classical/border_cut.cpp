#include "classical/border_cut.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <utility>

#include "classical/min_cut.h"

namespace maquette {
namespace {

constexpr float kBand = 0.12f;      // half the band's width, of the square root of the set's area
constexpr float kLeastBand = 2.5f;  // triangles
constexpr float kAlongCrease = 0.03f;  // what a border costs on a full crease; elsewhere 1 more
constexpr float kStays = 1.f;          // how much the rims of the band hold what lies beside them
constexpr double kUnit = 1e6;          // costs are whole numbers
constexpr std::int64_t kCertain = 1'000'000'000'000;
constexpr std::size_t kMost = 4000;  // nodes in the band
constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

float bandOf(const SurfaceGraph& graph, const std::vector<std::uint32_t>& set) {
  double inside = 0.;
  for (std::uint32_t n = 0; n < set.size(); ++n)
    if (set[n]) inside += graph.areas[n];
  const auto typical = float(std::sqrt(graph.area / graph.count()));
  return std::max(kBand * float(std::sqrt(std::min(inside, graph.area - inside))),
                  kLeastBand * typical);
}

struct Band {
  std::vector<std::uint32_t> nodes;  // nearest the border first
  std::vector<float> depth;          // of each, as a share of the farthest
};

/// The nodes that lie less than `reach` from the border, but the nearest kMost at most.
Band bandAround(const SurfaceGraph& graph, const std::vector<std::uint32_t>& set, float reach) {
  using Front = std::pair<float, std::uint32_t>;
  std::vector<float> depth(graph.count(), reach);
  std::vector<Front> rim;
  for (std::uint32_t n = 0; n < graph.count(); ++n)
    if (std::ranges::any_of(graph.linksOf(n), [&](const auto& l) { return set[l.to] != set[n]; })) {
      depth[n] = 0.f;
      rim.push_back({0.f, n});
    }
  std::priority_queue<Front, std::vector<Front>, std::greater<>> queue({}, std::move(rim));
  Band band;
  while (!queue.empty() && band.nodes.size() < kMost) {
    const auto [d, n] = queue.top();
    queue.pop();
    if (d > depth[n]) continue;
    band.nodes.push_back(n);
    band.depth.push_back(d);
    for (const auto& l : graph.linksOf(n)) {
      const float next = d + length(graph.centres[n] - graph.centres[l.to]);
      if (next >= depth[l.to]) continue;
      depth[l.to] = next;
      queue.push({next, l.to});
    }
  }
  if (!queue.empty()) reach = queue.top().first;
  for (float& d : band.depth) d = reach > 0.f ? d / reach : 0.f;
  return band;
}

}  // namespace

void settleBorder(const SurfaceGraph& graph, const std::vector<float>& creases,
                  std::span<const std::uint32_t> in, std::span<const std::uint32_t> out,
                  std::vector<std::uint32_t>& set) {
  const float reach = bandOf(graph, set);
  const Band band = bandAround(graph, set, reach);
  std::vector<std::uint32_t> at(set.size(), kNone);
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) at[band.nodes[m]] = m;
  MinCut cut(std::uint32_t(band.nodes.size()));
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) {
    const std::uint32_t n = band.nodes[m];
    const float d = band.depth[m];
    const double stays = kUnit * kStays * d * d * d * graph.areas[n] / (reach * graph.size);
    cut.addBias(m, std::int64_t(set[n] ? stays : -stays));
    for (std::uint32_t i = graph.first[n]; i < graph.first[n + 1]; ++i) {
      const auto& l = graph.links[i];
      const double cost = kUnit * l.length / graph.size * (1.f - creases[i] + kAlongCrease);
      if (at[l.to] == kNone)
        cut.addBias(m, set[l.to] ? kCertain : -kCertain);
      else if (l.to > n)
        cut.addEdge(m, at[l.to], std::int64_t(cost));
    }
  }
  for (const std::uint32_t n : in)
    if (at[n] != kNone) cut.addBias(at[n], kCertain);
  for (const std::uint32_t n : out)
    if (at[n] != kNone) cut.addBias(at[n], -kCertain);
  const std::vector<std::uint8_t> solved = cut.solve();
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) set[band.nodes[m]] = solved[m];
}

}  // namespace maquette
