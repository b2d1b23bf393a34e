#include "classical/concavity.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numbers>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr float kReach = 0.008f;  // of graph.size: half the width of the strip
constexpr float kStride = 0.8f;   // share of a node's content that moves in one step
constexpr int kMaxSteps = 120;    // bounds the time on fine meshes; the strip is narrower there
constexpr std::size_t kGrain = 16384;

/// An amount per node, spread by a random walk; a density is the quotient of two amounts.
struct Spread {
  std::vector<float> bend;  // radians x mm
  std::vector<float> area;  // mm^2
};

float distance(const SurfaceGraph& graph, std::uint32_t f, std::uint32_t g) {
  return std::max(length(graph.centres[f] - graph.centres[g]), 1e-6f * graph.size);
}

/// For each link f -> g, the share of g's content that arrives at f in one step, and in `stays`
/// the share that a node keeps.
std::vector<float> sharesOf(const SurfaceGraph& graph, int steps, std::vector<float>& stays) {
  const float reach = kReach * graph.size;
  const std::uint32_t n = graph.count();
  std::vector<float> weights(n, 0.f), leaves(n, 0.f);
  stays.assign(n, 1.f);
  for (std::uint32_t f = 0; f < n; ++f) {
    float travelled = 0.f;
    for (const auto& l : graph.linksOf(f)) {
      const float d = distance(graph, f, l.to);
      weights[f] += l.length / d;
      travelled += l.length * d;
    }
    if (weights[f] <= 0.f) continue;
    // The variance per axis after `steps` steps is steps * share * d^2 / 2.
    const float d2 = travelled / weights[f];
    leaves[f] = std::min(kStride, 2.f * reach * reach / (float(steps) * std::max(d2, 1e-20f)));
    stays[f] = 1.f - leaves[f];
  }
  std::vector<float> shares(graph.links.size());
  for (std::uint32_t f = 0; f < n; ++f)
    for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
      const auto& l = graph.links[i];
      shares[i] = leaves[l.to] * l.length / distance(graph, f, l.to) / weights[l.to];
    }
  return shares;
}

int stepsFor(const SurfaceGraph& graph) {
  const float reach = kReach * graph.size;
  const auto typical = float(graph.area / graph.count());
  return std::clamp(int(2.f * reach * reach / (kStride * 0.77f * typical)), 2, kMaxSteps);
}

}  // namespace

std::vector<float> creasesOf(const SurfaceGraph& graph, const Context& ctx) {
  const std::uint32_t n = graph.count();
  const int steps = stepsFor(graph);
  std::vector<float> stays;
  const std::vector<float> shares = sharesOf(graph, steps, stays);
  Spread now{std::vector<float>(n, 0.f), graph.areas};
  for (std::uint32_t f = 0; f < n; ++f)
    for (const auto& l : graph.linksOf(f)) now.bend[f] += 0.5f * l.bend * l.length;
  Spread next = now;
  for (int step = 0; step < steps; ++step) {
    ctx.report(float(step) / float(steps));
    parallelFor(n, kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t f = begin; f < end; ++f) {
        float b = stays[f] * now.bend[f], a = stays[f] * now.area[f];
        for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
          b += shares[i] * now.bend[graph.links[i].to];
          a += shares[i] * now.area[graph.links[i].to];
        }
        next.bend[f] = b;
        next.area[f] = a;
      }
    });
    std::swap(now, next);
  }
  // A crease of angle t, spread with deviation s, peaks at t / (s sqrt(2 pi)).
  const auto typical = float(graph.area / graph.count());
  const float spreadBy =
      std::min(kReach * graph.size, std::sqrt(0.5f * float(steps) * kStride * 0.77f * typical));
  const float width = spreadBy * std::sqrt(2.f * std::numbers::pi_v<float>);
  std::vector<float> creases(graph.links.size());
  parallelFor(n, kGrain, [&](std::size_t begin, std::size_t end) {
    for (auto f = std::uint32_t(begin); f < end; ++f)
      for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
        const auto& l = graph.links[i];
        const float smooth =
            0.5f * width * (now.bend[f] / now.area[f] + now.bend[l.to] / now.area[l.to]);
        // Between triangles wider than the strip, the edge alone tells.
        const float large = std::min(1.f, distance(graph, f, l.to) / (2.f * width));
        const float angle = std::max({0.f, smooth, l.bend * large});
        creases[i] = 1.f - std::exp(-(angle * angle) / (0.35f * 0.35f));
      }
  });
  return creases;
}

}  // namespace maquette
