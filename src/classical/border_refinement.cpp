#include <algorithm>
#include <limits>
#include <map>
#include <queue>

#include "classical/border_band.h"
#include "classical/border_relaxation.h"
#include "classical/part_cut.h"

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
constexpr float kBand = 0.02f;     // of graph.size, about a patch: how far a border may move
constexpr float kIsland = 0.006f;  // of the area: a larger piece apart from its region stays

using Front = std::pair<float, std::uint32_t>;
using Queue = std::priority_queue<Front, std::vector<Front>, std::greater<>>;

/// Regrows a band on both sides of every border from its inner rims; creases are slow to cross, so
/// the sides meet there.
void snap(const SurfaceGraph& graph, const std::vector<float>& creases,
          const std::vector<std::uint32_t>& labels, std::vector<std::uint32_t>& patches,
          const Context& ctx) {
  constexpr float kCreaseCost = 20.f;
  const float reach = kBand * graph.size;
  const std::vector<float> depth = depthsOf(graph, labels, reach);
  std::vector<float> deepest(1 + *std::ranges::max_element(labels), 0.f);
  for (std::uint32_t f = 0; f < labels.size(); ++f)
    deepest[labels[f]] = std::max(deepest[labels[f]], std::min(depth[f], reach));
  std::vector<float> time(graph.count(), std::numeric_limits<float>::infinity());
  Queue queue;
  const auto isCore = [&](std::uint32_t f) {
    return depth[f] >= std::min(reach, 0.6f * deepest[labels[f]]);
  };
  std::size_t steps = 0;
  for (std::uint32_t f = 0; f < graph.count(); ++f)
    if (isCore(f)) {
      time[f] = 0.f;
      for (const auto& l : graph.linksOf(f))
        if (!isCore(l.to)) {
          queue.push({0.f, f});
          break;
        }
    }
  while (!queue.empty()) {
    const auto [t, f] = queue.top();
    queue.pop();
    if (t > time[f]) continue;
    if (++steps % 16384 == 0) ctx.check();
    for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
      const auto& l = graph.links[i];
      const float d = length(graph.centres[f] - graph.centres[l.to]);
      const float next = t + d + kCreaseCost * creases[i] * d;
      if (next >= time[l.to]) continue;
      time[l.to] = next;
      patches[l.to] = patches[f];
      queue.push({next, l.to});
    }
  }
}

/// Lets single nodes change sides where that shortens the border; creases count as short.
class Smoothing {
 public:
  Smoothing(const SurfaceGraph& graph, const std::vector<float>& creases,
            const std::vector<std::uint32_t>& regionOf, std::vector<std::uint32_t>& patches)
      : graph_(graph), creases_(creases), regionOf_(regionOf), patches_(patches) {
    counts_.assign(1 + *std::ranges::max_element(regionOf), 0);
    for (const std::uint32_t p : patches) ++counts_[regionOf[p]];
  }

  void run(const Context& ctx) {
    constexpr int kRounds = 8;
    for (int round = 0; round < kRounds; ++round) {
      ctx.check();
      std::size_t changes = 0;
      for (std::uint32_t f = 0; f < graph_.count(); ++f) changes += move(f);
      if (changes == 0) return;
    }
  }

 private:
  std::uint32_t region(std::uint32_t f) const { return regionOf_[patches_[f]]; }

  float pull(std::uint32_t f, std::uint32_t to) const {
    float sum = 0.f;
    for (std::uint32_t i = graph_.first[f]; i < graph_.first[f + 1]; ++i)
      if (region(graph_.links[i].to) == to)
        sum += graph_.links[i].length * (1.f - 0.9f * creases_[i]);
    return sum;
  }

  bool move(std::uint32_t f) {
    const std::uint32_t own = region(f);
    const auto links = graph_.linksOf(f);
    if (std::ranges::all_of(links, [&](const auto& l) { return region(l.to) == own; }))
      return false;
    if (counts_[own] == 1) return false;
    float most = pull(f, own) * 1.001f;
    std::uint32_t best = patches_[f];
    for (const auto& l : links)
      if (const float p = pull(f, region(l.to)); region(l.to) != own && p > most) {
        most = p;
        best = patches_[l.to];
      }
    if (best == patches_[f]) return false;
    --counts_[own];
    ++counts_[regionOf_[best]];
    patches_[f] = best;
    return true;
  }

  const SurfaceGraph& graph_;
  const std::vector<float>& creases_;
  const std::vector<std::uint32_t>& regionOf_;
  std::vector<std::uint32_t>& patches_;
  std::vector<std::uint32_t> counts_;
};

/// Gives pieces of a region that are small and apart from its largest piece to what surrounds them.
void dropIslands(const SurfaceGraph& graph, const std::vector<std::uint32_t>& labels,
                 std::vector<std::uint32_t>& patches) {
  std::vector<std::uint32_t> piece(labels.size(), kNone);
  struct Piece {
    std::vector<std::uint32_t> nodes;
    double area = 0.;
  };
  std::vector<Piece> pieces;
  for (std::uint32_t start = 0; start < labels.size(); ++start) {
    if (piece[start] != kNone) continue;
    const auto index = std::uint32_t(pieces.size());
    Piece made;
    made.nodes.push_back(start);
    piece[start] = index;
    for (std::size_t head = 0; head < made.nodes.size(); ++head) {
      const std::uint32_t f = made.nodes[head];
      made.area += graph.areas[f];
      for (const auto& l : graph.linksOf(f))
        if (piece[l.to] == kNone && labels[l.to] == labels[f]) {
          piece[l.to] = index;
          made.nodes.push_back(l.to);
        }
    }
    pieces.push_back(std::move(made));
  }
  std::vector<double> largest(1 + *std::ranges::max_element(labels), 0.);
  for (const Piece& p : pieces)
    largest[labels[p.nodes[0]]] = std::max(largest[labels[p.nodes[0]]], p.area);
  for (const Piece& p : pieces) {
    const std::uint32_t own = labels[p.nodes[0]];
    if (p.area >= largest[own] || p.area > kIsland * graph.area) continue;
    std::map<std::uint32_t, float> around;
    for (const std::uint32_t f : p.nodes)
      for (const auto& l : graph.linksOf(f))
        if (labels[l.to] != own) around[patches[l.to]] += l.length;
    if (around.empty()) continue;
    const auto to = std::ranges::max_element(around, [](const auto& l, const auto& r) {
                      return l.second < r.second;
                    })->first;
    for (const std::uint32_t f : p.nodes) patches[f] = to;
  }
}

}  // namespace

std::vector<std::uint32_t> refined(const SurfaceGraph& graph, const std::vector<float>& creases,
                                   std::vector<std::uint32_t> patches,
                                   const std::vector<std::uint32_t>& regionOf, const Context& ctx) {
  const auto labels = [&] {
    std::vector<std::uint32_t> all(patches.size());
    for (std::size_t f = 0; f < all.size(); ++f) all[f] = regionOf[patches[f]];
    return all;
  };
  // Where patches are single triangles, there is no better border between them.
  if (2 * regionOf.size() > patches.size()) return patches;
  snap(graph, creases, labels(), patches, ctx);
  ctx.report(0.4f);
  Smoothing(graph, creases, regionOf, patches).run(ctx);
  relaxBorders(graph, creases, regionOf, patches, ctx.part(0.6f, 0.9f));
  dropIslands(graph, labels(), patches);
  ctx.report(1.f);
  return patches;
}

}  // namespace maquette
