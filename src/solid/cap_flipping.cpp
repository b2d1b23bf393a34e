#include "solid/cap_flipping.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <set>
#include <unordered_set>
#include <utility>

#include "core/jobs/parallel.h"
#include "solid/untangling.h"

namespace maquette {
namespace {

constexpr float kFlat = 0.02f;  // voxels; triangles lower than this are flipped
constexpr int kPasses = 6;

struct SideOf {
  std::uint32_t a = 0, b = 0;  // a < b
  std::uint32_t triangle = 0;
  bool operator<(const SideOf& o) const {
    return a != o.a ? a < o.a : b != o.b ? b < o.b : triangle < o.triangle;
  }
};

class CapFlipper {
 public:
  CapFlipper(MultiSurface& surface, const Context& ctx)
      : surface_(surface), ctx_(ctx), around_(surface.vertices.size(), 0) {
    overTriangles([&](std::uint32_t f) {
      const auto& [a, b, c] = surface.triangles[f].vertices;
      if (height(a, b, c) < kFlat)
        for (const std::uint32_t v : {a, b, c})
          std::atomic_ref(around_[v]).store(1, std::memory_order_relaxed);
    });
    // Turned sides come to lie among the same triangles.
    std::vector<std::vector<std::uint32_t>> found((surface.triangles.size() + kSlice - 1) / kSlice);
    overTriangles([&](std::uint32_t f) {
      const auto& [a, b, c] = surface.triangles[f].vertices;
      if (around_[a] | around_[b] | around_[c]) found[f / kSlice].push_back(f);
    });
    for (const auto& some : found) near_.insert(near_.end(), some.begin(), some.end());
  }

  /// @return  how many sides were turned
  std::size_t pass() {
    collect();
    std::size_t flips = 0;
    for (const std::uint32_t f : near_) flips += flip(f);
    return flips;
  }

  /// Puts everything back.
  void undo() {
    for (auto was = turned_.rbegin(); was != turned_.rend(); ++was)
      surface_.triangles[was->first].vertices = was->second;
  }
  /// One flag per triangle.
  std::vector<std::uint8_t> turned() const {
    std::vector<std::uint8_t> flags(surface_.triangles.size(), 0);
    for (const auto& [f, was] : turned_) flags[f] = 1;
    return flags;
  }

 private:
  static constexpr std::size_t kSlice = 1 << 15;

  template <class Body>
  void overTriangles(Body&& body) {
    parallelFor(surface_.triangles.size(), kSlice, [&](std::size_t begin, std::size_t end) {
      ctx_.check();
      for (std::size_t f = begin; f < end; ++f) body(static_cast<std::uint32_t>(f));
    });
  }
  Vec3 at(std::uint32_t v) const { return surface_.vertices[v].position; }
  Vec3 normal(std::uint32_t a, std::uint32_t b, std::uint32_t c) const {
    return cross(at(b) - at(a), at(c) - at(a));
  }
  float height(std::uint32_t a, std::uint32_t b, std::uint32_t c) const {
    const float longest =
        std::sqrt(std::max({lengthSquared(at(b) - at(a)), lengthSquared(at(c) - at(b)),
                            lengthSquared(at(a) - at(c))}));
    return longest > 0.f ? length(normal(a, b, c)) / longest : 0.f;
  }
  auto sidesAt(std::uint32_t a, std::uint32_t b) const {
    const auto [low, high] = std::minmax(a, b);
    return std::equal_range(
        sides_.begin(), sides_.end(), SideOf{low, high, 0},
        [](const SideOf& l, const SideOf& r) { return l.a != r.a ? l.a < r.a : l.b < r.b; });
  }
  void collect();
  bool flip(std::uint32_t f);

  MultiSurface& surface_;
  const Context& ctx_;
  std::vector<std::uint8_t> around_;  // vertices of caps
  std::vector<std::uint32_t> near_;   // triangles with such a vertex
  std::vector<SideOf> sides_;
  std::unordered_set<std::uint32_t>
      changed_;  // triangles of this pass: their sides are out of date
  std::set<std::pair<std::uint32_t, std::uint32_t>> made_;  // sides of this pass
  std::vector<std::pair<std::uint32_t, std::array<std::uint32_t, 3>>> turned_;  // as they were
};

void CapFlipper::collect() {
  sides_.clear();
  changed_.clear();
  made_.clear();
  for (std::size_t i = 0; i < near_.size(); ++i) {
    if (i % 65536 == 0) ctx_.check();
    const std::uint32_t f = near_[i];
    const auto& v = surface_.triangles[f].vertices;
    for (std::size_t k = 0; k < 3; ++k)
      sides_.push_back({std::min(v[k], v[(k + 1) % 3]), std::max(v[k], v[(k + 1) % 3]), f});
  }
  std::sort(sides_.begin(), sides_.end());
}

bool CapFlipper::flip(std::uint32_t f) {
  SurfaceTriangle& t = surface_.triangles[f];
  if (height(t.vertices[0], t.vertices[1], t.vertices[2]) >= kFlat) return false;
  std::size_t k = 0;  // the longest side runs from corner k to the next
  for (std::size_t l = 1; l < 3; ++l)
    if (lengthSquared(at(t.vertices[(l + 1) % 3]) - at(t.vertices[l])) >
        lengthSquared(at(t.vertices[(k + 1) % 3]) - at(t.vertices[k])))
      k = l;
  const std::uint32_t a = t.vertices[k], b = t.vertices[(k + 1) % 3], m = t.vertices[(k + 2) % 3];
  if (!around_[m]) return false;  // its sides are not all known
  const auto [begin, end] = sidesAt(a, b);
  if (end - begin != 2) return false;
  const std::uint32_t g = begin->triangle == f ? (begin + 1)->triangle : begin->triangle;
  SurfaceTriangle& s = surface_.triangles[g];
  if (s.low != t.low || s.high != t.high) return false;
  if (changed_.contains(f) || changed_.contains(g)) return false;
  std::uint32_t x = s.vertices[0];
  for (const std::uint32_t v : s.vertices)
    if (v != a && v != b) x = v;
  const auto [known, knownEnd] = sidesAt(m, x);
  if (known != knownEnd || made_.contains(std::minmax(m, x))) return false;
  const float least = std::min(height(a, m, x), height(m, b, x));
  const Vec3 facing = normal(b, a, x);
  if (least <= height(a, b, m) || dot(normal(m, a, x), facing) <= 0.f ||
      dot(normal(b, m, x), facing) <= 0.f)
    return false;
  // t was (a, b, m) and s (b, a, x): together the quad a, x, b, m.
  turned_.emplace_back(f, t.vertices);
  turned_.emplace_back(g, s.vertices);
  t.vertices = {m, a, x};
  s.vertices = {b, m, x};
  changed_.insert({f, g});
  made_.insert(std::minmax(m, x));
  return true;
}

}  // namespace

void flipCaps(MultiSurface& surface, const Context& ctx) {
  CapFlipper flipper(surface, ctx);
  std::size_t flips = 0;
  for (int pass = 0; pass < kPasses; ++pass) {
    ctx.check();
    const std::size_t more = flipper.pass();
    flips += more;
    if (more == 0) break;
  }
  if (flips > 0 && !crossingTriangles(surface, flipper.turned(), ctx).empty()) flipper.undo();
}

}  // namespace maquette
