#include "classical/graph_session.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <queue>
#include <set>
#include <utility>

#include "classical/border_cut.h"
#include "classical/click_cut.h"
#include "core/base/error.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr std::size_t kMostCandidates = 8;
constexpr float kNoticeable = 1.25f;  // ratio of areas between candidates
constexpr float kStandsOut = 0.035f;  // the height given to the whole, which no join ends
constexpr float kOffCentre = 0.1f;    // what a click at the very rim of a region counts
constexpr std::size_t kGrain = 32768;
constexpr float kFar = std::numeric_limits<float>::infinity();

using Flags = std::vector<std::uint8_t>;

/// One size of what a click may mean: a region that holds the clicked patch.
struct Level {
  std::uint32_t node = 0;  // of the tree
  float score = 0.f;       // [0, 1]
};

class GraphSession : public SegmentSession {
 public:
  explicit GraphSession(SurfaceFeatures features)
      : graph_(std::move(features.graph)),
        creases_(std::move(features.creases)),
        faces_(std::move(features.faces)),
        fits_(std::move(features.fits)),
        sight_(std::move(features.sight)),
        tree_(std::move(features.tree)),
        patches_(faces_, graph_.size),
        split_(faces_, tree_, fits_, sight_),
        cut_(faces_, tree_, patches_, split_),
        leafOf_(graph_.nodeOf.size()) {
    for (std::size_t f = 0; f < leafOf_.size(); ++f) leafOf_[f] = faces_.of[graph_.nodeOf[f]];
  }

  Candidates query(const Prompts& prompts, const Context& ctx) override {
    for (const Click& click : prompts.clicks)
      if (click.face >= leafOf_.size())
        throw InvalidInput("A click lies on another mesh. Click again.");
    if (std::ranges::none_of(prompts.clicks, &Click::positive))
      throw InvalidInput("Click the part first, then what to leave out.");
    const std::vector<Pick> picks = picksOf(prompts);
    Memory now = recall(picks);
    for (std::size_t i = now.picks.size(); i < picks.size(); ++i) {
      ctx.check();
      follow(picks[i], now, ctx);
    }
    Candidates out = candidatesOf(now);
    last_ = std::move(now);
    return out;
  }

 private:
  struct Pick {
    std::uint32_t node = 0, patch = 0;
    bool wanted = true;
    bool operator==(const Pick&) const = default;
  };

  /// What a query comes to, before its answers are fitted into each other.
  struct Memory {
    std::vector<Pick> picks;
    std::vector<float> toWanted, toUnwanted;  // K: Distances::apart from the nearest pick
    std::vector<Level> levels;
    std::vector<Flags> sizes, sets;     // K, one per level: as the tree has it, and corrected
    std::size_t best = 0;               // the preferred level
    std::vector<std::uint32_t> shown;   // N: its set, with its border settled
    std::vector<std::uint32_t> cutOff;  // nodes, ascending: see cutOffNodes
  };

  /// The clicks in order, one to a triangle; the first wanted one comes first.
  std::vector<Pick> picksOf(const Prompts& prompts) const {
    std::vector<Pick> picks;
    const auto add = [&](const Click& click) {
      const std::uint32_t node = graph_.nodeOf[click.face];
      const auto there = std::ranges::find(picks, node, &Pick::node);
      if (there != picks.end() && (there->wanted || !click.positive)) return;
      if (there != picks.end()) picks.erase(there);
      picks.push_back({node, faces_.of[node], click.positive});
    };
    const auto first = std::ranges::find(prompts.clicks, true, &Click::positive);
    add(*first);
    for (auto click = prompts.clicks.begin(); click != prompts.clicks.end(); ++click)
      if (click != first) add(*click);
    return picks;
  }

  /// Where the last query left off, if these picks go on from there: one more needs no more than
  /// itself. Takes it away, so that a cancelled query leaves nothing half done.
  Memory recall(const std::vector<Pick>& picks) {
    Memory now = std::exchange(last_, {});
    if (!now.picks.empty() && now.picks.size() <= picks.size() &&
        std::equal(now.picks.begin(), now.picks.end(), picks.begin()))
      return now;
    now = {};
    now.toWanted = now.toUnwanted = std::vector<float>(faces_.count(), kFar);
    now.levels = thinned(levelsAbove(picks.front().patch));
    for (const Level& level : now.levels) now.sizes.push_back(patchesOf(level));
    now.sets = now.sizes;
    for (std::size_t i = 1; i < now.levels.size(); ++i)
      if (now.levels[i].score >= now.levels[now.best].score) now.best = i;
    return now;
  }

  /// One more pick: every set that contradicts it is corrected.
  void follow(const Pick& pick, Memory& now, const Context& ctx) const {
    std::vector<std::uint32_t> wanted, kept;
    for (const Pick& p : now.picks) {
      if (p.wanted) wanted.push_back(p.patch);
      if (p.wanted != pick.wanted) kept.push_back(p.patch);
    }
    const Distances distances = cut_.from(pick.patch);
    const auto& other = pick.wanted ? now.toUnwanted : now.toWanted;
    // A patch with picks of both kinds is wanted; what of it is not is cut off later.
    const bool shared = !pick.wanted && std::ranges::find(kept, pick.patch) != kept.end();
    parallelFor(now.sets.size(), 1, [&](std::size_t begin, std::size_t end) {
      ctx.check();
      for (std::size_t i = begin; i < end; ++i) {
        Flags& set = now.sets[i];
        if (shared || bool(set[pick.patch]) == pick.wanted) continue;
        if (i != now.best || !cut_.flipRegion(pick.patch, kept, now.sizes, set))
          cut_.flip(pick.patch, distances, other, set);
        // What is taken away may leave crumbs, which go too.
        if (!pick.wanted) set = patches_.piecesOf(wanted, set);
      }
    });
    auto& nearest = pick.wanted ? now.toWanted : now.toUnwanted;
    for (std::uint32_t k = 0; k < faces_.count(); ++k)
      nearest[k] = std::min(nearest[k], distances.apart[k]);
    now.picks.push_back(pick);
    settle(now);
  }

  /// Draws the border of the preferred set anew, on triangles.
  void settle(Memory& now) const {
    now.cutOff = cutOffNodes(now.picks);
    std::vector<std::uint32_t> in, out = now.cutOff;
    Flags picked(faces_.count(), 0);
    for (const Pick& pick : now.picks) {
      picked[pick.patch] = 1;
      (pick.wanted ? in : out).push_back(pick.node);
    }
    const Flags& set = now.sets[now.best];
    std::vector<std::uint32_t> shown(graph_.count());
    for (std::uint32_t n = 0; n < shown.size(); ++n) shown[n] = set[faces_.of[n]];
    for (const std::uint32_t n : out) shown[n] = 0;
    for (std::uint32_t n = 0; n < shown.size(); ++n)
      if (picked[faces_.of[n]]) (shown[n] ? in : out).push_back(n);
    settleBorder(graph_, creases_, in, out, shown);
    if (!now.picks.back().wanted)  // never enlarges
      for (std::uint32_t n = 0; n < shown.size(); ++n) shown[n] &= now.shown[n];
    now.shown = std::move(shown);
  }

  /// Each within the next.
  Candidates candidatesOf(const Memory& now) const {
    constexpr std::uint8_t kNever = kMostCandidates;
    const std::size_t count = now.sets.size();
    std::vector<std::uint8_t> first(faces_.count(), kNever);  // the set that a patch comes with
    for (std::size_t i = count; i-- > now.best;)
      for (std::size_t k = 0; k < first.size(); ++k)
        if (now.sets[i][k]) first[k] = std::uint8_t(i);
    for (std::size_t i = now.best; i-- > 0;)
      for (std::size_t k = 0; k < first.size(); ++k)
        if (now.sets[i][k] && first[k] == i + 1) first[k] = std::uint8_t(i);
    // The preferred one is settled, so what is smaller stays within it and what is larger around.
    const auto best = std::uint8_t(now.best), after = std::uint8_t(now.best + 1);
    std::vector<std::uint8_t> firstOf(leafOf_.size());
    parallelFor(firstOf.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      for (std::size_t f = begin; f < end; ++f) {
        const std::uint8_t patch = first[leafOf_[f]];
        firstOf[f] = now.shown[graph_.nodeOf[f]] ? std::min(patch, best) : std::max(patch, after);
      }
    });
    if (!now.cutOff.empty())
      for (std::size_t f = 0; f < firstOf.size(); ++f)
        if (std::ranges::binary_search(now.cutOff, graph_.nodeOf[f])) firstOf[f] = kNever;
    Candidates answer;
    for (std::size_t i = 0; i < count; ++i) {
      FaceMask mask(firstOf.size());
      parallelFor(mask.size(), kGrain, [&](std::size_t begin, std::size_t end) {
        for (std::size_t f = begin; f < end; ++f) mask[f] = firstOf[f] <= i;
      });
      const float score = now.levels[i].score;
      if (i == 0 || mask != answer.masks.back().faces)
        answer.masks.push_back({std::move(mask), score});
      else
        answer.masks.back().score = std::max(answer.masks.back().score, score);
      if (i == now.best) answer.preferred = answer.masks.size() - 1;
    }
    return answer;
  }

  float areaOf(const Level& level) const { return tree_.nodes[level.node].area; }

  /// All regions on the way up, from the clicked patch to its shell.
  std::vector<Level> levelsAbove(std::uint32_t patch) const {
    std::vector<Level> levels;
    float most = 0.f;
    for (std::uint32_t node = patch;; node = tree_.nodes[node].parent) {
      const std::uint32_t next = tree_.nodes[node].parent;
      const bool top =
          next == MergeTree::kNone || tree_.nodes[next].height >= MergeTree::kShellHeight;
      levels.push_back({node, scoreOf(node, top ? kStandsOut : tree_.nodes[next].height)});
      most = std::max(most, levels.back().score);
      if (top) break;
    }
    // And good where the click is about its middle. What cannot become the best by that is not
    // looked at.
    for (Level& level : levels) {
      const float centred =
          level.score < kOffCentre * most ? 0.f : patches_.centredness(patch, patchesOf(level));
      level.score *= kOffCentre + (1.f - kOffCentre) * centred;
    }
    return levels;
  }

  /// A region is good where much has to be paid to join more to it, little was paid inside it, its
  /// border runs along creases, and it is not all there is.
  ///
  /// @param next  the height of the join that ends it
  float scoreOf(std::uint32_t index, float next) const {
    constexpr float kSoft = 0.005f;
    const MergeTree::Node& node = tree_.nodes[index];
    const float life = std::clamp(1.f - (node.height + kSoft) / (next + kSoft), 0.f, 1.f);
    // What is left of the border of a whole shell is rounding.
    const bool bordered = node.perimeter > 1e-3f * std::sqrt(node.area);
    const float share = bordered ? std::clamp(node.crease / node.perimeter, 0.f, 1.f) : 0.5f;
    return life * std::cbrt(share) *
           std::max(0.f, 1.f - node.area / tree_.nodes[tree_.root()].area);
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
            return areaOf(all[i]) * kNoticeable <= areaOf(all[k]) ||
                   areaOf(all[k]) * kNoticeable <= areaOf(all[i]);
          }))
        kept.push_back(i);
    }
    std::ranges::sort(kept);
    std::vector<Level> out;
    for (const std::size_t i : kept) out.push_back(std::move(all[i]));
    return out;
  }

  /// Where wanted and unwanted clicks share a patch: its nodes that lie nearer to an unwanted one.
  std::vector<std::uint32_t> cutOffNodes(const std::vector<Pick>& picks) const {
    std::set<std::uint32_t> wanted, unwanted, leaves;
    for (const Pick& pick : picks) {
      (pick.wanted ? wanted : unwanted).insert(pick.node);
      if (pick.wanted) leaves.insert(pick.patch);
    }
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

  Flags patchesOf(const Level& level) const {
    Flags in(tree_.leaves(), 0);
    const MergeTree::Node& node = tree_.nodes[level.node];
    for (std::uint32_t i = node.begin; i < node.end; ++i) in[tree_.order[i]] = 1;
    return in;
  }

  SurfaceGraph graph_;
  std::vector<float> creases_;  // one per link
  Superfaces faces_;
  std::vector<NormalFit> fits_;
  Sight sight_;
  MergeTree tree_;
  PatchGraph patches_;
  ClickSplit split_;
  ClickCut cut_;
  Memory last_;
  std::vector<std::uint32_t> leafOf_;  // F: triangle of the original mesh -> patch
};

}  // namespace

std::unique_ptr<SegmentSession> makeGraphSession(SurfaceFeatures features) {
  return std::make_unique<GraphSession>(std::move(features));
}

}  // namespace maquette
