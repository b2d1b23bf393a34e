#include "classical/concavity.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr float kReach = 0.008f;  // of graph.size: half the width of the strip
constexpr float kStride = 0.8f;   // share of a node's content that moves in one step
constexpr int kMinSteps = 5;
constexpr int kMaxSteps = 80;    // bounds the time on fine meshes; the strip is narrower there
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

Walk walkOn(const SurfaceGraph& graph, int steps, const Context& ctx) {
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
      const float share = std::min(kStride, 2.f * reach * reach / (float(steps) * d2));
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

int stepsFor(const SurfaceGraph& graph) {
  const float reach = reachOf(graph);
  const auto typical = float(graph.area / graph.count());
  return std::clamp(int(2.f * reach * reach / (kStride * 0.77f * typical)), kMinSteps, kMaxSteps);
}

}  // namespace

std::vector<float> creasesOf(const SurfaceGraph& graph, const Context& ctx) {
  const std::uint32_t n = graph.count();
  const int steps = stepsFor(graph);
  const Walk walk = walkOn(graph, steps, ctx.part(0.f, 0.1f));
  std::vector<Content> now(n), next(n);
  for (std::uint32_t f = 0; f < n; ++f) {
    now[f].area = graph.areas[f];
    for (const auto& l : graph.linksOf(f)) now[f].bend += 0.5f * l.bend * l.length;
  }
  for (int step = 0; step < steps; ++step) {
    ctx.report(0.1f + 0.9f * float(step) / float(steps));
    parallelFor(n, kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t f = begin; f < end; ++f) {
        Content sum{walk.stays[f] * now[f].bend, walk.stays[f] * now[f].area};
        for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
          const Inflow in = walk.inflows[i];
          sum.bend += in.share * now[in.from].bend;
          sum.area += in.share * now[in.from].area;
        }
        next[f] = sum;
      }
    });
    std::swap(now, next);
  }
  // A crease of angle t, spread with deviation s, peaks at t / (s sqrt(2 pi)).
  const auto typical = float(graph.area / graph.count());
  const float spreadBy =
      std::min(reachOf(graph), std::sqrt(0.5f * float(steps) * kStride * 0.77f * typical));
  const float width = spreadBy * std::sqrt(2.f * std::numbers::pi_v<float>);
  std::vector<float> creases(graph.links.size());
  parallelFor(n, kGrain, [&](std::size_t begin, std::size_t end) {
    for (auto f = std::uint32_t(begin); f < end; ++f)
      for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
        const auto& l = graph.links[i];
        const float smooth =
            0.5f * width * (now[f].bend / now[f].area + now[l.to].bend / now[l.to].area);
        // Between triangles much wider than the strip, the edge alone tells.
        const float side = std::sqrt(std::min(graph.areas[f], graph.areas[l.to]));
        const float large = std::clamp(side / width - 1.f, 0.f, 1.f);
        const float angle = std::max({0.f, smooth, l.bend * large});
        const float flat = std::exp(-(angle * angle) / (kStrong * kStrong));
        creases[i] = 1.f - flat * (1.f - paintSeam(graph, f, l.to));
      }
  });
  return creases;
}

}  // namespace maquette
