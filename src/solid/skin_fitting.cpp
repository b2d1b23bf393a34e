#include "solid/skin_fitting.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <optional>

#include "core/jobs/parallel.h"
#include "solid/skin_region.h"
#include "solid/skin_steps.h"

namespace maquette {
namespace {

constexpr float kBad = 0.01f;    // square voxels around a vertex that are worth work
constexpr int kMostVisits = 12;  // that change something at a vertex
constexpr int kMostSweeps = 2;
constexpr float kMostDetour = 1.f;  // square voxels that the first step of one may lose
constexpr int kMostDetourSteps = 24;
constexpr int kDetourRounds = 3;
constexpr std::size_t kFewDetours = 4000;         // always taken where they are needed
constexpr std::size_t kVerticesPerDetour = 1000;  // more than these would take too long

/// Vertices that wait for their turn, and what is done at each.
class Fitter {
 public:
  Fitter(SkinRegion& region, const std::vector<Vec3>& wanted, const TriangleTree& original,
         const Context& ctx)
      : region_(region), wanted_(wanted), original_(original), ctx_(ctx) {}

  void run();

 private:
  bool isBad(std::uint32_t v) const {
    return region_.vertex(v).onSkin() ? region_.starCost(v) >= kBad : isInTheWay(region_, v);
  }
  std::optional<Vec3> wantedAt(std::uint32_t v) const {
    return v < wanted_.size() ? std::optional(wanted_[v]) : std::nullopt;
  }
  void enqueueBad();
  void enqueue(std::uint32_t v);
  bool improve(std::uint32_t v);
  template <class Step>
  bool detour(Step&& first);
  bool findDetour(std::uint32_t v);
  void goRound();

  SkinRegion& region_;
  const std::vector<Vec3>& wanted_;
  const TriangleTree& original_;
  const Context& ctx_;
  std::vector<std::uint8_t> queued_, visits_;
  std::deque<std::uint32_t> queue_;
  std::size_t detours_ = 0;
  std::vector<std::uint32_t> changed_;  // vertices around the last detour
};

void Fitter::enqueue(std::uint32_t v) {
  if (v >= queued_.size()) {
    queued_.resize(region_.vertices(), 0);
    visits_.resize(region_.vertices(), 0);
  }
  if (!region_.active(v) || queued_[v] || visits_[v] >= kMostVisits) return;
  queued_[v] = 1;
  queue_.push_back(v);
}

void Fitter::enqueueBad() {
  std::vector<std::uint32_t> all;
  for (std::uint32_t v = 0; v < region_.vertices(); ++v)
    if (region_.active(v)) all.push_back(v);
  std::vector<std::uint8_t> bad(all.size(), 0);
  parallelFor(all.size(), 256, [&](std::size_t begin, std::size_t end) {
    ctx_.check();
    for (std::size_t i = begin; i < end; ++i) bad[i] = isBad(all[i]);
  });
  for (std::size_t i = 0; i < all.size(); ++i)
    if (bad[i]) enqueue(all[i]);
}

/// Takes one step at the vertex if any wins.
bool Fitter::improve(std::uint32_t v) {
  if (region_.star(v).empty()) return false;
  if (!region_.vertex(v).onSkin()) return turnSide(region_, v) || sinkVertex(region_, v);
  return isBad(v) && (turnSide(region_, v) || shiftVertex(region_, v, wantedAt(v), original_) ||
                      joinVertex(region_, v) || divideSide(region_, v));
}

void Fitter::run() {
  // A step may free the way for a vertex that is not a neighbour.
  bool any = true;
  for (int sweep = 0; sweep < kMostSweeps && any; ++sweep) {
    any = false;
    enqueueBad();
    while (!queue_.empty()) {
      ctx_.check();
      const std::uint32_t v = queue_.front();
      queue_.pop_front();
      queued_[v] = 0;
      if (!improve(v)) continue;
      any = true;
      for (const std::uint32_t w : region_.touched()) enqueue(w);
      ++visits_[v];
      enqueue(v);
    }
  }
  goRound();
}

/// Takes a step that may lose, and then those that win: all are kept if together they win.
template <class Step>
bool Fitter::detour(Step&& first) {
  region_.remember();
  if (!first()) return false;
  ++detours_;
  std::deque<std::uint32_t> queue;
  changed_.clear();
  const auto push = [&] {
    changed_.insert(changed_.end(), region_.touched().begin(), region_.touched().end());
    for (const std::uint32_t w : region_.touched())
      if (region_.active(w) && std::ranges::find(queue, w) == queue.end()) queue.push_back(w);
  };
  push();
  for (int step = 0; step < kMostDetourSteps && !queue.empty();) {
    const std::uint32_t v = queue.front();
    queue.pop_front();
    if (!improve(v)) continue;
    ++step;
    push();
  }
  if (region_.won() > SkinRegion::kGain) return true;
  region_.takeBack();
  return false;
}

/// Where no step wins at a vertex, one of these may open the way for others.
bool Fitter::findDetour(std::uint32_t v) {
  const auto ring = region_.around(v);
  const float gain = -kMostDetour - region_.starCost(v);
  if (detour([&] { return shiftVertex(region_, v, wantedAt(v), original_, gain); })) return true;
  for (const std::uint32_t w : ring) {
    if (detour([&] { return joinVertex(region_, v, w, gain); }) ||
        detour([&] { return joinVertex(region_, w, v, gain); }) ||
        detour([&] { return turnSide(region_, v, w, gain); }) ||
        detour([&] { return divideSide(region_, v, w, gain); }))
      return true;
  }
  const auto star = region_.star(v);  // detours shuffle it
  for (const std::uint32_t f : star) {
    const auto t = region_.triangle(f).vertices;
    for (std::size_t k = 0; k < 3; ++k)
      if (t[k] == v && region_.active(t[(k + 1) % 3]) &&
          detour([&] { return turnSide(region_, t[(k + 1) % 3], t[(k + 2) % 3], gain); }))
        return true;
  }
  return false;
}

/// Looks for detours where vertices are stuck, the worst first, and again where something around
/// has changed.
void Fitter::goRound() {
  std::vector<std::pair<float, std::uint32_t>> stuck;  // cost, negative, and vertex
  const auto note = [&](const std::vector<std::uint32_t>& vertices) {
    std::vector<float> costs(vertices.size(), 0.f);
    parallelFor(vertices.size(), 256, [&](std::size_t begin, std::size_t end) {
      ctx_.check();
      for (std::size_t i = begin; i < end; ++i)
        if (const std::uint32_t v = vertices[i];
            region_.active(v) && region_.vertex(v).onSkin() && !region_.star(v).empty())
          costs[i] = region_.starCost(v);
    });
    stuck.clear();
    for (std::size_t i = 0; i < vertices.size(); ++i)
      if (costs[i] > kBad) stuck.emplace_back(-costs[i], vertices[i]);
  };
  std::vector<std::uint32_t> all(region_.vertices());
  std::iota(all.begin(), all.end(), 0u);
  note(all);
  const std::size_t most = kFewDetours + region_.vertices() / kVerticesPerDetour;
  for (int round = 0; round < kDetourRounds && !stuck.empty(); ++round) {
    std::ranges::sort(stuck);
    std::vector<std::uint32_t> again;
    for (const auto& [cost, v] : stuck) {
      ctx_.check();
      if (detours_ > most) return;
      if (region_.star(v).empty() || region_.starCost(v) <= kBad || !findDetour(v)) continue;
      again.insert(again.end(), changed_.begin(), changed_.end());
    }
    std::ranges::sort(again);
    again.erase(std::unique(again.begin(), again.end()), again.end());
    note(again);
  }
}

}  // namespace

void fitSkin(MultiSurface& surface, const std::vector<std::uint8_t>& seeds,
             const std::vector<Vec3>& wanted, const TriangleTree& original, const Context& ctx) {
  if (std::ranges::find(seeds, 1) == seeds.end()) return;
  SkinRegion region(surface, seeds, original, ctx);
  Fitter(region, wanted, original, ctx).run();
  region.clean();
}

}  // namespace maquette
