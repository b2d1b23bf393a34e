#include "classical/border_cut.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

#include "classical/border_band.h"
#include "classical/border_fit.h"
#include "surface/min_cut.h"

namespace maquette {
namespace {

constexpr float kBand = 0.12f;      // half the band's width, of the square root of the set's area
constexpr float kLeastBand = 2.5f;  // triangles
constexpr float kAlongCrease = 0.03f;  // what a border costs on a full crease; elsewhere 1 more
constexpr float kStays = 1.f;          // how much the rims of the band hold what lies beside them
constexpr float kLeans = 1.f;          // how much the surfaces on both sides pull
constexpr int kRounds = 3;             // the surfaces are fitted again beside the better border
constexpr double kUnit = 1e6;          // costs are whole numbers
constexpr std::int64_t kCertain = 1'000'000'000'000;
constexpr std::size_t kMost = 4000;  // nodes in the band
constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

/// mm, the square root of the area of the set or of the rest, whichever is less.
float sizeOf(const SurfaceGraph& graph, const std::vector<std::uint32_t>& set) {
  double inside = 0.;
  for (std::uint32_t n = 0; n < set.size(); ++n)
    if (set[n]) inside += graph.areas[n];
  return float(std::sqrt(std::max(0., std::min(inside, graph.area - inside))));
}

/// One cut. Whether another one may do better.
bool cutAnew(const SurfaceGraph& graph, const std::vector<float>& creases,
             std::span<const std::uint32_t> in, std::span<const std::uint32_t> out,
             std::vector<std::uint32_t>& set) {
  const auto typical = float(std::sqrt(graph.area / graph.count()));
  const float size = sizeOf(graph, set), reach = std::max(kBand * size, kLeastBand * typical);
  const BorderBand band = bandAround(graph, set, reach, kMost);
  const std::vector<float> leanings = leaningsOf(graph, set, size, band);
  std::vector<std::uint32_t> at(set.size(), kNone);
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) at[band.nodes[m]] = m;
  MinCut cut(std::uint32_t(band.nodes.size()));
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) {
    const std::uint32_t n = band.nodes[m];
    const float d = band.depths[m] / band.reach;
    const float stays = kStays * d * d * d;
    cut.addBias(m, std::int64_t(kUnit * ((set[n] ? stays : -stays) + kLeans * leanings[m]) *
                                graph.areas[n] / (reach * graph.size)));
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
  bool changed = false;
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) {
    changed |= set[band.nodes[m]] != solved[m];
    set[band.nodes[m]] = solved[m];
  }
  // Where the band could not be as wide as asked for, the mesh is so fine that one cut is enough.
  return changed && band.nodes.size() < kMost;
}

/// What left a region goes to the ones beside it, nearest first.
void giveAway(const SurfaceGraph& graph, std::vector<std::uint8_t>& left,
              std::vector<std::uint32_t>& regions) {
  std::vector<std::uint32_t> front;
  for (std::uint32_t n = 0; n < regions.size(); ++n)
    if (!left[n] &&
        std::ranges::any_of(graph.linksOf(n), [&](const auto& l) { return left[l.to]; }))
      front.push_back(n);
  for (std::size_t head = 0; head < front.size(); ++head)
    for (const auto& l : graph.linksOf(front[head]))
      if (left[l.to]) {
        left[l.to] = 0;
        regions[l.to] = regions[front[head]];
        front.push_back(l.to);
      }
}

}  // namespace

void settleBorder(const SurfaceGraph& graph, const std::vector<float>& creases,
                  std::span<const std::uint32_t> in, std::span<const std::uint32_t> out,
                  std::vector<std::uint32_t>& set) {
  for (int round = 0; round < kRounds; ++round)
    if (!cutAnew(graph, creases, in, out, set)) return;
}

void settleRegions(const SurfaceGraph& graph, const std::vector<float>& creases,
                   std::vector<std::uint32_t>& regions, const Context& ctx) {
  std::vector<double> areas(1 + *std::ranges::max_element(regions), 0.);
  for (std::uint32_t n = 0; n < regions.size(); ++n) areas[regions[n]] += graph.areas[n];
  std::vector<std::uint32_t> order(areas.size());
  std::iota(order.begin(), order.end(), 0u);
  std::ranges::stable_sort(order, std::ranges::greater(),
                           [&](std::uint32_t r) { return areas[r]; });
  std::vector<std::uint32_t> set(regions.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    ctx.report(float(i) / float(order.size()));
    const std::uint32_t region = order[i];
    for (std::uint32_t n = 0; n < set.size(); ++n) set[n] = regions[n] == region;
    settleBorder(graph, creases, {}, {}, set);
    std::vector<std::uint8_t> left(set.size());
    std::vector<std::uint32_t> counts(order.size(), 0), next = regions;
    for (std::uint32_t n = 0; n < set.size(); ++n) {
      left[n] = !set[n] && regions[n] == region;
      if (set[n]) next[n] = region;
      if (!left[n]) ++counts[next[n]];
    }
    if (std::ranges::find(counts, 0u) != counts.end()) continue;
    regions = std::move(next);
    giveAway(graph, left, regions);
  }
}

}  // namespace maquette
