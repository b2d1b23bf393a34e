#include "classical/graph_session.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <set>
#include <utility>

#include "classical/click_cut.h"
#include "core/base/error.h"
#include "core/jobs/parallel.h"

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
        cut_(faces_, tree_, graph_.size),
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
    Memory now = recall(correctionsOf(prompts), ctx);
    const std::vector<Level>& levels = now.levels;
    std::size_t best = 0;
    for (std::size_t i = 1; i < levels.size(); ++i)
      if (levels[i].score >= levels[best].score) best = i;
    const std::vector<std::uint32_t> cutOff = cutOffNodes(wanted, unwanted, leaves);
    parallelFor(now.sets.size(), 1, [&](std::size_t begin, std::size_t end) {
      ctx.check();
      for (std::size_t i = begin; i < end; ++i) correct(now.sets[i], now);
    });
    now.done = now.edits.size();
    std::vector<std::vector<std::uint8_t>> sets = now.sets;
    // Each within the next, as seen from the preferred one.
    for (std::size_t i = best; i-- > 0;)
      for (std::size_t k = 0; k < faces_.count(); ++k) sets[i][k] &= sets[i + 1][k];
    for (std::size_t i = best + 1; i < sets.size(); ++i)
      for (std::size_t k = 0; k < faces_.count(); ++k) sets[i][k] |= sets[i - 1][k];
    Candidates out;
    for (std::size_t i = 0; i < sets.size(); ++i) {
      FaceMask mask = maskOf(sets[i], cutOff);
      if (i == 0 || mask != out.masks.back().faces)
        out.masks.push_back({std::move(mask), levels[i].score});
      else
        out.masks.back().score = std::max(out.masks.back().score, levels[i].score);
      if (i == best) out.preferred = out.masks.size() - 1;
    }
    last_ = std::move(now);
    return out;
  }

 private:
  /// A click that corrects what the ones before have given.
  struct Correction {
    std::uint32_t patch = 0;
    bool wanted = true;
    bool operator==(const Correction&) const = default;
  };
  struct Edit {
    Correction click;
    Distances distances;
    std::vector<float> other;  // K: how far the nearest click of the other kind before it is
  };

  /// What a query comes to, before its answers are fitted into each other.
  struct Memory {
    std::vector<Edit> edits;
    std::size_t done = 0;  // edits that the sets follow already
    std::vector<Level> levels;
    std::vector<std::vector<std::uint8_t>> sets;  // one per level
  };

  /// The clicks in order, one to a patch; the first wanted one comes first.
  std::vector<Correction> correctionsOf(const Prompts& prompts) const {
    std::vector<Correction> clicks;
    const auto add = [&](const Click& click) {
      const std::uint32_t patch = leafOf_[click.face];
      const auto there = std::ranges::find(clicks, patch, &Correction::patch);
      // A patch with clicks of both kinds is wanted; what of it is not is cut off later.
      if (there != clicks.end() && (there->wanted || !click.positive)) return;
      if (there != clicks.end()) clicks.erase(there);
      clicks.push_back({patch, click.positive});
    };
    const auto first = std::ranges::find(prompts.clicks, true, &Click::positive);
    add(*first);
    for (auto click = prompts.clicks.begin(); click != prompts.clicks.end(); ++click)
      if (click != first) add(*click);
    return clicks;
  }

  /// Where the last query left off, if these clicks go on from there: one more click needs no more
  /// than itself. Takes it away, so that a cancelled query leaves nothing half done.
  Memory recall(const std::vector<Correction>& clicks, const Context& ctx) {
    Memory now = std::exchange(last_, {});
    const auto same = [](const Edit& edit, const Correction& click) { return edit.click == click; };
    if (now.edits.empty() || now.edits.size() > clicks.size() ||
        !std::equal(now.edits.begin(), now.edits.end(), clicks.begin(), same)) {
      now = {};
      now.levels = thinned(levelsAbove({clicks.front().patch}));
      for (const Level& level : now.levels) now.sets.push_back(patchesOf(level));
    }
    for (std::size_t i = now.edits.size(); i < clicks.size(); ++i) {
      ctx.check();
      now.edits.push_back(editAfter(now.edits, clicks[i]));
    }
    return now;
  }

  Edit editAfter(const std::vector<Edit>& edits, Correction click) const {
    Edit edit{click, cut_.from(click.patch),
              std::vector<float>(faces_.count(), std::numeric_limits<float>::infinity())};
    for (const Edit& before : edits)
      if (before.click.wanted != click.wanted)
        for (std::uint32_t k = 0; k < faces_.count(); ++k)
          edit.other[k] = std::min(edit.other[k], before.distances.apart[k]);
    return edit;
  }

  /// One click after the other, but for those that are done. What is taken away may leave crumbs,
  /// which go too.
  void correct(std::vector<std::uint8_t>& set, const Memory& now) const {
    std::vector<std::uint32_t> wanted;
    for (std::size_t e = 0; e < now.edits.size(); ++e) {
      const auto& [click, distances, other] = now.edits[e];
      if (e >= now.done && bool(set[click.patch]) != click.wanted) {
        cut_.flip(click.patch, distances, other, set);
        if (!click.wanted) cut_.keepPiecesOf(wanted, set);
      }
      if (click.wanted) wanted.push_back(click.patch);
    }
  }

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

  std::vector<std::uint8_t> patchesOf(const Level& level) const {
    std::vector<std::uint8_t> in(tree_.leaves(), 0);
    for (const std::uint32_t n : level.regions)
      for (std::uint32_t i = tree_.nodes[n].begin; i < tree_.nodes[n].end; ++i)
        in[tree_.order[i]] = 1;
    return in;
  }

  FaceMask maskOf(const std::vector<std::uint8_t>& in,
                  const std::vector<std::uint32_t>& cutOff) const {
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
  ClickCut cut_;
  Memory last_;
  std::vector<std::uint32_t> leafOf_;  // F: triangle of the original mesh -> patch
};

}  // namespace

std::unique_ptr<SegmentSession> makeGraphSession(SurfaceFeatures features) {
  return std::make_unique<GraphSession>(std::move(features));
}

}  // namespace maquette
