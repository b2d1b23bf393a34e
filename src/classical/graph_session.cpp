#include "classical/graph_session.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <set>

#include "core/base/error.h"

namespace maquette {
namespace {

constexpr std::size_t kMostCandidates = 8;
constexpr float kNoticeable = 1.25f;  // ratio of areas between candidates
constexpr float kStandsOut = 0.035f;  // the height given to the whole, which no join ends

/// One step up from the clicked patches: the regions that then hold them.
struct Level {
  std::vector<std::uint32_t> regions;  // tree nodes, disjoint
  float area = 0.f;
  float score = 0.f;  // [0, 1]
};

class GraphSession : public SegmentSession {
 public:
  explicit GraphSession(SurfaceFeatures features)
      : graph_(std::move(features.graph)),
        faces_(std::move(features.faces)),
        tree_(std::move(features.tree)),
        leafOf_(graph_.nodeOf.size()) {
    for (std::size_t f = 0; f < leafOf_.size(); ++f) leafOf_[f] = faces_.of[graph_.nodeOf[f]];
  }

  Candidates query(const Prompts& prompts, const Context& ctx) override {
    std::set<std::uint32_t> wanted, unwanted;  // nodes of the graph
    for (const Click& click : prompts.clicks) {
      if (click.face >= leafOf_.size())
        throw InvalidInput("A click lies on another mesh. Click again.");
      (click.positive ? wanted : unwanted).insert(graph_.nodeOf[click.face]);
    }
    if (wanted.empty()) throw InvalidInput("Click the part first, then what to leave out.");
    std::set<std::uint32_t> leaves;
    for (const std::uint32_t n : wanted) leaves.insert(faces_.of[n]);
    const std::vector<Level> levels = thinned(levelsAbove(leaves));
    ctx.check();
    const std::vector<std::uint8_t> removed = removedLeaves(leaves, unwanted);
    const std::vector<std::uint32_t> cutOff = cutOffNodes(wanted, unwanted, leaves);
    Candidates out;
    for (const Level& level : levels) {
      ctx.check();
      out.masks.push_back({maskOf(level, removed, cutOff), level.score});
    }
    for (std::size_t i = 1; i < levels.size(); ++i)
      if (levels[i].score >= levels[out.preferred].score) out.preferred = i;
    return out;
  }

 private:
  using Node = MergeTree::Node;

  /// All unions of regions on the way up, from the clicked patches to their shells.
  std::vector<Level> levelsAbove(const std::set<std::uint32_t>& leaves) const {
    std::set<std::uint32_t> current(leaves.begin(), leaves.end());
    std::vector<Level> levels;
    while (true) {
      std::uint32_t next = MergeTree::kNone;
      for (const std::uint32_t n : current) next = std::min(next, tree_.nodes[n].parent);
      const bool top =
          next == MergeTree::kNone || tree_.nodes[next].height >= MergeTree::kShellHeight;
      levels.push_back(levelOf(current, top ? kStandsOut : tree_.nodes[next].height));
      if (top) return levels;
      current.erase(tree_.nodes[next].left);
      current.erase(tree_.nodes[next].right);
      current.insert(next);
    }
  }

  /// A level is good where much has to be paid to join more to it, little was paid inside it, and
  /// its border runs along creases.
  Level levelOf(const std::set<std::uint32_t>& regions, float next) const {
    Level level;
    level.regions.assign(regions.begin(), regions.end());
    float inside = 0.f, border = 0.f, crease = 0.f;
    for (const std::uint32_t n : level.regions) {
      const Node& node = tree_.nodes[n];
      level.area += node.area;
      inside = std::max(inside, node.height);
      border += node.perimeter;
      crease += node.crease;
    }
    constexpr float kSoft = 0.005f;
    const float life = std::clamp(1.f - (inside + kSoft) / (next + kSoft), 0.f, 1.f);
    // What is left of the border of a whole shell is rounding.
    const bool bordered = border > 1e-3f * std::sqrt(level.area);
    const float share = bordered ? std::clamp(crease / border, 0.f, 1.f) : 0.5f;
    level.score = life * std::sqrt(share);
    return level;
  }

  /// The best levels that differ noticeably in size; the last (the whole shell) always stays.
  std::vector<Level> thinned(std::vector<Level> all) const {
    std::vector<std::size_t> byScore(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) byScore[i] = i;
    std::ranges::stable_sort(
        byScore, [&](std::size_t l, std::size_t r) { return all[l].score > all[r].score; });
    std::vector<std::size_t> kept{all.size() - 1};
    for (const std::size_t i : byScore) {
      if (kept.size() >= kMostCandidates) break;
      if (std::ranges::all_of(kept, [&](std::size_t k) {
            return all[i].area * kNoticeable <= all[k].area ||
                   all[k].area * kNoticeable <= all[i].area;
          }))
        kept.push_back(i);
    }
    std::ranges::sort(kept);
    std::vector<Level> out;
    for (const std::size_t i : kept) out.push_back(std::move(all[i]));
    return out;
  }

  /// Of the regions around an unwanted click, the largest that looks like a thing of its own; where
  /// none does (the click corrects a border), a small one.
  std::uint32_t bestToRemove(const std::vector<std::uint32_t>& chain) const {
    constexpr float kThing = 0.25f, kAlike = 0.6f, kSmall = 0.005f;
    std::vector<float> scores;
    for (const std::uint32_t n : chain) {
      const std::uint32_t up = tree_.nodes[n].parent;
      const float next = up == MergeTree::kNone ? MergeTree::kShellHeight : tree_.nodes[up].height;
      scores.push_back(levelOf({n}, next).score);
    }
    const float best = *std::ranges::max_element(scores);
    for (std::size_t i = chain.size(); i-- > 0;)
      if (best >= kThing ? scores[i] >= kAlike * best
                         : tree_.nodes[chain[i]].area <= kSmall * tree_.nodes[tree_.root()].area)
        return chain[i];
    return chain.front();
  }

  /// Flags the patches of one region around each unwanted click, that holds no wanted one. Which
  /// region depends on this click and the wanted ones alone, not on the candidate or on other
  /// unwanted clicks, so one more of them can only take away.
  std::vector<std::uint8_t> removedLeaves(const std::set<std::uint32_t>& leaves,
                                          const std::set<std::uint32_t>& unwanted) const {
    std::vector<std::uint8_t> removed(tree_.leaves(), 0);
    const auto holdsWanted = [&](std::uint32_t node) {
      return std::ranges::any_of(leaves,
                                 [&](std::uint32_t leaf) { return tree_.contains(node, leaf); });
    };
    for (const std::uint32_t n : unwanted) {
      std::uint32_t node = faces_.of[n];
      if (holdsWanted(node)) continue;
      for (std::uint32_t up = tree_.nodes[node].parent; up != MergeTree::kNone && !holdsWanted(up);
           up = tree_.nodes[up].parent)
        node = up;
      for (std::uint32_t i = tree_.nodes[node].begin; i < tree_.nodes[node].end; ++i)
        removed[tree_.order[i]] = 1;
    }
    return removed;
  }

  /// Where wanted and unwanted clicks share a patch: its nodes that lie nearer to an unwanted one.
  std::vector<std::uint32_t> cutOffNodes(const std::set<std::uint32_t>& wanted,
                                         const std::set<std::uint32_t>& unwanted,
                                         const std::set<std::uint32_t>& leaves) const {
    struct Front {
      float distance;
      bool unwanted;  // a tie goes to the wanted click
      std::uint32_t node;
      auto operator<=>(const Front&) const = default;
    };
    std::priority_queue<Front, std::vector<Front>, std::greater<>> queue;
    std::set<std::uint32_t> shared;
    for (const std::uint32_t n : unwanted)
      if (leaves.contains(faces_.of[n])) {
        shared.insert(faces_.of[n]);
        if (!wanted.contains(n)) queue.push({0.f, true, n});
      }
    if (queue.empty()) return {};
    for (const std::uint32_t n : wanted)
      if (shared.contains(faces_.of[n])) queue.push({0.f, false, n});
    std::set<std::uint32_t> seen;
    std::vector<std::uint32_t> out;
    while (!queue.empty()) {
      const Front front = queue.top();
      queue.pop();
      if (!seen.insert(front.node).second) continue;
      if (front.unwanted) out.push_back(front.node);
      for (const auto& l : graph_.linksOf(front.node))
        if (faces_.of[l.to] == faces_.of[front.node] && !seen.contains(l.to))
          queue.push({front.distance + length(graph_.centres[l.to] - graph_.centres[front.node]),
                      front.unwanted, l.to});
    }
    std::ranges::sort(out);
    return out;
  }

  FaceMask maskOf(const Level& level, const std::vector<std::uint8_t>& removed,
                  const std::vector<std::uint32_t>& cutOff) const {
    std::vector<std::uint8_t> in(tree_.leaves(), 0);
    for (const std::uint32_t n : level.regions)
      for (std::uint32_t i = tree_.nodes[n].begin; i < tree_.nodes[n].end; ++i)
        in[tree_.order[i]] = !removed[tree_.order[i]];
    FaceMask mask(leafOf_.size());
    for (std::size_t f = 0; f < mask.size(); ++f) mask[f] = in[leafOf_[f]];
    if (!cutOff.empty())
      for (std::size_t f = 0; f < mask.size(); ++f)
        if (mask[f] && std::ranges::binary_search(cutOff, graph_.nodeOf[f])) mask[f] = 0;
    return mask;
  }

  SurfaceGraph graph_;
  Superfaces faces_;
  MergeTree tree_;
  std::vector<std::uint32_t> leafOf_;  // F: triangle of the original mesh -> patch
};

}  // namespace

std::unique_ptr<SegmentSession> makeGraphSession(SurfaceFeatures features) {
  return std::make_unique<GraphSession>(std::move(features));
}

}  // namespace maquette
