#include "solid/skin_fitting.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <optional>
#include <span>
#include <unordered_map>
#include <utility>

#include "core/jobs/parallel.h"
#include "solid/original_fit.h"
#include "solid/triangle_cells.h"
#include "solid/untangling.h"

namespace maquette {
namespace {

constexpr float kReach = 3.f;      // voxels to the original
constexpr float kFarthest = 1.5f;  // voxels that a vertex may move at once
constexpr float kFarthestSeam = 0.6f;
constexpr float kBad = 0.01f;          // square voxels around a vertex that are worth work
constexpr float kGain = 0.002f;        // square voxels that a step must win
constexpr float kLeastHeight = 0.02f;  // voxels, of a triangle that a step makes
constexpr float kOff = 0.05f;          // voxels; a side farther off is worth dividing
constexpr float kDeep = 0.2f;          // voxels below the skin that a cut may come
constexpr int kMostVisits = 12;        // that change something at a vertex
constexpr int kMostSweeps = 3;

using Corners = OriginalFit::Corners;

class Fitter {
 public:
  Fitter(MultiSurface& surface, const std::vector<Vec3>& wanted, const TriangleTree& original,
         const Context& ctx)
      : surface_(surface), wanted_(wanted), original_(original), ctx_(ctx) {}

  void run(const std::vector<std::uint8_t>& seeds);

 private:
  Vec3 at(std::uint32_t v) const { return surface_.vertices[v].position; }
  void collect(const std::vector<std::uint8_t>& seeds);
  bool active(std::uint32_t v) const { return v < active_.size() && active_[v]; }
  const std::vector<std::uint32_t>& star(std::uint32_t v) const { return stars_.at(v); }
  bool has(std::uint32_t f, std::uint32_t v) const {
    const Corners& c = surface_.triangles[f].vertices;
    return c[0] == v || c[1] == v || c[2] == v;
  }
  std::vector<std::uint32_t> beside(std::uint32_t a, std::uint32_t b) const {
    std::vector<std::uint32_t> found;
    for (const std::uint32_t f : star(a))
      if (has(f, b)) found.push_back(f);
    return found;
  }
  std::vector<std::uint32_t> around(std::uint32_t v) const {
    std::vector<std::uint32_t> found;
    for (const std::uint32_t f : star(v))
      for (const std::uint32_t w : surface_.triangles[f].vertices)
        if (w != v && std::ranges::find(found, w) == found.end()) found.push_back(w);
    return found;
  }
  /// Neighbours along the skin.
  std::vector<std::uint32_t> skinAround(std::uint32_t v) const {
    std::vector<std::uint32_t> found;
    for (const std::uint32_t f : star(v)) {
      if (surface_.triangles[f].high != kOutside) continue;
      for (const std::uint32_t w : surface_.triangles[f].vertices)
        if (w != v && std::ranges::find(found, w) == found.end()) found.push_back(w);
    }
    return found;
  }
  /// Whether the vertex lies inside the skin of one part, with all its triangles known.
  bool isFree(std::uint32_t v) {
    return active(v) && surface_.vertices[v].rank() == 2 && surface_.vertices[v].onSkin();
  }

  /// A step: triangles `was` give way to `is`, and the sides inside change as told.
  struct Step {
    std::vector<std::uint32_t> was;
    std::vector<Corners> is;
    std::vector<std::array<std::uint32_t, 2>> sidesBefore, sidesAfter;
    bool skin = true;  ///< whether the sides are of the skin
  };
  const SurfaceTriangle& replacedBy(const Step& step, std::size_t i) const {
    return surface_.triangles[step.was[std::min(i, step.was.size() - 1)]];
  }
  float costOf(const Step& step) const {
    float sum = costOf(step.was);
    for (const auto& [a, b] : step.sidesBefore) sum += fit_->ofSide(a, b, step.skin);
    return sum;
  }
  /// No step makes a triangle lower than this, or than those that it replaces.
  float leastHeight(const Step& step) const {
    float least = kLeastHeight;
    for (const std::uint32_t f : step.was)
      least = std::min(least, fit_->heightOf(surface_.triangles[f].vertices));
    return least;
  }
  /// Whether the step wins enough against the cost before, and makes nothing cross.
  bool wins(const Step& step, float before, float least, std::vector<TriangleFit>& fits);
  bool isSound(const Step& step, float least);
  void take(const Step& step, const std::vector<TriangleFit>& fits);
  bool tryStep(const Step& step, float gain = kGain);
  float costOf(std::span<const std::uint32_t> faces) const {
    float sum = 0.f;
    for (const std::uint32_t f : faces) sum += fits_.at(f).cost;
    return sum;
  }
  float starCost(std::uint32_t v) const {
    float sum = costOf(star(v));
    for (const std::uint32_t w : skinAround(v)) sum += fit_->ofSide(v, w, true);
    return sum;
  }
  bool isBad(std::uint32_t v) const;
  void enqueueBad();
  bool improve(std::uint32_t v);
  bool turn(std::uint32_t v);
  bool shift(std::uint32_t v);
  bool sink(std::uint32_t v);
  bool join(std::uint32_t v);
  bool divide(std::uint32_t v);
  std::vector<Vec3> meetings(std::span<const std::uint32_t> faces, Vec3 from) const {
    std::vector<TriangleFit> under;
    for (const std::uint32_t f : faces) under.push_back(fits_.at(f));
    return fit_->meetings(under, from, kFarthest);
  }
  void enqueue(std::uint32_t v) {
    if (!active(v) || queued_[v] || visits_[v] >= kMostVisits) return;
    queued_[v] = 1;
    queue_.push_back(v);
  }

  MultiSurface& surface_;
  const std::vector<Vec3>& wanted_;
  const TriangleTree& original_;
  const Context& ctx_;
  std::vector<std::uint8_t> active_;  // vertices whose triangles are all known
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> stars_;
  std::unordered_map<std::uint32_t, TriangleFit> fits_;  // of the region's triangles
  std::vector<std::uint8_t> queued_, visits_;
  std::deque<std::uint32_t> queue_;
  std::optional<OriginalFit> fit_;
  std::optional<TriangleCells> cells_;
};

void Fitter::collect(const std::vector<std::uint8_t>& seeds) {
  const auto grown = [&](const std::vector<std::uint8_t>& from) {
    std::vector<std::uint8_t> to = from;
    for (std::size_t f = 0; f < surface_.triangles.size(); ++f) {
      if (f % 65536 == 0) ctx_.check();
      const Corners& v = surface_.triangles[f].vertices;
      if (from[v[0]] || from[v[1]] || from[v[2]])
        for (const std::uint32_t w : v) to[w] = 1;
    }
    return to;
  };
  active_ = grown(seeds);
  std::vector<std::uint32_t> region;
  for (std::uint32_t f = 0; f < surface_.triangles.size(); ++f) {
    if (f % 65536 == 0) ctx_.check();
    const SurfaceTriangle& t = surface_.triangles[f];
    bool any = false;
    for (const std::uint32_t v : t.vertices)
      if (active_[v]) {
        stars_[v].push_back(f);
        any = true;
      }
    if (any) region.push_back(f);
  }
  for (std::uint32_t v = 0; v < active_.size(); ++v)
    if (active_[v] && !stars_.contains(v)) active_[v] = 0;
  fit_.emplace(surface_, original_, region, ctx_);
  std::vector<TriangleFit> fits(region.size());
  parallelFor(region.size(), 1024, [&](std::size_t begin, std::size_t end) {
    ctx_.check();
    for (std::size_t i = begin; i < end; ++i)
      if (surface_.triangles[region[i]].high == kOutside)
        fits[i] = fit_->ofTriangle(surface_.triangles[region[i]].vertices);
  });
  for (std::size_t i = 0; i < region.size(); ++i) fits_[region[i]] = fits[i];
  cells_.emplace(surface_, region, ctx_);
}

bool Fitter::wins(const Step& step, float before, float least, std::vector<TriangleFit>& fits) {
  float after = 0.f;
  for (const auto& [a, b] : step.sidesAfter) after += fit_->ofSide(a, b, step.skin);
  fits.clear();
  for (std::size_t i = 0; i < step.is.size(); ++i) {
    if (after > before - kGain) return false;
    fits.push_back(replacedBy(step, i).high == kOutside ? fit_->ofTriangle(step.is[i])
                                                        : TriangleFit{});
    after += fits.back().cost;
  }
  if (after > before - kGain) return false;
  return isSound(step, least);
}

/// Whether the new triangles are high enough and cross nothing.
bool Fitter::isSound(const Step& step, float least) {
  if (std::ranges::any_of(step.is, [&](const Corners& v) { return fit_->heightOf(v) < least; }))
    return false;
  for (std::size_t i = 0; i < step.is.size(); ++i) {
    const SurfaceTriangle made{step.is[i], 0, kOutside};
    for (std::size_t j = 0; j < i; ++j)
      if (trianglesCross(surface_, made, {step.is[j], 0, kOutside})) return false;
    if (cells_->crosses(made, step.was)) return false;
  }
  return true;
}

void Fitter::take(const Step& step, const std::vector<TriangleFit>& fits) {
  const SurfaceTriangle like = surface_.triangles[step.was[0]];
  for (const std::uint32_t f : step.was)
    for (std::uint32_t& v : surface_.triangles[f].vertices) {
      if (active(v)) std::erase(stars_[v], f);
      enqueue(v);
    }
  for (std::size_t i = 0; i < std::max(step.was.size(), step.is.size()); ++i) {
    if (i >= step.is.size()) {
      surface_.triangles[step.was[i]].vertices = {0, 0, 0};  // dead
      continue;
    }
    std::uint32_t f = static_cast<std::uint32_t>(surface_.triangles.size());
    if (i < step.was.size())
      f = step.was[i];
    else
      surface_.triangles.push_back(like);
    surface_.triangles[f].vertices = step.is[i];
    fits_[f] = fits[i];
    cells_->add(f);
    for (const std::uint32_t v : step.is[i]) {
      if (active(v)) stars_[v].push_back(f);
      enqueue(v);
    }
  }
}

bool Fitter::tryStep(const Step& step, float gain) {
  std::vector<TriangleFit> fits;
  const float before = costOf(step) + kGain - gain;
  if (before < kGain || !wins(step, before, leastHeight(step), fits)) return false;
  take(step, fits);
  return true;
}

/// Exchanges a side at the vertex for the other diagonal.
bool Fitter::turn(std::uint32_t v) {
  for (const std::uint32_t w : around(v)) {
    const auto two = beside(v, w);
    if (two.size() != 2) continue;
    const SurfaceTriangle &t = surface_.triangles[two[0]], &s = surface_.triangles[two[1]];
    if (t.low != s.low || t.high != s.high) continue;
    std::size_t k = 0;
    while (t.vertices[k] == v || t.vertices[k] == w) ++k;
    const std::uint32_t c = t.vertices[k], a = t.vertices[(k + 1) % 3], b = t.vertices[(k + 2) % 3];
    std::uint32_t d = a;
    for (const std::uint32_t x : s.vertices)
      if (x != a && x != b) d = x;
    if (c == d || (!active(c) && !active(d))) continue;
    if (!(active(c) ? beside(c, d) : beside(d, c)).empty()) continue;
    // t is (a, b, c) and s (b, a, d): together the quad a, d, b, c.
    if (tryStep({two, {{c, a, d}, {d, b, c}}, {{a, b}}, {{c, d}}, t.high == kOutside})) return true;
  }
  return false;
}

bool Fitter::shift(std::uint32_t v) {
  const bool seam = surface_.vertices[v].rank() == 3;
  if (!active(v) || !surface_.vertices[v].onSkin() || surface_.vertices[v].rank() > 3) return false;
  Step step;
  step.was = star(v);
  for (const std::uint32_t f : step.was) step.is.push_back(surface_.triangles[f].vertices);
  Vec3 mean;
  const auto ring = skinAround(v);
  for (const std::uint32_t w : ring) {
    step.sidesBefore.push_back({v, w});
    mean += at(w) / float(ring.size());
  }
  step.sidesAfter = step.sidesBefore;
  const Vec3 from = at(v);
  auto places = meetings(step.was, from);
  if (v < wanted_.size()) places.push_back(wanted_[v]);
  for (const float share : {0.f, 0.5f, 1.f})
    if (const auto hit = original_.nearest(from + (mean - from) * share, kReach);
        hit && (share == 0.f || !seam))
      places.push_back(hit->point);
  if (seam) std::erase_if(places, [&](Vec3 p) { return length(p - from) > kFarthestSeam; });
  float best = costOf(step);
  const float least = leastHeight(step);
  std::optional<Vec3> to;
  std::vector<TriangleFit> fits, kept;
  for (const Vec3 place : places) {
    surface_.vertices[v].position = place;
    if (!wins(step, best, least, fits)) continue;
    best = 0.f;
    for (const auto& [a, b] : step.sidesAfter) best += fit_->ofSide(a, b, true);
    for (const TriangleFit& fit : fits) best += fit.cost;
    to = place;
    kept = fits;
  }
  surface_.vertices[v].position = to.value_or(from);
  if (to) take(step, kept);
  return to.has_value();
}

/// A vertex of a cut that is not clearly below the skin is in its way.
bool Fitter::sink(std::uint32_t v) {
  const Vec3 from = at(v);
  const float depth = fit_->depthOf(from);
  if (surface_.vertices[v].rank() > 2 || depth > kDeep) return false;
  Step step;
  step.was = star(v);
  for (const std::uint32_t f : step.was) step.is.push_back(surface_.triangles[f].vertices);
  const float least = leastHeight(step);
  Vec3 mean;
  const auto ring = around(v);
  for (const std::uint32_t w : ring) mean += at(w) / float(ring.size());
  const Vec3 inwards = fit_->sunk(from, kDeep);
  for (const Vec3 by : {mean - from, (mean - from) * 0.5f, inwards, inwards * 0.5f}) {
    const Vec3 to = from + by;
    surface_.vertices[v].position = to;
    if (fit_->depthOf(to) > depth + 0.1f * kDeep && isSound(step, least)) {
      take(step, std::vector<TriangleFit>(step.is.size()));
      return true;
    }
  }
  surface_.vertices[v].position = from;
  return false;
}

/// Draws the vertex into a neighbour.
bool Fitter::join(std::uint32_t v) {
  if (!isFree(v)) return false;
  const auto ring = around(v);
  for (const std::uint32_t u : ring) {
    if (!active(u)) continue;
    const auto others = around(u);
    const auto common = std::ranges::count_if(
        ring, [&](std::uint32_t w) { return std::ranges::find(others, w) != others.end(); });
    if (common != 2) continue;
    Step step;
    step.was = star(v);
    for (const std::uint32_t f : step.was) {
      if (has(f, u)) continue;
      Corners c = surface_.triangles[f].vertices;
      std::ranges::replace(c, v, u);
      step.is.push_back(c);
    }
    // Of a vertex between three triangles one stays, unless it is there already on the far side.
    if (ring.size() == 3 && std::ranges::any_of(star(u), [&](std::uint32_t f) {
          return std::ranges::all_of(step.is[0], [&](std::uint32_t w) { return has(f, w); });
        }))
      continue;
    for (const std::uint32_t w : ring) {
      step.sidesBefore.push_back({v, w});
      if (w != u && std::ranges::find(others, w) == others.end()) step.sidesAfter.push_back({u, w});
    }
    if (tryStep(step, 0.f)) return true;
  }
  return false;
}

/// Divides a side at the vertex that is off the original.
bool Fitter::divide(std::uint32_t v) {
  for (const std::uint32_t w : around(v)) {
    if (fit_->ofSide(v, w, true) < kOff * length(at(w) - at(v))) continue;
    const auto two = beside(v, w);
    if (two.size() != 2) continue;
    const SurfaceTriangle t = surface_.triangles[two[0]], s = surface_.triangles[two[1]];
    if (t.high != kOutside || s.high != kOutside || t.low != s.low) continue;
    std::size_t k = 0;
    while (t.vertices[k] == v || t.vertices[k] == w) ++k;
    const std::uint32_t c = t.vertices[k], a = t.vertices[(k + 1) % 3], b = t.vertices[(k + 2) % 3];
    std::uint32_t d = a;
    for (const std::uint32_t x : s.vertices)
      if (x != a && x != b) d = x;
    if (c == d) continue;
    const auto p = static_cast<std::uint32_t>(surface_.vertices.size());
    const Vec3 middle = (at(a) + at(b)) * 0.5f;
    auto faces = star(v);
    if (active(w)) faces.insert(faces.end(), star(w).begin(), star(w).end());
    const auto places = meetings(faces, middle);
    if (places.empty()) continue;
    SurfaceVertex made;
    made.materials = {t.low, kOutside, SurfaceVertex::kNoMaterial, SurfaceVertex::kNoMaterial};
    surface_.vertices.push_back(made);
    active_.push_back(1);
    stars_[p].clear();
    queued_.push_back(0);
    visits_.push_back(0);
    const Step step{two,
                    {{a, p, c}, {p, b, c}, {b, p, d}, {p, a, d}},
                    {{a, b}},
                    {{p, a}, {p, b}, {p, c}, {p, d}}};
    for (const Vec3 place : places) {
      surface_.vertices[p].position = place;
      if (tryStep(step)) return true;
    }
    surface_.vertices.pop_back();
    active_.pop_back();
    queued_.pop_back();
    visits_.pop_back();
  }
  return false;
}

/// Whether there may be something to win at the vertex.
bool Fitter::isBad(std::uint32_t v) const {
  if (!surface_.vertices[v].onSkin()) return fit_->depthOf(at(v)) < kDeep;
  return starCost(v) >= kBad;
}

void Fitter::enqueueBad() {
  std::vector<std::uint32_t> all;
  for (std::uint32_t v = 0; v < active_.size(); ++v)
    if (active(v)) all.push_back(v);
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
  if (star(v).empty()) return false;
  if (!surface_.vertices[v].onSkin()) return turn(v) || sink(v);
  return isBad(v) && (turn(v) || shift(v) || join(v) || divide(v));
}

void Fitter::run(const std::vector<std::uint8_t>& seeds) {
  collect(seeds);
  queued_.assign(surface_.vertices.size(), 0);
  visits_.assign(surface_.vertices.size(), 0);
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
      ++visits_[v];
      enqueue(v);
    }
  }
  std::erase_if(surface_.triangles,
                [](const SurfaceTriangle& t) { return t.vertices[0] == t.vertices[1]; });
}

}  // namespace

void fitSkin(MultiSurface& surface, const std::vector<std::uint8_t>& seeds,
             const std::vector<Vec3>& wanted, const TriangleTree& original, const Context& ctx) {
  if (std::ranges::find(seeds, 1) == seeds.end()) return;
  Fitter(surface, wanted, original, ctx).run(seeds);
}

}  // namespace maquette
