#include "masks/clean_surface.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "masks/dropped_faces.h"

namespace maquette {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kStride = 65536;  // between looks at the context

/// Numbers things in the order of their first appearance; what is equal has one number.
///
/// @param same(a, b)  whether thing a equals thing b
template <class Same>
class FirstOnes {
 public:
  FirstOnes(std::size_t most, Same same)
      : slots_(std::bit_ceil(2 * most + 2), kNone), same_(std::move(same)) {}

  /// The first thing that equals this one: perhaps itself.
  std::uint32_t firstOf(std::uint64_t hash, std::uint32_t thing) {
    hash ^= hash >> 29;
    hash *= 0x9e3779b97f4a7c15ull;
    std::size_t slot = (hash ^ (hash >> 32)) & (slots_.size() - 1);
    while (slots_[slot] != kNone && !same_(slots_[slot], thing))
      slot = (slot + 1) & (slots_.size() - 1);
    if (slots_[slot] == kNone) slots_[slot] = thing;
    return slots_[slot];
  }

 private:
  std::vector<std::uint32_t> slots_;
  Same same_;
};

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0xbf58476d1ce4e5b9ull;
  return hash ^ (hash >> 31);
}

std::vector<std::uint8_t> usedBy(const std::vector<Triangle>& faces, std::size_t vertices) {
  std::vector<std::uint8_t> used(vertices, 0);
  for (const Triangle& face : faces)
    for (const std::uint32_t v : face) used[v] = 1;
  return used;
}

/// Keeps the vertices that faces use and for which firstOf(v) is v; the others become firstOf(v).
/// Keeps `texture` in step.
template <class FirstOf>
void keepFirst(Surface& surface, std::vector<std::array<double, 2>>& texture,
               const FirstOf& firstOf, const Context& ctx) {
  const std::vector<std::uint8_t> used = usedBy(surface.faces, surface.vertices.size());
  std::vector<std::uint32_t> place(surface.vertices.size(), kNone);
  std::uint32_t kept = 0;
  for (std::uint32_t v = 0; v < surface.vertices.size(); ++v) {
    if (v % kStride == 0) ctx.check();
    if (!used[v]) continue;
    const std::uint32_t first = firstOf(v);
    if (first != v) {
      place[v] = place[first];
      continue;
    }
    surface.vertices[kept] = surface.vertices[v];
    if (!texture.empty()) texture[kept] = texture[v];
    place[v] = kept++;
  }
  surface.vertices.resize(kept);
  if (!texture.empty()) texture.resize(kept);
  for (Triangle& face : surface.faces)
    for (std::uint32_t& v : face) v = place[v];
}

/// Makes one of vertices whose rounded coordinates are equal; `texture` may be empty.
void weld(Surface& surface, std::vector<std::array<double, 2>>& texture, const Context& ctx) {
  struct Key {
    std::array<std::int64_t, 5> part{};
  };
  std::vector<Key> keys(surface.vertices.size());
  for (std::size_t v = 0; v < keys.size(); ++v) {
    if (v % kStride == 0) ctx.check();
    // nearbyint rounds halves to even, as long as nobody changed the rounding.
    for (std::size_t a = 0; a < 3; ++a)
      keys[v].part[a] = std::int64_t(std::nearbyint(surface.vertices[v][a] * 1e8));
    if (!texture.empty())
      for (std::size_t a = 0; a < 2; ++a)
        keys[v].part[3 + a] = std::int64_t(std::nearbyint(texture[v][a] * 1e4));
  }
  FirstOnes first(keys.size(),
                  [&](std::uint32_t a, std::uint32_t b) { return keys[a].part == keys[b].part; });
  keepFirst(
      surface, texture,
      [&](std::uint32_t v) {
        std::uint64_t hash = 0;
        for (const std::int64_t part : keys[v].part) hash = mixed(hash, std::uint64_t(part));
        return first.firstOf(hash, v);
      },
      ctx);
}

Place minus(const Place& a, const Place& b) { return {a[0] - b[0], a[1] - b[1], a[2] - b[2]}; }
Place crossed(const Place& a, const Place& b) {
  return {a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]};
}
double dotted(const Place& a, const Place& b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
double lengthOf(const Place& a) { return std::sqrt(dotted(a, a)); }

/// Whether both heights over the sides at the first corner are more than nothing.
bool hasHeight(const Surface& surface, const Triangle& face) {
  constexpr double kLeast = 1e-8;
  const Place a = minus(surface.vertices[face[1]], surface.vertices[face[0]]);
  const Place b = minus(surface.vertices[face[2]], surface.vertices[face[0]]);
  const double doubled = lengthOf(crossed(a, b));
  return doubled / lengthOf(a) > kLeast && doubled / lengthOf(b) > kLeast;  // false for 0 / 0
}

void dropUseless(CleanSurface& clean, const Context& ctx) {
  std::vector<Triangle>& faces = clean.surface.faces;
  const auto sorted = [&](std::uint32_t f) {
    Triangle corners = faces[f];
    std::ranges::sort(corners);
    return corners;
  };
  std::vector<std::uint8_t> keep(faces.size());
  {
    FirstOnes first(faces.size(),
                    [&](std::uint32_t a, std::uint32_t b) { return sorted(a) == sorted(b); });
    for (std::uint32_t f = 0; f < faces.size(); ++f) {
      if (f % kStride == 0) ctx.check();
      std::uint64_t hash = 0;
      for (const std::uint32_t v : sorted(f)) hash = mixed(hash, v);
      keep[f] = first.firstOf(hash, f) == f && hasHeight(clean.surface, faces[f]);
    }
  }
  for (std::uint32_t f = 0; f < keep.size(); ++f)
    if (keep[f]) clean.faceFrom.push_back(f);
  if (!clean.faceFrom.empty())
    clean.cleanOf = standingFor(faces, clean.faceFrom, clean.surface.vertices.size(), ctx);
  for (std::size_t i = 0; i < clean.faceFrom.size(); ++i) faces[i] = faces[clean.faceFrom[i]];
  faces.resize(clean.faceFrom.size());
}

/// Whether two neighbours run the same way along the edge between them, so that one is turned.
bool againstEachOther(const Triangle& a, const Triangle& b) {
  for (std::size_t i = 0; i < 3; ++i)
    for (std::size_t j = 0; j < 3; ++j) {
      if (a[i] == b[j] && a[(i + 1) % 3] == b[(j + 1) % 3]) return true;
      if (a[i] == b[(j + 1) % 3] && a[(i + 1) % 3] == b[j]) return false;
    }
  return false;
}

/// Breadth first over every group of faces that hang together, from the face that comes first in
/// the list of pairs. visit(face, from): `from` is the face that led here, or the face itself.
/// endOf(faces of the group).
template <class Visit, class EndOf>
void walk(const FaceLinks& links, const Visit& visit, const EndOf& endOf, const Context& ctx) {
  std::vector<std::uint8_t> seen(links.faces(), 0);
  std::vector<std::uint32_t> queue;
  for (const FacePair& pair : links.pairs) {
    if (seen[pair[0]]) continue;
    queue.assign(1, pair[0]);
    seen[pair[0]] = 1;
    visit(pair[0], pair[0]);
    for (std::size_t i = 0; i < queue.size(); ++i) {
      if (i % kStride == 0) ctx.check();
      const std::uint32_t from = queue[i];
      for (const std::uint32_t to : links.of(from)) {
        if (seen[to]) continue;
        seen[to] = 1;
        visit(to, from);
        queue.push_back(to);
      }
    }
    endOf(queue);
  }
}

void turn(Triangle& face) { std::swap(face[0], face[2]); }

void repairWinding(Surface& surface, const FaceLinks& links, const Context& ctx) {
  std::vector<Triangle>& faces = surface.faces;
  const bool consistent = std::ranges::none_of(links.pairs, [&](const FacePair& pair) {
    return againstEachOther(faces[pair[0]], faces[pair[1]]);
  });
  if (!consistent)
    walk(
        links,
        [&](std::uint32_t face, std::uint32_t from) {
          if (face != from && againstEachOther(faces[from], faces[face])) turn(faces[face]);
        },
        [](const auto&) {}, ctx);
  if (!links.closed) return;
  const auto volume = [&](std::uint32_t f) {
    const auto& v = surface.vertices;
    // From a corner of the mesh, lest the distance to the origin costs digits.
    const Place &o = v[faces[0][0]], &a = v[faces[f][0]], &b = v[faces[f][1]], &c = v[faces[f][2]];
    return dotted(minus(a, o), crossed(minus(b, o), minus(c, o)));
  };
  walk(
      links, [](auto, auto) {},
      [&](const std::vector<std::uint32_t>& body) {
        double sum = 0.;
        for (const std::uint32_t f : body) sum += volume(f);
        if (sum < 0.)
          for (const std::uint32_t f : body) turn(faces[f]);
      },
      ctx);
}

}  // namespace

Surface surfaceOf(const Mesh& mesh) {
  Surface surface;
  surface.vertices.reserve(mesh.positions.size());
  for (const Vec3& p : mesh.positions)
    surface.vertices.push_back({double(p.x), double(p.y), double(p.z)});
  surface.faces = mesh.triangles;
  return surface;
}

CleanSurface cleaned(const Surface& original, std::span<const std::array<double, 2>> texture,
                     const Context& ctx, CleaningSteps* steps) {
  CleanSurface clean;
  clean.surface = original;
  std::vector<std::array<double, 2>> seams(texture.begin(), texture.end());
  weld(clean.surface, seams, ctx);
  dropUseless(clean, ctx);
  const std::size_t vertices = clean.surface.vertices.size();
  clean.links = faceLinksOf(clean.surface.faces, vertices, ctx);
  repairWinding(clean.surface, clean.links, ctx);
  // A second weld finds what the first one left unused, and nothing else.
  keepFirst(
      clean.surface, seams, [](std::uint32_t v) { return v; }, ctx);
  if (steps) steps->welded = clean.surface;
  if (seams.empty()) return clean;  // what is equal by place is one already
  seams.clear();
  weld(clean.surface, seams, ctx);
  clean.links = faceLinksOf(clean.surface.faces, clean.surface.vertices.size(), ctx);
  return clean;
}

}  // namespace maquette
