#include "classical/part_cut.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <queue>
#include <tuple>

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
constexpr float kTiny = 0.003f;       // of the area: below, a region is no part of its own
constexpr int kMostByItself = 12;     // parts when nobody says how many; shells may add to it
constexpr float kStandsOut = 0.035f;  // the least height of a join that separates parts
constexpr float kJump = 0.4f;         // a join this much lower than the one before ends the list

struct Cut {
  std::vector<std::uint32_t> regions;  // nodes
  std::vector<std::uint32_t> orphans;  // nodes too small to count
  std::vector<float> heights;          // of the joins undone, in order
};

/// Undoes joins from the highest down until there are `parts` regions.
Cut undo(const MergeTree& tree, std::size_t parts, float tiny) {
  Cut cut;
  std::priority_queue<std::pair<float, std::uint32_t>> open;
  open.push({tree.nodes[tree.root()].height, tree.root()});
  while (open.size() + cut.regions.size() < parts && !open.empty()) {
    const auto [height, index] = open.top();
    open.pop();
    const MergeTree::Node& node = tree.nodes[index];
    if (node.leaf()) {
      cut.regions.push_back(index);
      continue;
    }
    auto [small, large] = std::pair{node.left, node.right};
    if (tree.nodes[small].area > tree.nodes[large].area) std::swap(small, large);
    open.push({tree.nodes[large].height, large});
    if (tree.nodes[small].area < tiny) {
      cut.orphans.push_back(small);
    } else {
      open.push({tree.nodes[small].height, small});
      cut.heights.push_back(height);
    }
  }
  for (; !open.empty(); open.pop()) cut.regions.push_back(open.top().second);
  return cut;
}

std::size_t countByItself(const MergeTree& tree, float tiny) {
  const Cut cut = undo(tree, 200, tiny);
  std::size_t count = 1;
  float last = 0.f;
  std::size_t within = 0;
  for (const float height : cut.heights) {
    if (height >= MergeTree::kShellHeight) {
      ++count;
      continue;
    }
    if (height < kStandsOut || (last > 0.f && height < kJump * last) || within + 1 >= kMostByItself)
      break;
    last = height;
    ++within;
    ++count;
  }
  return count;
}

/// Orphans join the region they touch most, or where they touch none, the nearest.
void adoptOrphans(const Superfaces& faces, std::vector<std::uint32_t>& region) {
  while (std::ranges::find(region, kNone) != region.end()) {
    std::map<std::uint32_t, std::map<std::uint32_t, float>> touching;  // orphan, region, length
    for (const auto& e : faces.borders)
      for (const auto& [one, other] : {std::pair{e.a, e.b}, std::pair{e.b, e.a}})
        if (region[one] == kNone && region[other] != kNone)
          touching[one][region[other]] += e.length - 0.9f * e.crease;
    for (const auto& [one, lengths] : touching)
      region[one] = std::ranges::max_element(lengths, [](const auto& l, const auto& r) {
                      return l.second < r.second;
                    })->first;
    if (!touching.empty()) continue;
    const auto lost = std::uint32_t(std::ranges::find(region, kNone) - region.begin());
    float nearest = std::numeric_limits<float>::infinity();
    std::uint32_t found = 0;
    for (std::uint32_t i = 0; i < region.size(); ++i) {
      const float d = lengthSquared(faces.centres[i] - faces.centres[lost]);
      if (region[i] == kNone || d >= nearest) continue;
      nearest = d;
      found = region[i];
    }
    region[lost] = found;
  }
}

using Front = std::pair<float, std::uint32_t>;
using Queue = std::priority_queue<Front, std::vector<Front>, std::greater<>>;

/// How far each node lies from the nearest border between labels, up to `reach`.
std::vector<float> depthsOf(const SurfaceGraph& graph, const std::vector<std::uint32_t>& labels,
                            float reach) {
  std::vector<float> depth(graph.count(), std::numeric_limits<float>::infinity());
  Queue queue;
  for (std::uint32_t f = 0; f < graph.count(); ++f)
    for (const auto& l : graph.linksOf(f))
      if (labels[l.to] != labels[f] && depth[f] > 0.f) {
        depth[f] = 0.f;
        queue.push({0.f, f});
      }
  while (!queue.empty()) {
    const auto [d, f] = queue.top();
    queue.pop();
    if (d > depth[f]) continue;
    for (const auto& l : graph.linksOf(f)) {
      const float next = d + length(graph.centres[f] - graph.centres[l.to]);
      if (next >= depth[l.to] || next > reach) continue;
      depth[l.to] = next;
      queue.push({next, l.to});
    }
  }
  return depth;
}

/// Regrows a band on both sides of every border from its inner rims; creases are slow to cross, so
/// the sides meet there.
void snap(const SurfaceGraph& graph, const std::vector<float>& creases,
          std::vector<std::uint32_t>& labels, float reach) {
  constexpr float kCreaseCost = 20.f;
  const std::vector<float> depth = depthsOf(graph, labels, reach);
  std::vector<float> deepest(1 + *std::ranges::max_element(labels), 0.f);
  for (std::uint32_t f = 0; f < labels.size(); ++f)
    deepest[labels[f]] = std::max(deepest[labels[f]], std::min(depth[f], reach));
  std::vector<float> time(graph.count(), std::numeric_limits<float>::infinity());
  Queue queue;
  const auto isCore = [&](std::uint32_t f) {
    return depth[f] >= std::min(reach, 0.6f * deepest[labels[f]]);
  };
  std::vector<std::uint32_t> grown(labels.size(), kNone);
  for (std::uint32_t f = 0; f < graph.count(); ++f)
    if (isCore(f)) {
      time[f] = 0.f;
      grown[f] = labels[f];
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
    for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i) {
      const auto& l = graph.links[i];
      const float d = length(graph.centres[f] - graph.centres[l.to]);
      const float next = t + d + kCreaseCost * creases[i] * d;
      if (next >= time[l.to]) continue;
      time[l.to] = next;
      grown[l.to] = grown[f];
      queue.push({next, l.to});
    }
  }
  for (std::uint32_t f = 0; f < labels.size(); ++f)
    if (grown[f] != kNone) labels[f] = grown[f];
}

/// Lets single nodes change sides where that shortens the border; creases count as short.
void smooth(const SurfaceGraph& graph, const std::vector<float>& creases,
            std::vector<std::uint32_t>& labels) {
  constexpr int kRounds = 8;
  std::vector<std::uint32_t> counts(1 + *std::ranges::max_element(labels), 0);
  for (const std::uint32_t l : labels) ++counts[l];
  for (int round = 0; round < kRounds; ++round) {
    std::size_t changes = 0;
    for (std::uint32_t f = 0; f < graph.count(); ++f) {
      std::uint32_t best = labels[f];
      float most = 0.f;
      const auto pull = [&](std::uint32_t label) {
        float sum = 0.f;
        for (std::uint32_t i = graph.first[f]; i < graph.first[f + 1]; ++i)
          if (labels[graph.links[i].to] == label)
            sum += graph.links[i].length * (1.f - 0.9f * creases[i]);
        return sum;
      };
      bool border = false;
      for (const auto& l : graph.linksOf(f)) border |= labels[l.to] != labels[f];
      if (!border || counts[labels[f]] == 1) continue;
      most = pull(labels[f]) * 1.001f;
      for (const auto& l : graph.linksOf(f))
        if (const float p = pull(labels[l.to]); p > most) {
          most = p;
          best = labels[l.to];
        }
      if (best == labels[f]) continue;
      --counts[labels[f]];
      ++counts[best];
      labels[f] = best;
      ++changes;
    }
    if (changes == 0) break;
  }
}

/// Gives pieces of a label that are small and apart from its largest piece to what surrounds them.
void dropIslands(const SurfaceGraph& graph, std::vector<std::uint32_t>& labels) {
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
    if (p.area >= largest[own] || p.area > 2. * kTiny * graph.area) continue;
    std::map<std::uint32_t, float> around;
    for (const std::uint32_t f : p.nodes)
      for (const auto& l : graph.linksOf(f))
        if (labels[l.to] != own) around[labels[l.to]] += l.length;
    if (around.empty()) continue;
    const auto to = std::ranges::max_element(around, [](const auto& l, const auto& r) {
                      return l.second < r.second;
                    })->first;
    for (const std::uint32_t f : p.nodes) labels[f] = to;
  }
}

}  // namespace

std::vector<std::uint32_t> cutInto(const MergeTree& tree, const Superfaces& faces, int parts) {
  float tiny = kTiny * tree.nodes[tree.root()].area;
  const std::size_t wanted = parts > 0 ? std::size_t(parts) : countByItself(tree, tiny);
  Cut cut = undo(tree, wanted, tiny);
  for (int i = 0; i < 4 && cut.regions.size() < wanted; ++i) {
    tiny = i < 3 ? tiny / 8.f : 0.f;
    cut = undo(tree, wanted, tiny);
  }
  std::vector<std::uint32_t> region(faces.count(), kNone);
  std::uint32_t next = 0;
  for (const std::uint32_t node : cut.regions) {
    for (std::uint32_t i = tree.nodes[node].begin; i < tree.nodes[node].end; ++i)
      region[tree.order[i]] = next;
    ++next;
  }
  adoptOrphans(faces, region);
  return region;
}

std::vector<std::uint32_t> refined(const SurfaceGraph& graph, const std::vector<float>& creases,
                                   std::vector<std::uint32_t> labels, const Context& ctx) {
  constexpr float kBand = 0.02f;  // of graph.size, about a superface
  snap(graph, creases, labels, kBand * graph.size);
  ctx.report(0.4f);
  smooth(graph, creases, labels);
  ctx.report(0.7f);
  dropIslands(graph, labels);
  ctx.report(1.f);
  return labels;
}

}  // namespace maquette
