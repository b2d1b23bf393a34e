#include "classical/border_cut.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "classical/border_band.h"
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

}  // namespace

void settleBorder(const SurfaceGraph& graph, const std::vector<float>& creases,
                  std::span<const std::uint32_t> in, std::span<const std::uint32_t> out,
                  std::vector<std::uint32_t>& set) {
  const float reach = bandOf(graph, set);
  const BorderBand band = bandAround(graph, set, reach, kMost);
  std::vector<std::uint32_t> at(set.size(), kNone);
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) at[band.nodes[m]] = m;
  MinCut cut(std::uint32_t(band.nodes.size()));
  for (std::uint32_t m = 0; m < band.nodes.size(); ++m) {
    const std::uint32_t n = band.nodes[m];
    const float d = band.depths[m] / band.reach;
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
