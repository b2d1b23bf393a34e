#include "solid/untangling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr float kFlat = 0.7f;       // cosine to the mean normal; a bundle below cannot cross
constexpr double kFolded = 0.9999;  // cosine between two triangles' halves beside a shared side
constexpr int kHalvings = 2;        // of the way back before a vertex goes all the way
constexpr int kMostRounds = 60;

using Pair = std::pair<std::uint32_t, std::uint32_t>;

struct Vec3d {
  double x, y, z;
};
Vec3d wide(Vec3 p) { return {double(p.x), double(p.y), double(p.z)}; }
Vec3d operator-(Vec3d a, Vec3d b) { return {a.x - b.x, a.y - b.y, a.z - b.z}; }
Vec3d operator*(Vec3d a, double s) { return {a.x * s, a.y * s, a.z * s}; }
double dot(Vec3d a, Vec3d b) { return a.x * b.x + a.y * b.y + a.z * b.z; }
Vec3d cross(Vec3d a, Vec3d b) {
  return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}
double orient(Vec3d a, Vec3d b, Vec3d c, Vec3d d) { return dot(cross(b - a, c - a), d - a); }

using Corners = std::array<Vec3d, 3>;

/// Whether the segment passes through the inside of the triangle.
bool pierces(Vec3d p, Vec3d q, const Corners& t) {
  const double from = orient(t[0], t[1], t[2], p), to = orient(t[0], t[1], t[2], q);
  if (!((from > 0. && to < 0.) || (from < 0. && to > 0.))) return false;
  const double a = orient(p, q, t[0], t[1]), b = orient(p, q, t[1], t[2]),
               c = orient(p, q, t[2], t[0]);
  return (a > 0. && b > 0. && c > 0.) || (a < 0. && b < 0. && c < 0.);
}

/// Whether two triangles over a common side lie on top of each other.
bool foldedOver(Vec3d a, Vec3d b, Vec3d left, Vec3d right) {
  const Vec3d side = b - a;
  const double ss = dot(side, side);
  if (!(ss > 0.)) return true;
  const Vec3d u = left - a - side * (dot(left - a, side) / ss),
              v = right - a - side * (dot(right - a, side) / ss);
  return dot(u, v) > kFolded * std::sqrt(dot(u, u) * dot(v, v));
}

/// Whether the boxes of two triangles do not touch.
bool apart(const MultiSurface& surface, const SurfaceTriangle& s, const SurfaceTriangle& t) {
  for (int axis = 0; axis < 3; ++axis) {
    const auto c = [&](std::uint32_t v) { return surface.vertices[v].position[axis]; };
    const auto [sl, sh] = std::minmax({c(s.vertices[0]), c(s.vertices[1]), c(s.vertices[2])});
    const auto [tl, th] = std::minmax({c(t.vertices[0]), c(t.vertices[1]), c(t.vertices[2])});
    if (sh < tl || th < sl) return true;
  }
  return false;
}

}  // namespace

bool trianglesCross(const MultiSurface& surface, const SurfaceTriangle& s,
                    const SurfaceTriangle& t) {
  if (apart(surface, s, t)) return false;
  Corners p{}, q{};
  std::array<int, 3> sharedP{-1, -1, -1}, sharedQ{-1, -1, -1};
  int shared = 0;
  for (std::size_t k = 0; k < 3; ++k) {
    p[k] = wide(surface.vertices[s.vertices[k]].position);
    q[k] = wide(surface.vertices[t.vertices[k]].position);
    for (std::size_t l = 0; l < 3; ++l)
      if (s.vertices[k] == t.vertices[l]) {
        sharedP[k] = int(l);
        sharedQ[l] = int(k);
        ++shared;
      }
  }
  if (shared >= 3) return true;
  if (shared == 2) {
    const auto loneP = std::size_t(std::ranges::find(sharedP, -1) - sharedP.begin()),
               loneQ = std::size_t(std::ranges::find(sharedQ, -1) - sharedQ.begin());
    return foldedOver(p[(loneP + 1) % 3], p[(loneP + 2) % 3], p[loneP], q[loneQ]);
  }
  for (std::size_t k = 0; k < 3; ++k) {
    // With a common corner only the sides opposite to it can pierce the other triangle.
    if ((shared == 0 || sharedP[k] >= 0) && pierces(p[(k + 1) % 3], p[(k + 2) % 3], q)) return true;
    if ((shared == 0 || sharedQ[k] >= 0) && pierces(q[(k + 1) % 3], q[(k + 2) % 3], p)) return true;
  }
  return false;
}

namespace {

struct Cell {
  int x, y, z;
};
struct Span {
  Cell low, high;
};
Span cellsOf(const MultiSurface& surface, const SurfaceTriangle& t) {
  Span span{};
  int* const low[] = {&span.low.x, &span.low.y, &span.low.z};
  int* const high[] = {&span.high.x, &span.high.y, &span.high.z};
  for (int a = 0; a < 3; ++a) {
    const auto c = [&](std::size_t k) { return surface.vertices[t.vertices[k]].position[a]; };
    *low[a] = int(std::floor(std::min({c(0), c(1), c(2)})));
    *high[a] = int(std::floor(std::max({c(0), c(1), c(2)})));
  }
  return span;
}

/// Triangles of one layer of unit cells, cell by cell.
class Layer {
 public:
  Layer(const MultiSurface& surface, const std::vector<std::uint8_t>& among, int z)
      : surface_(surface), among_(among), z_(z) {}

  void collect(std::span<const std::uint32_t> triangles, std::vector<Pair>& out) {
    faces_.clear();
    entries_.clear();
    for (const std::uint32_t f : triangles) {
      const SurfaceTriangle& t = surface_.triangles[f];
      const auto at = [&](std::size_t k) { return surface_.vertices[t.vertices[k]].position; };
      const auto number = static_cast<std::uint32_t>(faces_.size());
      const Span span = cellsOf(surface_, t);
      faces_.push_back({f, span, normalized(cross(at(1) - at(0), at(2) - at(0)))});
      for (int y = span.low.y; y <= span.high.y; ++y)
        for (int x = span.low.x; x <= span.high.x; ++x) entries_.push_back({x, y, number});
    }
    sortBy(&Entry::x);
    sortBy(&Entry::y);
    for (std::size_t i = 0; i < entries_.size();) {
      std::size_t end = i;
      while (end < entries_.size() && entries_[end].x == entries_[i].x &&
             entries_[end].y == entries_[i].y)
        ++end;
      cell(std::span(entries_).subspan(i, end - i), out);
      i = end;
    }
  }

 private:
  struct Face {
    std::uint32_t triangle;
    Span span;
    Vec3 normal;
  };
  struct Entry {
    int x, y;  // the cell
    std::uint32_t face;
  };

  /// Counts and deals, keeping the order of those with the same coordinate.
  void sortBy(int Entry::*coordinate) {
    if (entries_.empty()) return;
    const auto [low, high] = std::ranges::minmax_element(entries_, {}, coordinate);
    const int least = *low.*coordinate;
    places_.assign(std::size_t(*high.*coordinate - least) + 2, 0);
    const auto place = [&](const Entry& e) { return std::size_t(e.*coordinate - least); };
    for (const Entry& e : entries_) ++places_[place(e) + 1];
    for (std::size_t i = 1; i < places_.size(); ++i) places_[i] += places_[i - 1];
    dealt_.resize(entries_.size());
    for (const Entry& e : entries_) dealt_[places_[place(e)]++] = e;
    std::swap(entries_, dealt_);
  }

  /// One gently bent sheet over its mean plane cannot cross itself.
  bool oneSheet(std::span<const Entry> entries) const {
    Vec3 mean;
    const SurfaceTriangle& first = surface_.triangles[faces_[entries[0].face].triangle];
    for (const Entry& e : entries) {
      const Face& face = faces_[e.face];
      const SurfaceTriangle& t = surface_.triangles[face.triangle];
      if (t.low != first.low || t.high != first.high) return false;
      mean += face.normal;
    }
    mean = normalized(mean);
    return std::ranges::all_of(entries, [&](const Entry& e) {
      return maquette::dot(faces_[e.face].normal, mean) > kFlat;
    });
  }

  void cell(std::span<const Entry> entries, std::vector<Pair>& out) const {
    if (entries.size() < 2 || oneSheet(entries)) return;
    const auto [x, y, first] = entries[0];
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Face& a = faces_[entries[i].face];
      for (std::size_t j = i + 1; j < entries.size(); ++j) {
        const Face& b = faces_[entries[j].face];
        if (!among_.empty() && !among_[a.triangle] && !among_[b.triangle]) continue;
        // Two triangles may share several cells; the first one counts.
        if (std::max(a.span.low.x, b.span.low.x) != x ||
            std::max(a.span.low.y, b.span.low.y) != y || std::max(a.span.low.z, b.span.low.z) != z_)
          continue;
        if (trianglesCross(surface_, surface_.triangles[a.triangle],
                           surface_.triangles[b.triangle]))
          out.emplace_back(std::min(a.triangle, b.triangle), std::max(a.triangle, b.triangle));
      }
    }
  }

  const MultiSurface& surface_;
  const std::vector<std::uint8_t>& among_;
  int z_;
  std::vector<Face> faces_;
  std::vector<Entry> entries_, dealt_;
  std::vector<std::uint32_t> places_;
};

/// Which triangles lie in which layer of cells; those of layer k are
/// triangles[first[k] .. first[k + 1]), ascending.
struct Layers {
  std::vector<std::uint32_t> first, triangles;

  std::size_t count() const { return first.size() - 1; }
  std::span<const std::uint32_t> of(std::size_t k) const {
    return std::span(triangles).subspan(first[k], first[k + 1] - first[k]);
  }
};

Layers layersOf(const MultiSurface& surface, const Context& ctx) {
  constexpr std::size_t kSlice = 1 << 16;
  std::size_t layers = 0;
  for (const SurfaceVertex& v : surface.vertices)
    layers = std::max(layers, std::size_t(std::max(0, int(std::floor(v.position.z)) + 1)));
  const std::size_t slices = (surface.triangles.size() + kSlice - 1) / kSlice;
  const auto overSlices = [&](auto&& visit) {
    parallelFor(surface.triangles.size(), kSlice, [&](std::size_t begin, std::size_t end) {
      ctx.check();
      for (std::size_t f = begin; f < end; ++f) {
        const auto& v = surface.triangles[f].vertices;
        const auto z = [&](std::size_t k) { return surface.vertices[v[k]].position.z; };
        const int low = std::max(0, int(std::floor(std::min({z(0), z(1), z(2)})))),
                  high = int(std::floor(std::max({z(0), z(1), z(2)})));
        for (int k = low; k <= high; ++k)
          visit(begin / kSlice * layers + std::size_t(k), static_cast<std::uint32_t>(f));
      }
    });
  };
  std::vector<std::uint32_t> at(slices * layers, 0);  // by slice and layer
  overSlices([&](std::size_t place, std::uint32_t) { ++at[place]; });
  Layers made{std::vector<std::uint32_t>(layers + 1, 0), {}};
  std::uint32_t sum = 0;
  for (std::size_t k = 0; k < layers; ++k) {
    for (std::size_t slice = 0; slice < slices; ++slice)
      sum += std::exchange(at[slice * layers + k], sum);
    made.first[k + 1] = sum;
  }
  made.triangles.resize(sum);
  overSlices([&](std::size_t place, std::uint32_t f) { made.triangles[at[place]++] = f; });
  return made;
}

}  // namespace

std::vector<Pair> crossingTriangles(const MultiSurface& surface,
                                    const std::vector<std::uint8_t>& among, const Context& ctx) {
  const Layers layers = layersOf(surface, ctx);
  std::vector<std::vector<Pair>> found(layers.count());
  parallelFor(layers.count(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t k = begin; k < end; ++k) {
      ctx.check();
      const auto in = layers.of(k);
      if (among.empty() || std::ranges::any_of(in, [&](std::uint32_t f) { return among[f] != 0; }))
        Layer(surface, among, int(k)).collect(in, found[k]);
    }
  });
  std::vector<Pair> all;
  for (const auto& some : found) all.insert(all.end(), some.begin(), some.end());
  return all;
}

std::size_t untangle(MultiSurface& surface, const std::vector<Vec3>& marched, const Context& ctx) {
  std::vector<std::uint8_t> among;
  std::vector<std::uint8_t> halvings(surface.vertices.size(), 0);
  std::vector<std::uint8_t> moved(surface.vertices.size(), 0);
  for (int round = 0; round < kMostRounds; ++round) {
    const auto pairs = crossingTriangles(surface, among, ctx);
    if (pairs.empty()) return 0;
    std::ranges::fill(moved, 0);
    bool any = false;
    const auto back = [&](std::uint32_t v) {
      Vec3& p = surface.vertices[v].position;
      if (moved[v] || p == marched[v]) return;
      p = halvings[v]++ < kHalvings ? (p + marched[v]) * 0.5f : marched[v];
      moved[v] = 1;
      any = true;
    };
    for (const auto& [a, b] : pairs) {
      for (const std::uint32_t v : surface.triangles[a].vertices) back(v);
      for (const std::uint32_t v : surface.triangles[b].vertices) back(v);
    }
    if (!any) return pairs.size();
    // Pairs found but not moved cannot be helped; new ones need a moved corner.
    among.assign(surface.triangles.size(), 0);
    for (std::size_t f = 0; f < among.size(); ++f)
      among[f] = std::ranges::any_of(surface.triangles[f].vertices,
                                     [&](std::uint32_t v) { return moved[v] != 0; });
    ctx.report(float(round + 1) / float(kMostRounds));
  }
  return crossingTriangles(surface, {}, ctx).size();
}

}  // namespace maquette
