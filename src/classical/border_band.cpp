#include "classical/border_band.h"

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

namespace maquette {

BorderBand bandAround(const SurfaceGraph& graph, const std::vector<std::uint32_t>& labels,
                      float reach, std::size_t most) {
  using Front = std::pair<float, std::uint32_t>;
  std::vector<float> depth(graph.count(), reach);
  std::vector<Front> rim;
  for (std::uint32_t n = 0; n < graph.count(); ++n)
    if (std::ranges::any_of(graph.linksOf(n),
                            [&](const auto& l) { return labels[l.to] != labels[n]; })) {
      depth[n] = 0.f;
      rim.push_back({0.f, n});
    }
  std::priority_queue<Front, std::vector<Front>, std::greater<>> queue({}, std::move(rim));
  BorderBand band{{}, {}, reach};
  while (!queue.empty() && band.nodes.size() < most) {
    const auto [d, n] = queue.top();
    queue.pop();
    if (d > depth[n]) continue;
    band.nodes.push_back(n);
    band.depths.push_back(d);
    for (const auto& l : graph.linksOf(n)) {
      const float next = d + length(graph.centres[n] - graph.centres[l.to]);
      if (next >= depth[l.to]) continue;
      depth[l.to] = next;
      queue.push({next, l.to});
    }
  }
  // Where the rim alone is more than asked for, the band has no width; its depths are all 0.
  if (!queue.empty() && queue.top().first > 0.f) band.reach = queue.top().first;
  return band;
}

std::vector<float> depthsOf(const SurfaceGraph& graph, const std::vector<std::uint32_t>& labels,
                            float reach) {
  std::vector<float> depths(graph.count(), std::numeric_limits<float>::infinity());
  const BorderBand band = bandAround(graph, labels, reach);
  for (std::size_t i = 0; i < band.nodes.size(); ++i) depths[band.nodes[i]] = band.depths[i];
  return depths;
}

}  // namespace maquette
