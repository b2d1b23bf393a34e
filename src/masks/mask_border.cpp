#include "masks/mask_border.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <queue>
#include <utility>

#include "surface/min_cut.h"

namespace maquette {
namespace {

constexpr float kReach = 4.f;          // mean distances of samples
constexpr float kLeastReach = 2.5f;    // mean triangles
constexpr float kFullCrease = 0.8f;    // radians inwards: an edge like the foot of a wall
constexpr float kConvex = 0.5f;        // what an edge outwards counts against one inwards
constexpr float kAlongCrease = 0.05f;  // what a border costs on a full crease; elsewhere 1 more
constexpr float kStays = 0.7f;         // how much the rims of the band hold what lies beside them
constexpr float kOverBend = 12.f;      // how much longer a way over a full crease is
constexpr double kUnit = 1e6;          // costs are whole numbers
constexpr std::int64_t kCertain = 1'000'000'000'000;
constexpr std::size_t kMost = 8000;  // nodes in the band
constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

float creaseOf(const SurfaceGraph::Link& link) {
  const float bend = link.bend > 0.f ? link.bend : -kConvex * link.bend;
  return std::min(1.f, bend / kFullCrease);
}

struct Front {
  float distance;
  std::uint32_t node;
  auto operator<=>(const Front&) const = default;
};
using Queue = std::priority_queue<Front, std::vector<Front>, std::greater<>>;

/// The nodes around a border, and where the border lies among them.
class Band {
 public:
  /// @param nodes  of the graph
  explicit Band(const SurfaceGraph& graph) : graph_(graph), at_(graph.count(), kNone) {}

  /// Nodes nearest to the border first, until they are too far or too many.
  ///
  /// @param starts  nodes beside the border
  /// @param member  whether a node may be of the band at all
  template <class Member>
  void fill(std::span<const std::uint32_t> starts, float reach, const Member& member) {
    clear();
    Queue queue;
    for (const std::uint32_t n : starts) queue.push({0.f, n});
    reach_ = reach;
    while (!queue.empty()) {
      const Front front = queue.top();
      queue.pop();
      if (at_[front.node] != kNone) continue;
      if (front.distance > 0.f && (front.distance > reach || nodes_.size() >= kMost)) {
        reach_ = std::min(reach, std::max(front.distance, 1e-12f));
        break;
      }
      at_[front.node] = std::uint32_t(nodes_.size());
      nodes_.push_back(front.node);
      depths_.push_back(front.distance);
      for (const auto& l : graph_.linksOf(front.node))
        if (at_[l.to] == kNone && member(l.to))
          queue.push(
              {front.distance + length(graph_.centres[l.to] - graph_.centres[front.node]), l.to});
    }
  }

  /// The cheapest border; rims hold on to what lies beside them.
  ///
  /// @param inside  whether a node is on the inner side now
  /// @param fix     called with the cut, for what else is certain
  /// @return        flags for nodes(), 1 inside
  template <class Member, class Inside, class Fix>
  std::vector<std::uint8_t> cut(const Member& member, const Inside& inside, const Fix& fix) const {
    MinCut cut(std::uint32_t(nodes_.size()));
    for (std::uint32_t m = 0; m < nodes_.size(); ++m) {
      const std::uint32_t n = nodes_[m];
      const float d = std::min(1.f, depths_[m] / reach_);
      const double stays = kStays * d * d * graph_.areas[n] / (reach_ * graph_.size);
      cut.addBias(m, std::int64_t(kUnit * (inside(n) ? stays : -stays)));
      for (const auto& l : graph_.linksOf(n)) {
        if (at_[l.to] != kNone) {
          if (l.to > n)
            cut.addEdge(
                m, at_[l.to],
                std::int64_t(kUnit * l.length / graph_.size * (1.f - creaseOf(l) + kAlongCrease)));
        } else if (member(l.to)) {
          cut.addBias(m, inside(l.to) ? kCertain : -kCertain);
        }
      }
    }
    fix(cut);
    return cut.solve();
  }

  const std::vector<std::uint32_t>& nodes() const { return nodes_; }
  float depth(std::size_t m) const { return depths_[m]; }
  std::uint32_t at(std::uint32_t node) const { return at_[node]; }  ///< or kNone

 private:
  void clear() {
    for (const std::uint32_t n : nodes_) at_[n] = kNone;
    nodes_.clear();
    depths_.clear();
  }

  const SurfaceGraph& graph_;
  std::vector<std::uint32_t> at_;
  std::vector<std::uint32_t> nodes_;
  std::vector<float> depths_;  // mm from the border
  float reach_ = 0.f;
};

using LabelPair = std::pair<std::int32_t, std::int32_t>;  // ascending

/// The nodes beside the border of every pair of labels that touch.
std::map<LabelPair, std::vector<std::uint32_t>> bordersOf(const SurfaceGraph& graph,
                                                          const std::vector<std::int32_t>& labels) {
  std::map<LabelPair, std::vector<std::uint32_t>> borders;
  for (std::uint32_t n = 0; n < graph.count(); ++n)
    for (const auto& l : graph.linksOf(n)) {
      if (labels[l.to] == labels[n]) continue;
      auto& nodes = borders[std::minmax(labels[l.to], labels[n])];
      if (nodes.empty() || nodes.back() != n) nodes.push_back(n);
    }
  return borders;
}

/// Up to which depth each of two labels may be changed; where it goes on beyond the band, anywhere.
std::array<float, 2> freeDepths(const SurfaceGraph& graph, const Band& band,
                                const std::vector<std::int32_t>& labels, LabelPair pair) {
  std::array<float, 2> deepest{0.f, 0.f};
  std::array<bool, 2> beyond{false, false};
  for (std::size_t m = 0; m < band.nodes().size(); ++m) {
    const std::uint32_t n = band.nodes()[m];
    const std::size_t side = labels[n] == pair.first ? 0 : 1;
    deepest[side] = std::max(deepest[side], band.depth(m));
    for (const auto& l : graph.linksOf(n))
      if (labels[l.to] == labels[n] && band.at(l.to) == kNone) beyond[side] = true;
  }
  for (std::size_t side = 0; side < 2; ++side)
    deepest[side] = beyond[side] ? std::numeric_limits<float>::infinity() : deepest[side] / 2.f;
  return deepest;
}

}  // namespace

float reachOf(const ClickParams& params) {
  return !params.snap ? 0.f : params.snapMm > 0.f ? params.snapMm : kUsualReach;
}

float usualReach(const SurfaceGraph& graph, std::size_t samples) {
  return graph.size * std::max(kReach / std::sqrt(float(std::max<std::size_t>(1, samples))),
                               kLeastReach / std::sqrt(float(graph.count())));
}

void settleMask(const SurfaceGraph& graph, std::span<const std::uint32_t> in,
                std::span<const std::uint32_t> out, float reach, NodeFlags& set) {
  for (const std::uint32_t n : out) set[n] = 0;
  for (const std::uint32_t n : in) set[n] = 1;
  std::vector<std::uint32_t> starts;
  for (std::uint32_t n = 0; n < set.size(); ++n)
    if (std::ranges::any_of(graph.linksOf(n), [&](const auto& l) { return set[l.to] != set[n]; }))
      starts.push_back(n);
  const auto anywhere = [](std::uint32_t) { return true; };
  Band band(graph);
  band.fill(starts, reach, anywhere);
  const std::vector<std::uint8_t> solved = band.cut(
      anywhere, [&](std::uint32_t n) { return set[n] != 0; },
      [&](MinCut& cut) {
        for (const std::uint32_t n : out)
          if (band.at(n) != kNone) cut.addBias(band.at(n), -2 * kCertain);
        for (const std::uint32_t n : in)
          if (band.at(n) != kNone) cut.addBias(band.at(n), 2 * kCertain);
      });
  for (std::uint32_t m = 0; m < band.nodes().size(); ++m) set[band.nodes()[m]] = solved[m];
  for (const std::uint32_t n : out) set[n] = 0;
  for (const std::uint32_t n : in) set[n] = 1;
}

void settleLabels(const SurfaceGraph& graph, float reach, std::vector<std::int32_t>& labels,
                  const Context& ctx) {
  Band band(graph);
  for (auto& [pair, starts] : bordersOf(graph, labels)) {
    ctx.check();
    const auto member = [&, two = pair](std::uint32_t n) {
      return labels[n] == two.first || labels[n] == two.second;
    };
    // Earlier pairs may have taken some.
    std::erase_if(starts, [&](std::uint32_t n) { return !member(n); });
    band.fill(starts, reach, member);
    const auto inside = [&, first = pair.first](std::uint32_t n) { return labels[n] == first; };
    const std::array<float, 2> free = freeDepths(graph, band, labels, pair);
    const std::vector<std::uint8_t> solved = band.cut(member, inside, [&](MinCut& cut) {
      for (std::uint32_t m = 0; m < band.nodes().size(); ++m) {
        const bool first = inside(band.nodes()[m]);
        if (band.depth(m) >= free[first ? 0 : 1]) cut.addBias(m, first ? kCertain : -kCertain);
      }
    });
    for (std::uint32_t m = 0; m < band.nodes().size(); ++m)
      labels[band.nodes()[m]] = solved[m] ? pair.first : pair.second;
  }
}

void cutBetween(const SurfaceGraph& graph, std::span<const std::uint32_t> in, std::uint32_t out,
                NodeFlags& set) {
  std::vector<std::uint8_t> owner(set.size(), 0);  // 1: in, 2: out
  struct Claim {
    float distance;
    std::uint8_t owner;  // a tie goes to the wanted one
    std::uint32_t node;
    auto operator<=>(const Claim&) const = default;
  };
  std::priority_queue<Claim, std::vector<Claim>, std::greater<>> queue;
  for (const std::uint32_t n : in) queue.push({0.f, 1, n});
  queue.push({0.f, 2, out});
  while (!queue.empty()) {
    const Claim claim = queue.top();
    queue.pop();
    if (owner[claim.node]) continue;
    owner[claim.node] = claim.owner;
    for (const auto& l : graph.linksOf(claim.node))
      if (set[l.to] && !owner[l.to])
        queue.push({claim.distance + length(graph.centres[l.to] - graph.centres[claim.node]) *
                                         (1.f + kOverBend * creaseOf(l)),
                    claim.owner, l.to});
  }
  for (std::uint32_t n = 0; n < set.size(); ++n)
    if (owner[n] == 2) set[n] = 0;
}

}  // namespace maquette
