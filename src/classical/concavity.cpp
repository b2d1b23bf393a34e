#include "classical/concavity.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr float kReach = 0.008f;  // of graph.size: half the width of the strip
constexpr float kStride = 0.8f;   // share of a node's content that moves in one step
constexpr float kMinSteps = 5.f;
constexpr float kMaxSteps = 2000.f;  // bounds the time on fine meshes; the strip is narrower there
// Strips this many times as wide are looked at too, for fillets, and count this much.
constexpr std::array kScales{1.f, 2.f};
constexpr std::array kTrust{1.f, 0.8f};
constexpr float kStrong = 0.5f;  // radians: bends well above count as sharp, well below as none
constexpr std::size_t kGrain = 16384;
constexpr float kColourShare = 0.35f;  // how much a change of paint alone makes a seam
constexpr float kColourStep = 0.15f;   // between triangles, of the cube's side: a clear change

/// mm. On coarse meshes more than a triangle, or single bevels and slivers would show as creases.
float reachOf(const SurfaceGraph& graph) {
  return std::max(kReach * graph.size, 1.5f * float(std::sqrt(graph.area / graph.count())));
}

/// What a node holds and a random walk spreads; the quotient of the two is a density.
struct Content {
  float bend = 0.f;  // radians x mm
  float area = 0.f;  // mm^2
};

/// The share of a neighbour's content that arrives here in one step.
struct Inflow {
  std::uint32_t from = 0;
  float share = 0.f;
};

float distance(const SurfaceGraph& graph, std::uint32_t f, std::uint32_t g) {
  return std::max(length(graph.centres[f] - graph.centres[g]), 1e-6f * graph.size);
}

struct Walk {
  std::vector<Inflow> inflows;  // one per link
  std::vector<float> stays;     // per node, the share it keeps
};

Walk walkOn(const SurfaceGraph& graph, float steps, const Context& ctx) {
  const float reach = reachOf(graph);
  const std::uint32_t n = graph.count();
  std::vector<float> leaves(n, 0.f);  // per unit of weight
  Walk walk;
  walk.stays.assign(n, 1.f);
  parallelFor(n, kGrain, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (auto f = std::uint32_t(begin); f < end; ++f) {
      float weight = 0.f, travelled = 0.f;
      for (const auto& l : graph.linksOf(f)) {
        const float d = distance(graph, f, l.to);
        weight += l.length / d;
        travelled += l.length * d;
      }
      if (weight <= 0.f) continue;
      // The variance per axis after `steps` steps is steps * share * d^2 / 2.
      const float d2 = std::max(travelled / weight, 1e-20f);
      const float share = std::min(kStride, 2.f * reach * reach / (steps * d2));
      leaves[f] = share / weight;
      walk.stays[f] = 1.f - share;
    }
  });
  walk.inflows.resize(graph.links.size());
  parallelFor(n, kGrain, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (auto f = std::uint32_t(begin); f < end; ++f)
      for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
        const auto& l = graph.links[i];
        walk.inflows[i] = {l.to, leaves[l.to] * l.length / distance(graph, f, l.to)};
      }
  });
  return walk;
}

/// A change of paint hints at a seam: a robot's arm is not the colour of its body.
float paintSeam(const SurfaceGraph& graph, std::uint32_t f, std::uint32_t g) {
  if (graph.colours.empty()) return 0.f;
  const float change = lengthSquared(graph.colours[f] - graph.colours[g]);
  return kColourShare * (1.f - std::exp(-change / (kColourStep * kColourStep)));
}

/// Steps of the walk that spread by `reach` where triangles are of typical size.
float stepsFor(const SurfaceGraph& graph, float reach) {
  const auto typical = float(graph.area / graph.count());
  return std::clamp(2.f * reach * reach / (kStride * 0.77f * typical), kMinSteps, kMaxSteps);
}

/// Signed bends spread over each of several widths, as densities (radians per mm), at once.
///
/// A walk of k steps is a power of the step matrix, and that is nearly a sum of sqrt(k) Chebyshev
/// polynomials of it with weights like a bell curve (Sachdeva and Vishnoi, "Approximation theory
/// and the design of fast algorithms", 2013), which all widths share.
std::vector<std::vector<float>> spread(const SurfaceGraph& graph, const std::vector<float>& steps,
                                       const Context& ctx) {
  const std::uint32_t n = graph.count();
  const Walk walk = walkOn(graph, steps.front(), ctx.part(0.f, 0.1f));
  constexpr float kEnd = 2.8f;  // deviations of the bell curve that are worth a step
  const int last = int(std::ceil(kEnd * std::sqrt(steps.back())));
  std::vector<Content> before(n), now(n);
  std::vector<std::vector<Content>> sums(steps.size());
  for (std::uint32_t f = 0; f < n; ++f) {
    now[f].area = graph.areas[f];
    for (const auto& l : graph.linksOf(f)) now[f].bend += 0.5f * l.bend * l.length;
  }
  for (auto& sum : sums) sum = now;
  for (int j = 1; j <= last; ++j) {
    ctx.report(0.1f + 0.9f * float(j) / float(last));
    std::vector<float> weights;
    for (const float k : steps) {
      const float w = 2.f * std::exp(-float(j * j) / (2.f * k));
      weights.push_back(float(j) <= std::ceil(kEnd * std::sqrt(k)) ? w : 0.f);
    }
    // T(j + 1) = 2 P T(j) - T(j - 1), into the place of T(j - 1).
    const float twice = j == 1 ? 1.f : 2.f, minus = j == 1 ? 0.f : 1.f;
    parallelFor(n, kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t f = begin; f < end; ++f) {
        Content sum{walk.stays[f] * now[f].bend, walk.stays[f] * now[f].area};
        for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
          const Inflow in = walk.inflows[i];
          sum.bend += in.share * now[in.from].bend;
          sum.area += in.share * now[in.from].area;
        }
        before[f] = {twice * sum.bend - minus * before[f].bend,
                     twice * sum.area - minus * before[f].area};
        for (std::size_t s = 0; s < sums.size(); ++s) {
          if (weights[s] == 0.f) continue;
          sums[s][f].bend += weights[s] * before[f].bend;
          sums[s][f].area += weights[s] * before[f].area;
        }
      }
    });
    std::swap(before, now);
  }
  std::vector<std::vector<float>> densities(steps.size(), std::vector<float>(n));
  for (std::size_t s = 0; s < sums.size(); ++s)
    for (std::uint32_t f = 0; f < n; ++f) densities[s][f] = sums[s][f].bend / sums[s][f].area;
  return densities;
}

}  // namespace

std::vector<float> creasesOf(const SurfaceGraph& graph, const Context& ctx) {
  const std::uint32_t n = graph.count();
  const float reach = reachOf(graph);
  std::vector<float> steps, widths;
  for (const float scale : kScales) {
    steps.push_back(stepsFor(graph, scale * reach));
    // A crease of angle t, spread with deviation s, peaks at t / (s sqrt(2 pi)).
    const auto typical = float(graph.area / graph.count());
    const float deviation =
        std::min(scale * reach, std::sqrt(0.5f * steps.back() * kStride * 0.77f * typical));
    widths.push_back(deviation * std::sqrt(2.f * std::numbers::pi_v<float>));
  }
  const std::vector<std::vector<float>> densities = spread(graph, steps, ctx);
  std::vector<float> creases(graph.links.size());
  parallelFor(n, kGrain, [&](std::size_t begin, std::size_t end) {
    for (auto f = std::uint32_t(begin); f < end; ++f)
      for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
        const auto& l = graph.links[i];
        // Between triangles much wider than the strip, the edge alone tells.
        const float side = std::sqrt(std::min(graph.areas[f], graph.areas[l.to]));
        const float large = std::clamp(side / widths[0] - 1.f, 0.f, 1.f);
        float angle = std::max(0.f, l.bend * large);
        for (std::size_t s = 0; s < densities.size(); ++s)
          angle = std::max(angle,
                           kTrust[s] * 0.5f * widths[s] * (densities[s][f] + densities[s][l.to]));
        const float flat = std::exp(-(angle * angle) / (kStrong * kStrong));
        creases[i] = 1.f - flat * (1.f - paintSeam(graph, f, l.to));
      }
  });
  return creases;
}

}  // namespace maquette
