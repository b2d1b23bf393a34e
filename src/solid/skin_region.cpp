#include "solid/skin_region.h"

#include <algorithm>

#include "core/jobs/parallel.h"
#include "solid/untangling.h"

namespace maquette {
namespace {

constexpr float kLeastHeight = 0.004f;  // voxels, of a triangle that a step makes

std::uint64_t keyOf(std::uint32_t a, std::uint32_t b) {
  return std::uint64_t(std::min(a, b)) << 32 | std::max(a, b);
}

}  // namespace

SkinRegion::SkinRegion(MultiSurface& surface, const std::vector<std::uint8_t>& seeds,
                       const TriangleTree& original, const Context& ctx)
    : surface_(surface) {
  const auto region = collect(seeds, ctx);
  fit_.emplace(surface_, original, region, ctx);
  std::vector<TriangleFit> fits(region.size());
  parallelFor(region.size(), 1024, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t i = begin; i < end; ++i)
      if (surface_.triangles[region[i]].high == kOutside)
        fits[i] = fit_->ofTriangle(surface_.triangles[region[i]].vertices);
  });
  fits_.reserve(region.size());
  for (std::size_t i = 0; i < region.size(); ++i) fits_[region[i]] = fits[i];
  cells_.emplace(surface_, region, ctx);
}

std::vector<std::uint32_t> SkinRegion::collect(const std::vector<std::uint8_t>& seeds,
                                               const Context& ctx) {
  std::vector<std::uint8_t> chosen = seeds;
  for (std::size_t f = 0; f < surface_.triangles.size(); ++f) {
    if (f % 65536 == 0) ctx.check();
    const Corners& v = surface_.triangles[f].vertices;
    if (seeds[v[0]] || seeds[v[1]] || seeds[v[2]])
      for (const std::uint32_t w : v) chosen[w] = 1;
  }
  slot_.assign(surface_.vertices.size(), kNone);
  std::vector<std::uint32_t> region;
  for (std::uint32_t f = 0; f < surface_.triangles.size(); ++f) {
    if (f % 65536 == 0) ctx.check();
    bool any = false;
    for (const std::uint32_t v : surface_.triangles[f].vertices) {
      if (!chosen[v]) continue;
      any = true;
      if (slot_[v] == kNone) {
        slot_[v] = static_cast<std::uint32_t>(around_.size());
        around_.emplace_back();
      }
      around_[slot_[v]].triangles.push_back(f);
    }
    if (any) region.push_back(f);
  }
  return region;
}

bool SkinRegion::has(std::uint32_t f, std::uint32_t v) const {
  const Corners& c = surface_.triangles[f].vertices;
  return c[0] == v || c[1] == v || c[2] == v;
}

std::vector<std::uint32_t> SkinRegion::beside(std::uint32_t a, std::uint32_t b) const {
  std::vector<std::uint32_t> found;
  for (const std::uint32_t f : star(a))
    if (has(f, b)) found.push_back(f);
  return found;
}

std::vector<std::uint32_t> SkinRegion::around(std::uint32_t v) const {
  std::vector<std::uint32_t> found;
  for (const std::uint32_t f : star(v))
    for (const std::uint32_t w : surface_.triangles[f].vertices)
      if (w != v && std::ranges::find(found, w) == found.end()) found.push_back(w);
  return found;
}

std::vector<std::uint32_t> SkinRegion::skinAround(std::uint32_t v) const {
  std::vector<std::uint32_t> found;
  for (const std::uint32_t f : star(v)) {
    if (surface_.triangles[f].high != kOutside) continue;
    for (const std::uint32_t w : surface_.triangles[f].vertices)
      if (w != v && std::ranges::find(found, w) == found.end()) found.push_back(w);
  }
  return found;
}

std::optional<float> SkinRegion::knownSide(std::uint32_t a, std::uint32_t b) const {
  const auto found = sides_.find(keyOf(a, b));
  if (found == sides_.end() || found->second.moves != movesOf(a, b)) return {};
  return found->second.cost;
}

/// Looked up, or looked for and remembered: most sides are asked about many times.
float SkinRegion::sideCost(std::uint32_t a, std::uint32_t b, bool skin) {
  if (!skin) return fit_->ofSide(a, b, false);
  if (const auto known = knownSide(a, b)) return *known;
  const float cost = fit_->ofSide(a, b, true);
  sides_[keyOf(a, b)] = {cost, movesOf(a, b)};
  return cost;
}

float SkinRegion::starCost(std::uint32_t v) const {
  float sum = 0.f;
  for (const std::uint32_t f : star(v)) sum += fits_.at(f).cost;
  for (const std::uint32_t w : skinAround(v)) {
    const auto known = knownSide(v, w);
    sum += known ? *known : fit_->ofSide(v, w, true);
  }
  return sum;
}

float SkinRegion::costOf(const SkinStep& step) {
  float sum = 0.f;
  for (const std::uint32_t f : step.was) sum += fits_.at(f).cost;
  for (const auto& [a, b] : step.sidesBefore) sum += sideCost(a, b, step.skin);
  return sum;
}

std::vector<Vec3> SkinRegion::meetings(std::span<const std::uint32_t> faces, Vec3 from,
                                       float reach) const {
  std::vector<TriangleFit> under;
  for (const std::uint32_t f : faces) under.push_back(fits_.at(f));
  return fit_->meetings(under, from, reach);
}

float SkinRegion::leastHeight(const SkinStep& step) const {
  float least = kLeastHeight;
  for (const std::uint32_t f : step.was)
    least = std::min(least, fit_->heightOf(surface_.triangles[f].vertices));
  return least;
}

std::optional<SkinRegion::Outcome> SkinRegion::outcomeOf(const SkinStep& step, float before,
                                                         float least) {
  if (!isHigh(step, least)) return {};
  Outcome made;
  for (const auto& [a, b] : step.sidesAfter) {
    const bool atMoved = a == step.moved || b == step.moved;  // not to be remembered yet
    made.cost += atMoved ? fit_->ofSide(a, b, step.skin) : sideCost(a, b, step.skin);
    if (made.cost > before - kGain) return {};
  }
  for (const SkinStep::Made& is : step.is) {
    if (made.cost > before - kGain) return {};
    made.fits.push_back(surface_.triangles[is.like].high == kOutside ? fit_->ofTriangle(is.corners)
                                                                     : TriangleFit{});
    made.cost += made.fits.back().cost;
  }
  if (made.cost > before - kGain || !isSound(step, least)) return {};
  return made;
}

bool SkinRegion::isHigh(const SkinStep& step, float least) const {
  return std::ranges::all_of(
      step.is, [&](const SkinStep::Made& is) { return fit_->heightOf(is.corners) >= least; });
}

bool SkinRegion::isSound(const SkinStep& step, float least) {
  if (!isHigh(step, least)) return false;
  for (std::size_t i = 0; i < step.is.size(); ++i) {
    const SurfaceTriangle made{step.is[i].corners, 0, kOutside};
    for (std::size_t j = 0; j < i; ++j)
      if (trianglesCross(surface_, made, {step.is[j].corners, 0, kOutside})) return false;
    if (cells_->crosses(made, step.was)) return false;
  }
  return true;
}

void SkinRegion::enter(std::uint32_t f) {
  cells_->add(f);
  for (const std::uint32_t v : surface_.triangles[f].vertices) {
    if (active(v)) around_[slot_[v]].triangles.push_back(f);
    touched_.push_back(v);
  }
}

void SkinRegion::remove(std::uint32_t f) {
  for (const std::uint32_t v : surface_.triangles[f].vertices) {
    if (active(v)) std::erase(around_[slot_[v]].triangles, f);
    touched_.push_back(v);
  }
  surface_.triangles[f].vertices = {0, 0, 0};  // dead
}

void SkinRegion::take(const SkinStep& step, const Outcome& outcome, float before, Vec3 at) {
  touched_.clear();
  if (step.moved != SkinStep::kNoVertex) ++around_[slot_[step.moved]].moves;
  Taken taken{{}, {}, step.moved, at};
  for (const std::uint32_t f : step.was)
    taken.was.push_back({f, surface_.triangles[f], fits_.at(f)});
  std::vector<SurfaceTriangle> made;
  for (const SkinStep::Made& is : step.is) {
    made.push_back(surface_.triangles[is.like]);
    made.back().vertices = is.corners;
  }
  for (const std::uint32_t f : step.was) remove(f);
  for (std::size_t i = 0; i < made.size(); ++i) {
    const auto f =
        i < step.was.size() ? step.was[i] : static_cast<std::uint32_t>(surface_.triangles.size());
    if (i < step.was.size())
      surface_.triangles[f] = made[i];
    else
      surface_.triangles.push_back(made[i]);
    fits_[f] = outcome.fits[i];
    enter(f);
    taken.made.push_back(f);
  }
  won_ += before - outcome.cost;
  if (remembers_) taken_.push_back(std::move(taken));
}

void SkinRegion::remember() {
  remembers_ = true;
  taken_.clear();
  won_ = 0.f;
}

void SkinRegion::takeBack() {
  touched_.clear();
  for (; !taken_.empty(); taken_.pop_back()) {
    const Taken& taken = taken_.back();
    for (const std::uint32_t f : taken.made) remove(f);
    if (taken.moved != SkinStep::kNoVertex) {
      ++around_[slot_[taken.moved]].moves;
      place(taken.moved, taken.from);
    }
    for (const Taken::Was& was : taken.was) {
      surface_.triangles[was.f] = was.triangle;
      fits_[was.f] = was.fit;
      enter(was.f);
    }
  }
  won_ = 0.f;
}

bool SkinRegion::tryStep(const SkinStep& step, float gain) {
  const float cost = costOf(step), before = cost + kGain - gain;
  if (before < kGain) return false;
  const auto made = outcomeOf(step, before, leastHeight(step));
  if (!made) return false;
  take(step, *made, cost, step.moved == SkinStep::kNoVertex ? Vec3{} : at(step.moved));
  return true;
}

std::uint32_t SkinRegion::addVertex(std::span<const std::uint32_t> faces) {
  std::vector<Material> materials;
  for (const std::uint32_t f : faces)
    materials.insert(materials.end(), {triangle(f).low, triangle(f).high});
  std::ranges::sort(materials);
  materials.erase(std::unique(materials.begin(), materials.end()), materials.end());
  SurfaceVertex made;
  made.materials.fill(SurfaceVertex::kNoMaterial);
  for (std::size_t m = 0; m < std::min(materials.size(), made.materials.size()); ++m)
    made.materials[m] = materials[m];
  surface_.vertices.push_back(made);
  slot_.push_back(static_cast<std::uint32_t>(around_.size()));
  around_.emplace_back();
  return static_cast<std::uint32_t>(surface_.vertices.size() - 1);
}

void SkinRegion::dropVertex() {
  surface_.vertices.pop_back();
  slot_.pop_back();
  around_.pop_back();
}

void SkinRegion::clean() {
  std::erase_if(surface_.triangles,
                [](const SurfaceTriangle& t) { return t.vertices[0] == t.vertices[1]; });
}

}  // namespace maquette
