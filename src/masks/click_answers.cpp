#include "masks/click_answers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "core/base/error.h"
#include "masks/unconnected.h"

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
constexpr double kSamePart = 0.5;  // IoU from which two ways to leave a click out mean the same
constexpr std::size_t kMostAsked = 64;

/// 3 numbers for each face.
std::vector<double> middlesOf(const Surface& surface, std::span<const std::uint32_t> faces) {
  std::vector<double> middles;
  middles.reserve(3 * faces.size());
  for (const std::uint32_t f : faces)
    for (std::size_t axis = 0; axis < 3; ++axis) {
      double sum = 0.;
      for (const std::uint32_t v : surface.faces[f]) sum += surface.vertices[v][axis] / 3.;
      middles.push_back(sum);
    }
  return middles;
}

/// Cleaned face -> the nearest one that has samples, over shared edges, lowest numbers first; where
/// a shell has none, the one whose middle is nearest to it.
std::vector<std::uint32_t> speakersOf(const MaskedSurface& surface,
                                      std::span<const std::uint32_t> faces, const Context& ctx) {
  const std::vector<Triangle>& all = surface.surface.faces;
  std::vector<std::uint32_t> speaker(all.size(), kNone), front;
  for (const std::uint32_t f : faces) speaker[f] = f;
  for (std::uint32_t f = 0; f < all.size(); ++f)
    if (speaker[f] == f) front.push_back(f);
  const std::size_t sampled = front.size();
  for (std::size_t head = 0; head < front.size(); ++head)
    for (const std::uint32_t next : surface.links.of(front[head]))
      if (speaker[next] == kNone) {
        speaker[next] = speaker[front[head]];
        front.push_back(next);
      }
  if (std::ranges::find(speaker, kNone) == speaker.end()) return speaker;
  // Shells without a sample, each as its first face.
  std::vector<std::uint32_t> shellOf(all.size(), kNone), first;
  for (std::uint32_t f = 0; f < all.size(); ++f) {
    if (speaker[f] != kNone || shellOf[f] != kNone) continue;
    const auto shell = std::uint32_t(first.size());
    first.push_back(f);
    shellOf[f] = shell;
    std::vector<std::uint32_t> shellFaces{f};
    for (std::size_t head = 0; head < shellFaces.size(); ++head)
      for (const std::uint32_t next : surface.links.of(shellFaces[head]))
        if (std::exchange(shellOf[next], shell) != shell) shellFaces.push_back(next);
  }
  front.resize(sampled);
  const std::vector<std::uint32_t> nearest =
      nearestSamples(middlesOf(surface.surface, first), middlesOf(surface.surface, front),
                     std::vector<std::int32_t>(sampled, 0), ctx);
  for (std::uint32_t f = 0; f < all.size(); ++f)
    if (shellOf[f] != kNone) speaker[f] = front[nearest[shellOf[f]]];
  return speaker;
}

double overlap(const NodeFlags& a, const NodeFlags& b, const std::vector<float>& areas) {
  double both = 0., either = 0.;
  for (std::size_t n = 0; n < a.size(); ++n) {
    both += a[n] && b[n] ? areas[n] : 0.f;
    either += a[n] || b[n] ? areas[n] : 0.f;
  }
  return either > 0. ? both / either : 0.;
}

void keepWithin(NodeFlags& set, const NodeFlags& limit) {
  for (std::size_t n = 0; n < set.size(); ++n) set[n] &= limit[n];
}

}  // namespace

ClickAnswers::ClickAnswers(MaskedSurfacePtr surface, std::span<const std::uint32_t> faces,
                           const Context& ctx, float reach)
    : surface_(std::move(surface)),
      graph_(surfaceGraphOf(*surface_->mesh, ctx.part(0.f, 0.8f))),
      reach_(reach),
      faces_(faces.begin(), faces.end()) {
  const std::vector<std::uint32_t> speakers = speakersOf(*surface_, faces_, ctx.part(0.8f, 1.f));
  sampledFor_.resize(graph_.count(), kNone);
  for (std::uint32_t t = 0; t < graph_.nodeOf.size(); ++t)
    if (std::uint32_t& of = sampledFor_[graph_.nodeOf[t]]; of == kNone)
      of = speakers[surface_->cleanOf[t]];
  if (reach_ < 0.f) reach_ = usualReach(graph_, faces_.size());
}

Candidates ClickAnswers::to(const Prompts& prompts, const Ask& ask, const Context& ctx) {
  for (const Click& click : prompts.clicks)
    if (click.face >= graph_.nodeOf.size())
      throw InvalidInput("A click lies on another mesh. Click again.");
  if (std::ranges::none_of(prompts.clicks, &Click::positive))
    throw InvalidInput("Click the part first, then what to leave out.");
  const std::vector<Pick> picks = picksOf(prompts);
  // Taken away, so that a cancelled query leaves nothing half done.
  Memory now = std::exchange(last_, {});
  if (now.picks.size() > picks.size() ||
      !std::equal(now.picks.begin(), now.picks.end(), picks.begin()))
    now = {};
  const std::size_t known = now.picks.size();
  for (std::size_t i = known; i < picks.size(); ++i)
    follow(picks[i], now, ask,
           ctx.part(float(i - known) / float(picks.size() - known),
                    float(i + 1 - known) / float(picks.size() - known)));
  Candidates out = candidatesOf(now);
  last_ = std::move(now);
  return out;
}

/// The clicks in order, one to a node; the first wanted one comes first.
std::vector<ClickAnswers::Pick> ClickAnswers::picksOf(const Prompts& prompts) const {
  std::vector<Pick> picks;
  const auto add = [&](const Click& click) {
    const std::uint32_t node = graph_.nodeOf[click.face];
    const auto there = std::ranges::find(picks, node, &Pick::node);
    if (there != picks.end() && (there->click.positive || !click.positive)) return;
    if (there != picks.end()) picks.erase(there);
    picks.push_back({node, click});
  };
  const auto first = std::ranges::find(prompts.clicks, true, &Click::positive);
  add(*first);
  for (auto click = prompts.clicks.begin(); click != prompts.clicks.end(); ++click)
    if (click != first) add(*click);
  return picks;
}

/// The node is in where most samples of the face that speaks for it are.
NodeFlags ClickAnswers::nodesOf(std::span<const std::uint64_t> row) const {
  std::vector<std::int32_t> votes(surface_->surface.faces.size(), 0);
  for (std::size_t i = 0; i < faces_.size(); ++i)
    votes[faces_[i]] += row[i / 64] >> (i % 64) & 1 ? 1 : -1;
  NodeFlags nodes(graph_.count());
  for (std::size_t n = 0; n < nodes.size(); ++n) nodes[n] = votes[sampledFor_[n]] > 0;
  return nodes;
}

const ClickAnswers::Levels& ClickAnswers::levelsAt(const Pick& pick, const Ask& ask,
                                                   const Context& ctx) {
  const auto known = std::ranges::find_if(asked_, [&](const auto& one) {
    return one.first.node == pick.node && one.first.click.position == pick.click.position;
  });
  if (known != asked_.end()) return known->second;
  const SampleMasks masks = ask(pick.click, ctx);
  const std::size_t words = (faces_.size() + 63) / 64;
  Levels levels;
  for (std::size_t i = 0; i < kSizes; ++i)
    levels[i] = {nodesOf(std::span(masks.bits).subspan(i * words, words)), masks.quality[i]};
  std::ranges::stable_sort(levels, {}, [&](const Level& level) { return areaOf(level.nodes); });
  if (asked_.size() >= kMostAsked) asked_.erase(asked_.begin());
  asked_.emplace_back(pick, std::move(levels));
  return asked_.back().second;
}

void ClickAnswers::follow(const Pick& pick, Memory& now, const Ask& ask, const Context& ctx) {
  if (pick.click.positive) {
    unite(pick, now, ask, ctx);
    return;
  }
  now.picks.push_back(pick);
  for (std::size_t i = kSizes;
       i-- > 0;)  // from large to small: smaller ones are still as they were
    if (now.sets[i][pick.node]) {
      const NodeFlags before = now.sets[i];
      takeAway(pick, i, now, ask, ctx);
      settle(now, now.sets[i]);
      keepWithin(now.sets[i], before);  // never enlarges
    }
}

void ClickAnswers::unite(const Pick& pick, Memory& now, const Ask& ask, const Context& ctx) {
  const Levels levels = levelsAt(pick, ask, ctx);
  const bool first = now.picks.empty();
  now.picks.push_back(pick);
  for (std::size_t i = 0; i < kSizes; ++i) {
    now.scores[i] = first ? levels[i].quality : std::min(now.scores[i], levels[i].quality);
    if (first) now.sets[i].assign(graph_.count(), 0);
    for (std::size_t n = 0; n < graph_.count(); ++n) now.sets[i][n] |= levels[i].nodes[n];
    now.sets[i][pick.node] = 1;
  }
  for (std::size_t i = kSizes; i-- > 0;) {
    for (std::size_t other = 0; other < now.picks.size(); ++other) {
      const Pick unwanted = now.picks[other];
      if (!unwanted.click.positive && now.sets[i][unwanted.node])
        takeAway(unwanted, i, now, ask, ctx);
    }
    settle(now, now.sets[i]);
  }
}

/// Corrects a set that holds an unwanted click.
void ClickAnswers::takeAway(const Pick& pick, std::size_t size, Memory& now, const Ask& ask,
                            const Context& ctx) {
  NodeFlags& set = now.sets[size];
  std::vector<std::uint32_t> wanted;
  for (const Pick& other : now.picks)
    if (other.click.positive) wanted.push_back(other.node);
  const auto holdsWanted = [&](const NodeFlags& nodes) {
    return std::ranges::any_of(wanted, [&](std::uint32_t n) { return nodes[n] != 0; });
  };
  // What the network finds there, where it is not what was wanted.
  const Level* found = nullptr;
  for (const Level& level : levelsAt(pick, ask, ctx))
    if (level.nodes[pick.node] && !holdsWanted(level.nodes) &&
        (!found || level.quality > found->quality))
      found = &level;
  NodeFlags without = set;
  if (found) {
    for (std::size_t n = 0; n < without.size(); ++n)
      if (found->nodes[n]) without[n] = 0;
  } else {
    cutBetween(graph_, wanted, pick.node, without);
  }
  // A smaller answer that means the same is a mask of the network's own; without anything found at
  // the click it is the better guess.
  for (std::size_t smaller = size; smaller-- > 0;) {
    NodeFlags chosen = now.sets[smaller];
    if (chosen[pick.node]) continue;
    keepWithin(chosen, set);
    if (found && overlap(chosen, without, graph_.areas) < kSamePart) continue;
    without = std::move(chosen);
    break;
  }
  for (const std::uint32_t n : wanted) without[n] = 1;
  without[pick.node] = 0;
  set = std::move(without);
}

void ClickAnswers::settle(const Memory& now, NodeFlags& set) const {
  std::vector<std::uint32_t> in, out;
  for (const Pick& pick : now.picks) (pick.click.positive ? in : out).push_back(pick.node);
  if (reach_ > 0.f) settleMask(graph_, in, out, reach_, set);
  for (const std::uint32_t n : out) set[n] = 0;
  for (const std::uint32_t n : in) set[n] = 1;
}

Candidates ClickAnswers::candidatesOf(const Memory& now) const {
  std::array<std::size_t, kSizes> order{};
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return areaOf(now.sets[i]); });
  // By wanted clicks only, so that an unwanted one never shows a larger mask.
  const auto best = std::size_t(std::ranges::max_element(now.scores) - now.scores.begin());
  Candidates answer;
  for (const std::size_t i : order) {
    FaceMask mask(graph_.nodeOf.size());
    for (std::size_t t = 0; t < mask.size(); ++t) mask[t] = now.sets[i][graph_.nodeOf[t]];
    if (answer.masks.empty() || mask != answer.masks.back().faces)
      answer.masks.push_back({std::move(mask), now.scores[i]});
    else
      answer.masks.back().score = std::max(answer.masks.back().score, now.scores[i]);
    if (i == best) answer.preferred = answer.masks.size() - 1;
  }
  return answer;
}

double ClickAnswers::areaOf(const NodeFlags& nodes) const {
  double area = 0.;
  for (std::size_t n = 0; n < nodes.size(); ++n) area += nodes[n] ? graph_.areas[n] : 0.f;
  return area;
}

}  // namespace maquette
