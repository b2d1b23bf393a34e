#include "solid/skin_fitting.h"

#include <algorithm>
#include <deque>
#include <optional>

#include "core/jobs/parallel.h"
#include "solid/skin_region.h"
#include "solid/skin_steps.h"

namespace maquette {
namespace {

constexpr float kBad = 0.01f;    // square voxels around a vertex that are worth work
constexpr int kMostVisits = 12;  // that change something at a vertex
constexpr int kMostSweeps = 2;

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
  void enqueueBad();
  void enqueue(std::uint32_t v);
  bool improve(std::uint32_t v);

  SkinRegion& region_;
  const std::vector<Vec3>& wanted_;
  const TriangleTree& original_;
  const Context& ctx_;
  std::vector<std::uint8_t> queued_, visits_;
  std::deque<std::uint32_t> queue_;
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
  const auto wanted = v < wanted_.size() ? std::optional(wanted_[v]) : std::nullopt;
  return isBad(v) && (turnSide(region_, v) || shiftVertex(region_, v, wanted, original_) ||
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
