#include "solid/skin_sharpening.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "core/jobs/parallel.h"
#include "solid/flanks.h"
#include "solid/surface_smoothing.h"

namespace maquette {
namespace {

constexpr float kWorth = 0.05f;        // voxels that a side's middle must lie off the original
constexpr float kOnOriginal = 0.12f;   // voxels from a meeting of planes to the original
constexpr float kSnap = 0.3f;          // of a side; nearer ends move instead of dividing it
constexpr float kMild = 0.64f;         // cosine (50 degrees)
constexpr float kReach = 2.5f;         // voxels from a side to the tip that it cuts off
constexpr float kSnapSeam = 0.6f;      // a seam in the bevel of a crease would end up outside it
constexpr float kThere = 0.02f;        // voxels; such a vertex is on the edge already
constexpr float kLeastHeight = 0.06f;  // voxels, of a triangle after a move
constexpr std::size_t kGrain = 8192;

struct Side {
  std::uint32_t a = 0, b = 0;  // a < b
  auto operator<=>(const Side&) const = default;
};

/// A side that runs from flank to flank, and where it should meet the edge between them.
struct Crease {
  Side side;
  Vec3 point;
  bool worth = false;
};

class Sharpener {
 public:
  Sharpener(MultiSurface& surface, std::vector<Vec3>& marched, const TriangleTree& original,
            const std::vector<std::uint32_t>& nearest, const Context& ctx)
      : surface_(surface), marched_(marched), original_(original), nearest_(nearest), ctx_(ctx) {}

  std::vector<std::uint8_t> run() {
    std::vector<Side> sides = crossingSides();
    std::vector<std::uint8_t> beside(surface_.vertices.size(), 0);
    if (sides.empty()) return beside;
    for (const Side& s : sides) beside[s.a] = beside[s.b] = 1;
    ctx_.report(0.2f);
    snap(locate(sides));
    ctx_.report(0.5f);
    const auto joined = [&](const Side& s) { return flanksOf(s.a).share(flanksOf(s.b)); };
    std::erase_if(sides, joined);
    auto creases = locate(sides);
    std::erase_if(creases, [](const Crease& c) { return !c.worth; });
    divide(creases);
    beside.resize(surface_.vertices.size(), 1);
    return beside;
  }

 private:
  Vec3 at(std::uint32_t v) const { return surface_.vertices[v].position; }
  Vec3 normalOf(std::uint32_t v) const {
    const Mesh& mesh = original_.mesh();
    return faceNormal(mesh, mesh.triangles[nearest_[v]]);
  }
  Flanks flanksOf(std::uint32_t v) const {
    if (const auto found = sharp_.find(v); found != sharp_.end()) return found->second;
    Flanks flanks;
    flanks.add(normalOf(v), at(v));
    return flanks;
  }
  std::vector<Side> crossingSides() const;
  std::vector<Crease> locate(const std::vector<Side>& sides) const;
  /// A vertex that belongs on an edge, as the one called other does or the side to it tells.
  struct Move {
    bool skin;  // seams go first
    float gap;
    std::uint32_t vertex;
    Vec3 to;
    Side ends;  // whose flanks meet there
  };
  void snap(const std::vector<Crease>& creases);
  void straightenSeams();
  void apply(std::vector<Move> moves);
  bool mayMove(std::uint32_t v, Vec3 to, std::span<const std::uint32_t> around) const;
  void divide(const std::vector<Crease>& creases);
  std::uint32_t addVertex(Vec3 position, Vec3 marched, std::uint32_t a, std::uint32_t b);
  void divideTriangle(const SurfaceTriangle& t, std::array<std::uint32_t, 3> middle,
                      std::vector<SurfaceTriangle>& out);

  MultiSurface& surface_;
  std::vector<Vec3>& marched_;
  const TriangleTree& original_;
  const std::vector<std::uint32_t>& nearest_;
  const Context& ctx_;
  std::unordered_map<std::uint32_t, Flanks> sharp_;  // vertices on an edge or a corner
};

std::vector<Side> Sharpener::crossingSides() const {
  constexpr std::size_t kSlice = 1 << 15;
  std::vector<std::vector<Side>> found((surface_.triangles.size() + kSlice - 1) / kSlice);
  parallelFor(surface_.triangles.size(), kSlice, [&](std::size_t begin, std::size_t end) {
    ctx_.check();
    for (std::size_t f = begin; f < end; ++f) {
      const SurfaceTriangle& t = surface_.triangles[f];
      if (t.high != kOutside) continue;
      std::array<Vec3, 3> normal;
      for (std::size_t k = 0; k < 3; ++k)
        if (nearest_[t.vertices[k]] != kNoFace) normal[k] = normalOf(t.vertices[k]);
      for (std::size_t k = 0; k < 3; ++k) {
        const std::uint32_t a = t.vertices[k], b = t.vertices[(k + 1) % 3];
        if (nearest_[a] == kNoFace || nearest_[b] == kNoFace ||
            dot(normal[k], normal[(k + 1) % 3]) > kSameFlank)
          continue;
        found[begin / kSlice].push_back({std::min(a, b), std::max(a, b)});
      }
    }
  });
  std::vector<Side> sides;
  for (const auto& some : found) sides.insert(sides.end(), some.begin(), some.end());
  ctx_.check();
  std::ranges::sort(sides);
  sides.erase(std::unique(sides.begin(), sides.end()), sides.end());
  return sides;
}

std::vector<Crease> Sharpener::locate(const std::vector<Side>& sides) const {
  std::vector<Crease> creases(sides.size());
  parallelFor(sides.size(), 256, [&](std::size_t begin, std::size_t end) {
    ctx_.check();
    for (std::size_t s = begin; s < end; ++s) {
      const auto [a, b] = sides[s];
      Crease& crease = creases[s];
      crease.side = sides[s];
      Flanks flanks = flanksOf(a);
      const Flanks others = flanksOf(b);
      // Where the side would cross the edge if the flanks were unfolded into one plane.
      const float fromA = others.distance(at(a)), fromB = flanks.distance(at(b));
      const Vec3 middle =
          at(a) + (at(b) - at(a)) * (fromA + fromB > 0.f ? fromA / (fromA + fromB) : 0.5f);
      const auto below = original_.nearest(middle, 2.f);
      if (!below) continue;
      flanks.add(others);
      const Meeting meeting = meetingOf(flanks, middle);
      crease.point = below->point;
      const float reach = length(at(b) - at(a));
      if (meeting.rank > 1 && length(meeting.point - middle) < std::max(reach, kReach))
        if (const auto hit = original_.nearest(meeting.point, kOnOriginal))
          crease.point = hit->point;
      crease.worth = below->distanceSquared > kWorth * kWorth ||
                     lengthSquared(crease.point - middle) > 4.f * kWorth * kWorth;
    }
  });
  return creases;
}

bool Sharpener::mayMove(std::uint32_t v, Vec3 to, std::span<const std::uint32_t> around) const {
  return std::ranges::all_of(around, [&](std::uint32_t f) {
    const SurfaceTriangle& t = surface_.triangles[f];
    std::array<Vec3, 3> p;
    for (std::size_t k = 0; k < 3; ++k) p[k] = at(t.vertices[k]);
    const Vec3 before = cross(p[1] - p[0], p[2] - p[0]);
    for (std::size_t k = 0; k < 3; ++k)
      if (t.vertices[k] == v) p[k] = to;
    const Vec3 after = cross(p[1] - p[0], p[2] - p[0]);
    const float longest = std::sqrt(std::max(
        {lengthSquared(p[1] - p[0]), lengthSquared(p[2] - p[1]), lengthSquared(p[0] - p[2])}));
    return dot(before, after) > 0.f && length(after) > kLeastHeight * longest;
  });
}

/// Moves vertices that are already near an edge onto it, the nearest first.
void Sharpener::snap(const std::vector<Crease>& creases) {
  std::vector<Move> moves;
  for (const Crease& c : creases) {
    if (!c.worth) continue;
    const float side = length(at(c.side.a) - at(c.side.b));
    for (const std::uint32_t v : {c.side.a, c.side.b}) {
      const bool seam = surface_.vertices[v].rank() >= 3;
      // Beside a mild crease a smooth seam matters more than an exact one.
      if (seam && dot(normalOf(c.side.a), normalOf(c.side.b)) > kMild) continue;
      if (const float gap = length(c.point - at(v)); gap < (seam ? kSnapSeam : kSnap) * side)
        moves.push_back({!seam, gap, v, c.point, c.side});
    }
  }
  apply(std::move(moves));
  straightenSeams();
}

/// A seam that runs along an edge but leaves it for a vertex is brought back.
void Sharpener::straightenSeams() {
  std::unordered_map<std::uint32_t, std::vector<std::uint32_t>> ends;
  for (std::size_t f = 0; f < surface_.triangles.size(); ++f) {
    if (f % 65536 == 0) ctx_.check();
    const SurfaceTriangle& t = surface_.triangles[f];
    if (t.high != kOutside) continue;
    for (std::size_t k = 0; k < 3; ++k)
      for (const std::size_t l : {(k + 1) % 3, (k + 2) % 3}) {
        const std::uint32_t v = t.vertices[k], next = t.vertices[l];
        if (nearest_[v] == kNoFace || surface_.vertices[v].rank() < 3 ||
            surface_.vertices[next].rank() < 3 || sharp_.contains(v) || !sharp_.contains(next))
          continue;
        auto& found = ends[v];
        if (std::ranges::find(found, next) == found.end()) found.push_back(next);
      }
  }
  std::vector<Move> moves;
  for (const auto& [v, found] : ends) {
    if (found.size() != 2 || !sharp_.at(found[0]).share(sharp_.at(found[1]))) continue;
    const Vec3 to = (at(found[0]) + at(found[1])) * 0.5f;
    const auto hit = original_.nearest(to, kOnOriginal);
    if (const float gap = length(to - at(v)); hit && gap < kSnapSeam)
      moves.push_back({false, gap, v, hit->point, {found[0], found[1]}});
  }
  apply(std::move(moves));
}

void Sharpener::apply(std::vector<Move> moves) {
  std::ranges::sort(moves, [](const Move& l, const Move& r) {
    return std::tie(l.skin, l.gap, l.vertex, l.ends) < std::tie(r.skin, r.gap, r.vertex, r.ends);
  });
  std::vector<std::uint8_t> wanted(surface_.vertices.size(), 0);
  for (const Move& m : moves) wanted[m.vertex] = 1;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> incident;  // vertex, triangle
  for (std::uint32_t f = 0; f < surface_.triangles.size(); ++f)
    for (const std::uint32_t v : surface_.triangles[f].vertices)
      if (wanted[v]) incident.emplace_back(v, f);
  std::ranges::sort(incident);
  ctx_.check();
  std::vector<std::uint32_t> around;
  for (Move& m : moves) {
    if (sharp_.contains(m.vertex)) continue;
    around.clear();
    for (auto i = std::ranges::lower_bound(incident, std::pair{m.vertex, 0u});
         i != incident.end() && i->first == m.vertex; ++i)
      around.push_back(i->second);
    Flanks flanks = flanksOf(m.vertex);
    flanks.add(flanksOf(m.ends.a));
    flanks.add(flanksOf(m.ends.b));
    if (m.gap < kThere)
      m.to = at(m.vertex);
    else if (!mayMove(m.vertex, m.to, around))
      continue;
    for (std::size_t i = 0; i < flanks.count; ++i) flanks.at[i] = m.to;
    surface_.vertices[m.vertex].position = m.to;
    sharp_[m.vertex] = flanks;
  }
}

std::uint32_t Sharpener::addVertex(Vec3 position, Vec3 marched, std::uint32_t a, std::uint32_t b) {
  SurfaceVertex made;
  made.position = position;
  made.materials.fill(SurfaceVertex::kNoMaterial);
  const auto& first = surface_.vertices[a].materials;
  const auto& second = surface_.vertices[b].materials;
  std::size_t count = 0;
  for (const Material m : first)
    if (m != SurfaceVertex::kNoMaterial && std::ranges::find(second, m) != second.end())
      made.materials[count++] = m;
  surface_.vertices.push_back(made);
  marched_.push_back(marched);
  return static_cast<std::uint32_t>(surface_.vertices.size() - 1);
}

/// @param middle  the new vertex on the side after each corner, or kNoFace
void Sharpener::divideTriangle(const SurfaceTriangle& t, std::array<std::uint32_t, 3> middle,
                               std::vector<SurfaceTriangle>& out) {
  const auto& v = t.vertices;
  const auto push = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    out.push_back({{a, b, c}, t.low, t.high});
  };
  const auto divided = std::ranges::count_if(middle, [](std::uint32_t m) { return m != kNoFace; });
  if (divided == 0) return push(v[0], v[1], v[2]);
  if (divided == 3) {
    for (std::size_t k = 0; k < 3; ++k) push(v[k], middle[k], middle[(k + 2) % 3]);
    return push(middle[0], middle[1], middle[2]);
  }
  std::size_t k = 0;
  if (divided == 1) {
    while (middle[k] == kNoFace) ++k;
    push(v[k], middle[k], v[(k + 2) % 3]);
    return push(middle[k], v[(k + 1) % 3], v[(k + 2) % 3]);
  }
  while (middle[k] == kNoFace || middle[(k + 2) % 3] == kNoFace) ++k;  // corner k is cut off
  const std::uint32_t b = v[(k + 1) % 3], c = v[(k + 2) % 3], first = middle[k],
                      second = middle[(k + 2) % 3];
  push(v[k], first, second);
  if (lengthSquared(at(c) - at(first)) <= lengthSquared(at(b) - at(second))) {
    push(first, b, c);
    push(first, c, second);
  } else {
    push(first, b, second);
    push(b, c, second);
  }
}

void Sharpener::divide(const std::vector<Crease>& creases) {
  std::vector<std::uint8_t> touched(surface_.vertices.size(), 0);
  const auto firstNew = static_cast<std::uint32_t>(surface_.vertices.size());
  for (const Crease& c : creases) {
    touched[c.side.a] = touched[c.side.b] = 1;
    addVertex(c.point, (marched_[c.side.a] + marched_[c.side.b]) * 0.5f, c.side.a, c.side.b);
  }
  for (const auto& [v, flanks] : sharp_) touched[v] = 1;
  const auto middleOf = [&](std::uint32_t a, std::uint32_t b) {
    if (!touched[a] || !touched[b]) return kNoFace;
    const Side side{std::min(a, b), std::max(a, b)};
    const auto found = std::ranges::lower_bound(creases, side, {}, &Crease::side);
    return found != creases.end() && found->side == side
               ? firstNew + static_cast<std::uint32_t>(found - creases.begin())
               : kNoFace;
  };
  std::vector<SurfaceTriangle> made;
  std::size_t kept = 0;
  for (std::size_t f = 0; f < surface_.triangles.size(); ++f) {
    if (f % 65536 == 0) ctx_.check();
    const SurfaceTriangle t = surface_.triangles[f];
    std::array<std::uint32_t, 3> middle{};
    for (std::size_t k = 0; k < 3; ++k)
      middle[k] = middleOf(t.vertices[k], t.vertices[(k + 1) % 3]);
    if (middle[0] == kNoFace && middle[1] == kNoFace && middle[2] == kNoFace)
      surface_.triangles[kept++] = t;
    else
      divideTriangle(t, middle, made);
  }
  surface_.triangles.resize(kept);
  surface_.triangles.insert(surface_.triangles.end(), made.begin(), made.end());
}

}  // namespace

std::vector<std::uint8_t> sharpenSkin(MultiSurface& surface, std::vector<Vec3>& marched,
                                      const TriangleTree& original,
                                      const std::vector<std::uint32_t>& nearest,
                                      const Context& ctx) {
  return Sharpener(surface, marched, original, nearest, ctx).run();
}

}  // namespace maquette
