#include "classical/border_relaxation.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "classical/border_band.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr float kSpread = 0.01f;  // of graph.size: how far an indicator is diffused
constexpr float kStride = 0.8f;   // share of a node's content that is exchanged in one step
constexpr int kMostSteps = 60;
constexpr int kRounds = 2;
constexpr float kCreaseWall = 0.97f;  // share of the exchange that a full crease stops
constexpr std::size_t kGrain = 4096;

/// The few regions that a node near a border holds shares of.
struct Shares {
  static constexpr std::size_t kMost = 4;
  std::array<std::uint32_t, kMost> region{};
  std::array<float, kMost> weight{};  // 0 marks a free place

  void add(std::uint32_t r, float w) {
    std::size_t least = 0;
    for (std::size_t i = 0; i < kMost; ++i) {
      if (weight[i] == 0.f) {  // places are taken in order, so there is none behind it
        if (w > 0.f) {
          region[i] = r;
          weight[i] = w;
        }
        return;
      }
      if (region[i] == r) {
        weight[i] += w;
        return;
      }
      if (weight[i] < weight[least]) least = i;
    }
    if (w <= weight[least]) return;
    region[least] = r;
    weight[least] = w;
  }
  void add(const Shares& other, float factor) {
    for (std::size_t i = 0; i < kMost && other.weight[i] > 0.f; ++i)
      add(other.region[i], factor * other.weight[i]);
  }
  /// Ties go to the lower region, so that the order of neighbours does not matter.
  std::uint32_t most() const {
    std::size_t best = 0;
    for (std::size_t i = 1; i < kMost; ++i)
      if (weight[i] > weight[best] || (weight[i] == weight[best] && region[i] < region[best]))
        best = i;
    return region[best];
  }
};

int stepsFor(const SurfaceGraph& graph) {
  const float spread = kSpread * graph.size;
  // Centres of neighbours lie about 0.88 sqrt(area) apart; each step adds share * d^2 / 2.
  const auto typical = float(graph.area / graph.count());
  return std::clamp(int(2.f * spread * spread / (kStride * 0.77f * typical)), 2, kMostSteps);
}

/// What nodes of a band exchange with their neighbours in one step.
struct Flows {
  std::vector<std::uint32_t> first;  // band + 1, where a node's flows begin
  std::vector<float> flows;          // one per link
  std::vector<float> totals;         // one per node
};

Flows flowsOf(const SurfaceGraph& graph, const std::vector<float>& creases,
              const std::vector<std::uint32_t>& band) {
  Flows out{{0}, {}, std::vector<float>(band.size(), 0.f)};
  for (const std::uint32_t f : band)
    out.first.push_back(out.first.back() + graph.first[f + 1] - graph.first[f]);
  out.flows.resize(out.first.back());
  parallelFor(band.size(), kGrain, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::uint32_t f = band[i];
      for (std::uint32_t k = graph.first[f]; k < graph.first[f + 1]; ++k) {
        const auto& l = graph.links[k];
        const float d =
            std::max(length(graph.centres[f] - graph.centres[l.to]), 1e-6f * graph.size);
        const float flow = l.length / d * (1.f - kCreaseWall * creases[k]);
        out.flows[out.first[i] + k - graph.first[f]] = flow;
        out.totals[i] += flow;
      }
    }
  });
  return out;
}

/// @param band  nodes to diffuse over, ascending; the others keep their region
std::vector<Shares> diffused(const SurfaceGraph& graph, const std::vector<float>& creases,
                             const std::vector<std::uint32_t>& regions,
                             const std::vector<std::uint32_t>& band, int steps,
                             const Context& ctx) {
  const Flows exchange = flowsOf(graph, creases, band);
  std::vector<Shares> now(graph.count());
  for (std::uint32_t f = 0; f < graph.count(); ++f) now[f].add(regions[f], 1.f);
  std::vector<Shares> next(band.size());
  for (int step = 0; step < steps; ++step) {
    ctx.report(float(step) / float(steps));
    parallelFor(band.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        const std::uint32_t f = band[i];
        const float* flow = exchange.flows.data() + exchange.first[i];
        const float total = exchange.totals[i];
        Shares around;
        for (const auto& l : graph.linksOf(f)) around.add(now[l.to], *flow++);
        next[i] = {};
        next[i].add(now[f], total > 0.f ? 1.f - kStride : 1.f);
        if (total > 0.f) next[i].add(around, kStride / total);
      }
    });
    for (std::size_t i = 0; i < band.size(); ++i) now[band[i]] = next[i];
  }
  return now;
}

/// Gives nodes that changed sides a patch of a neighbour that is already there.
void takePatches(const SurfaceGraph& graph, const std::vector<std::uint32_t>& regionOf,
                 std::vector<std::uint32_t> changed, const std::vector<std::uint32_t>& wanted,
                 std::vector<std::uint32_t>& patches) {
  while (!changed.empty()) {
    std::vector<std::uint32_t> waiting;
    for (const std::uint32_t f : changed) {
      const auto links = graph.linksOf(f);
      const auto there = std::ranges::find_if(
          links, [&](const auto& l) { return regionOf[patches[l.to]] == wanted[f]; });
      if (there == links.end())
        waiting.push_back(f);
      else
        patches[f] = patches[there->to];
    }
    if (waiting.size() == changed.size()) return;  // cut off from its region: stays where it was
    changed = std::move(waiting);
  }
}

}  // namespace

void relaxBorders(const SurfaceGraph& graph, const std::vector<float>& creases,
                  const std::vector<std::uint32_t>& regionOf, std::vector<std::uint32_t>& patches,
                  const Context& ctx) {
  const int steps = stepsFor(graph);
  for (int round = 0; round < kRounds; ++round) {
    const Context slice = ctx.part(float(round) / kRounds, float(round + 1) / kRounds);
    std::vector<std::uint32_t> regions(patches.size());
    for (std::size_t f = 0; f < regions.size(); ++f) regions[f] = regionOf[patches[f]];
    const std::vector<float> depth = depthsOf(graph, regions, 2.f * kSpread * graph.size);
    std::vector<std::uint32_t> band;
    for (std::uint32_t f = 0; f < graph.count(); ++f)
      if (depth[f] < std::numeric_limits<float>::infinity()) band.push_back(f);
    const std::vector<Shares> shares = diffused(graph, creases, regions, band, steps, slice);
    std::vector<std::uint32_t> changed, wanted = regions;
    for (const std::uint32_t f : band) {
      wanted[f] = shares[f].most();
      if (wanted[f] != regions[f]) changed.push_back(f);
    }
    if (changed.empty()) return;
    takePatches(graph, regionOf, std::move(changed), wanted, patches);
  }
}

}  // namespace maquette
