#include "classical/border_fit.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <queue>
#include <unordered_map>
#include <utility>

#include "classical/height_field.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

// In units of the set's size, the square root of its area (or of the rest's, if that is less).
constexpr float kApart = 0.06f;       // from one place where surfaces are fitted to the next
constexpr float kAround = 0.4f;       // as far as a place's samples reach
constexpr float kFewestAround = 6.f;  // triangles
constexpr std::size_t kMostAround = 1500, kMostInAll = 20'000;  // triangles
constexpr float kPlain = 0.5f;   // of the band's reach: nearer to the border is no sample
constexpr float kClear = 0.16f;  // of the band's reach: the difference of distances that is sure

/// One place on the border, with the surfaces on both sides carried on to it.
struct Place {
  Vec3 at;
  HeightField outside, inside;

  /// [-1, 1]
  double lean(Vec3 p, double clear) const {
    const double nearer = std::abs(outside.distance(p)) - std::abs(inside.distance(p));
    return std::clamp(nearer / clear, -1., 1.);
  }
};

struct Reached {
  std::uint32_t node;
  float distance;
};

/// What lies around a node, nearest first.
std::vector<Reached> around(const SurfaceGraph& graph, std::uint32_t from, float reach,
                            std::size_t most) {
  using Front = std::pair<float, std::uint32_t>;
  std::priority_queue<Front, std::vector<Front>, std::greater<>> queue;
  std::unordered_map<std::uint32_t, float> nearest{{from, 0.f}};
  std::vector<Reached> out;
  queue.push({0.f, from});
  while (!queue.empty() && out.size() < most) {
    const auto [d, n] = queue.top();
    queue.pop();
    if (d > nearest[n]) continue;
    out.push_back({n, d});
    for (const auto& l : graph.linksOf(n)) {
      const float next = d + length(graph.centres[n] - graph.centres[l.to]);
      if (next > reach) continue;
      const auto [there, isNew] = nearest.try_emplace(l.to, next);
      if (!isNew && there->second <= next) continue;
      there->second = next;
      queue.push({next, l.to});
    }
  }
  return out;
}

/// Some of the nodes, each the one farthest from those before it, until all are near one. The same
/// ones wherever the object stands, which the order of the nodes is not.
std::vector<std::uint32_t> spacedOut(const SurfaceGraph& graph,
                                     const std::vector<std::uint32_t>& nodes, float apart) {
  Vec3 centre{};
  for (const std::uint32_t n : nodes) centre += graph.centres[n] / float(nodes.size());
  std::vector<float> away(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) away[i] = length(graph.centres[nodes[i]] - centre);
  std::vector<std::uint32_t> out;
  while (!nodes.empty()) {
    const auto farthest = std::ranges::max_element(away);
    if (!out.empty() && *farthest < apart) break;
    out.push_back(nodes[std::size_t(farthest - away.begin())]);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const float d = length(graph.centres[nodes[i]] - graph.centres[out.back()]);
      away[i] = out.size() == 1 ? d : std::min(away[i], d);
    }
  }
  return out;
}

}  // namespace

std::vector<float> leaningsOf(const SurfaceGraph& graph, const std::vector<std::uint32_t>& set,
                              float size, const BorderBand& band) {
  const auto typical = float(std::sqrt(graph.area / graph.count()));
  const float apart = std::max(kApart * size, typical);
  const float reach = std::max(kAround * size, kFewestAround * typical);
  const float plain = std::max(kPlain * band.reach, typical);
  std::vector<std::uint32_t> rim;
  std::unordered_map<std::uint32_t, float> depths;
  for (std::size_t m = 0; m < band.nodes.size(); ++m) {
    depths[band.nodes[m]] = band.depths[m];
    if (band.depths[m] == 0.f && set[band.nodes[m]]) rim.push_back(band.nodes[m]);
  }
  const std::vector<std::uint32_t> starts = spacedOut(graph, rim, apart);

  const std::size_t most =
      std::min(kMostAround, 1 + kMostInAll / std::max<std::size_t>(1, starts.size()));
  std::vector<std::optional<Place>> places(starts.size());
  parallelFor(starts.size(), 4, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::vector<Reached> all = around(graph, starts[i], reach, most);
      std::array<SurfaceSample, 2> sides;
      for (const auto& [n, distance] : all) {
        if (const auto found = depths.find(n); found != depths.end() && found->second < plain)
          continue;
        const double r = distance / (1.01 * all.back().distance);
        sides[set[n]].nodes.push_back(n);
        sides[set[n]].weights.push_back(graph.areas[n] * (1. - r * r));
      }
      const auto outside = HeightField::fittedTo(graph, std::move(sides[0]));
      const auto inside = HeightField::fittedTo(graph, std::move(sides[1]));
      if (outside && inside) places[i] = Place{graph.centres[starts[i]], *outside, *inside};
    }
  });

  std::vector<float> out(band.nodes.size(), 0.f);
  const double wide = 2. * apart + band.reach, clear = kClear * band.reach;
  for (std::size_t m = 0; m < out.size(); ++m) {
    const Vec3 at = graph.centres[band.nodes[m]];
    double sum = 0., weight = 0.;
    for (const std::optional<Place>& place : places) {
      if (!place) continue;
      const double near = 1. - lengthSquared(place->at - at) / (wide * wide);
      if (near <= 0.) continue;
      const double w = std::pow(near, 8);  // the nearest decide
      sum += w * place->lean(at, clear);
      weight += w;
    }
    if (weight > 0.) out[m] = float(sum / weight);
  }
  return out;
}

}  // namespace maquette
