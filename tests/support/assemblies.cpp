#include "support/assemblies.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <numbers>
#include <random>
#include <stdexcept>

#include "core/geometry/bounds.h"
#include "core/geometry/disjoint_sets.h"
#include "core/geometry/topology.h"

namespace maquette::test {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();
constexpr double kLeastShare = 0.03;

enum class Kind { sphere, ellipsoid, box, cylinder, capsule, torus, cone };

struct Random {
  std::mt19937 engine;
  float in(float low, float high) {
    return low + (high - low) * float(engine()) / float(std::mt19937::max());
  }
  Vec3 direction() {
    const float z = in(-1.f, 1.f), a = in(0.f, 2.f * std::numbers::pi_v<float>);
    const float r = std::sqrt(1.f - z * z);
    return {r * std::cos(a), r * std::sin(a), z};
  }
};

struct Primitive {
  Kind kind = Kind::sphere;
  Vec3 size;  // half extents in its own frame; torus: x ring, z tube
  Vec3 centre;
  std::array<Vec3, 3> axes;  // orthonormal

  /// Signed distance, or close to it near the surface.
  float distance(Vec3 p) const {
    const Vec3 d = p - centre, q{dot(d, axes[0]), dot(d, axes[1]), dot(d, axes[2])};
    const float r = std::hypot(q.x, q.y);
    switch (kind) {
      case Kind::sphere:
        return length(q) - size.x;
      case Kind::ellipsoid: {
        const Vec3 a{q.x / size.x, q.y / size.y, q.z / size.z};
        const Vec3 b{a.x / size.x, a.y / size.y, a.z / size.z};
        const float k = length(b);
        return k > 0.f ? length(a) * (length(a) - 1.f) / k : -size.x;
      }
      case Kind::box:
        return outside({std::abs(q.x) - size.x, std::abs(q.y) - size.y, std::abs(q.z) - size.z});
      case Kind::cylinder:
        return outside({r - size.x, std::abs(q.z) - size.z, -1e9f});
      case Kind::capsule: {
        const float h = size.z - size.x;
        return std::hypot(r, q.z - std::clamp(q.z, -h, h)) - size.x;
      }
      case Kind::torus:
        return std::hypot(r - (size.x - size.z), q.z) - size.z;
      case Kind::cone: {  // apex up
        const float slant = std::hypot(size.x, 2.f * size.z);
        const float side = ((r - size.x) * 2.f * size.z + (q.z + size.z) * size.x) / slant;
        return std::max(side, -size.z - q.z);
      }
    }
    return 0.f;
  }

 private:
  static float outside(Vec3 d) {
    const Vec3 o{std::max(d.x, 0.f), std::max(d.y, 0.f), std::max(d.z, 0.f)};
    return length(o) + std::min(0.f, std::max({d.x, d.y, d.z}));
  }
};

Primitive drawn(Random& random) {
  Primitive p;
  p.kind = static_cast<Kind>(random.engine() % 7);
  const float s = random.in(7.f, 13.f);
  p.size = {s, s, s};
  if (p.kind == Kind::ellipsoid || p.kind == Kind::box)
    p.size = {s * random.in(0.5f, 1.f), s * random.in(0.5f, 1.f), s * random.in(0.8f, 1.5f)};
  if (p.kind == Kind::cylinder || p.kind == Kind::capsule) {
    const float r = s * random.in(0.3f, 0.6f);
    p.size = {r, r, r * random.in(2.f, 4.f)};
  }
  if (p.kind == Kind::cone) p.size = {s * 0.8f, s * 0.8f, s * random.in(0.8f, 1.4f)};
  if (p.kind == Kind::torus) p.size = {s * 1.2f, s * 1.2f, s * random.in(0.25f, 0.4f)};
  const Vec3 x = random.direction();
  const Vec3 y = normalized(cross(x, random.direction()));
  p.axes = {x, y, cross(x, y)};
  return p;
}

/// How far from `from` along `direction` the surface is last met.
float reach(const Primitive& p, Vec3 from, Vec3 direction) {
  for (float t = 60.f; t > 0.f; t -= 0.05f)
    if (p.distance(from + direction * t) <= 0.f) return t;
  return 0.f;
}

std::vector<Primitive> arranged(Random& random, int count) {
  std::vector<Primitive> all{drawn(random)};
  while (int(all.size()) < count) {
    Primitive p = drawn(random);
    const Primitive& host = all[random.engine() % all.size()];
    const Vec3 outwards = random.direction();
    const float there = reach(host, host.centre, outwards), own = reach(p, p.centre, -outwards);
    if (there <= 0.f || own <= 0.f) continue;  // through the hole of a torus
    p.centre = host.centre + outwards * (there + own * random.in(0.6f, 0.85f));
    all.push_back(p);
  }
  return all;
}

/// Marching tetrahedra (Doi and Koide 1991) on a cubic grid, each cube in six around its diagonal.
class Polygoniser {
 public:
  Polygoniser(Vec3 origin, float cell, std::array<int, 3> points, std::vector<float> values)
      : origin_(origin), cell_(cell), n_(points), values_(std::move(values)) {
    onEdge_.assign(values_.size() * 8, kNone);
  }

  Mesh run() {
    constexpr int kOrders[6][3] = {{1, 2, 4}, {1, 4, 2}, {2, 1, 4},
                                   {2, 4, 1}, {4, 1, 2}, {4, 2, 1}};
    for (int z = 0; z + 1 < n_[2]; ++z)
      for (int y = 0; y + 1 < n_[1]; ++y)
        for (int x = 0; x + 1 < n_[0]; ++x)
          for (const auto& order : kOrders) {
            const int a = order[0], b = a | order[1];
            tetrahedron({at(x, y, z, 0), at(x, y, z, a), at(x, y, z, b), at(x, y, z, 7)});
          }
    return std::move(mesh_);
  }

 private:
  std::uint32_t at(int x, int y, int z, int corner) const {
    return std::uint32_t(((z + (corner >> 2 & 1)) * n_[1] + y + (corner >> 1 & 1)) * n_[0] + x +
                         (corner & 1));
  }
  Vec3 place(std::uint32_t i) const {
    const auto w = std::uint32_t(n_[0]), h = std::uint32_t(n_[1]);
    return origin_ + Vec3{float(i % w), float(i / w % h), float(i / w / h)} * cell_;
  }
  std::uint32_t between(std::uint32_t a, std::uint32_t b) {
    if (a > b) std::swap(a, b);
    const Vec3 p = place(a), q = place(b), d = q - p;
    const int way = (d.x > 0.f) | (d.y > 0.f) << 1 | (d.z > 0.f) << 2;
    std::uint32_t& vertex = onEdge_[std::size_t(a) * 8 + std::size_t(way)];
    if (vertex == kNone) {
      vertex = std::uint32_t(mesh_.positions.size());
      // Kept off the ends, where triangles would shrink to nothing.
      const float t = std::clamp(values_[a] / (values_[a] - values_[b]), 1e-3f, 0.999f);
      mesh_.positions.push_back(p + d * t);
    }
    return vertex;
  }
  void add(std::uint32_t a, std::uint32_t b, std::uint32_t c, Vec3 outwards) {
    Triangle t{a, b, c};
    if (dot(areaVector(mesh_, t), outwards) < 0.f) std::swap(t[1], t[2]);
    mesh_.triangles.push_back(t);
  }
  void tetrahedron(std::array<std::uint32_t, 4> corners) {
    std::ranges::stable_partition(corners, [&](std::uint32_t c) { return values_[c] < 0.f; });
    const auto inside =
        std::ranges::count_if(corners, [&](std::uint32_t c) { return values_[c] < 0.f; });
    if (inside == 0 || inside == 4) return;
    const auto [a, b, c, d] = corners;
    Vec3 in, out;
    for (int i = 0; i < 4; ++i)
      (i < inside ? in : out) +=
          place(corners[std::size_t(i)]) / float(i < inside ? inside : 4 - inside);
    const Vec3 outwards = out - in;
    if (inside == 1) add(between(a, b), between(a, c), between(a, d), outwards);
    if (inside == 3) add(between(a, d), between(b, d), between(c, d), outwards);
    if (inside == 2) {
      const std::uint32_t ac = between(a, c), ad = between(a, d), bc = between(b, c),
                          bd = between(b, d);
      add(ac, ad, bd, outwards);
      add(ac, bd, bc, outwards);
    }
  }

  Vec3 origin_;
  float cell_;
  std::array<int, 3> n_;
  std::vector<float> values_;
  std::vector<std::uint32_t> onEdge_;  // by lower grid point and direction
  Mesh mesh_;
};

Assembly meshed(const std::vector<Primitive>& parts, int cells) {
  Bounds box;
  for (const Primitive& p : parts) {
    const float r = length(p.size);  // a sphere around each
    box.add(p.centre - Vec3{r, r, r});
    box.add(p.centre + Vec3{r, r, r});
  }
  const float cell = box.longest() / float(cells);
  std::array<int, 3> n{};
  for (int a = 0; a < 3; ++a) n[std::size_t(a)] = int(box.size()[a] / cell) + 4;
  const Vec3 origin = box.min - Vec3{cell, cell, cell} * 1.5f;
  std::vector<float> values;
  values.reserve(std::size_t(n[0]) * std::size_t(n[1]) * std::size_t(n[2]));
  for (int z = 0; z < n[2]; ++z)
    for (int y = 0; y < n[1]; ++y)
      for (int x = 0; x < n[0]; ++x) {
        const Vec3 p = origin + Vec3{float(x), float(y), float(z)} * cell;
        float least = Bounds::kInfinity;
        for (const Primitive& part : parts) least = std::min(least, part.distance(p));
        values.push_back(least == 0.f ? 1e-6f : least);
      }
  Assembly made;
  made.mesh = Polygoniser(origin, cell, n, std::move(values)).run();
  made.primitives = std::uint32_t(parts.size());
  for (const Triangle& t : made.mesh.triangles) {
    const Vec3 c = faceCentre(made.mesh, t);
    std::uint32_t nearest = 0;
    for (std::uint32_t i = 1; i < parts.size(); ++i)
      if (std::abs(parts[i].distance(c)) < std::abs(parts[nearest].distance(c))) nearest = i;
    made.labels.push_back(nearest);
  }
  return made;
}

/// Every primitive shows enough, nearly all of it in one piece; the whole is one shell.
bool acceptable(const Assembly& assembly) {
  const Mesh& mesh = assembly.mesh;
  const EdgeTable table = edgesOf(mesh);
  DisjointSets sets(mesh.triangles.size());
  for (const Edge& edge : table.edges) {
    const auto faces = table.facesOf(edge);
    if (faces.size() == 2 && assembly.labels[faces[0]] == assembly.labels[faces[1]])
      sets.join(faces[0], faces[1]);
  }
  std::vector<double> shown(assembly.primitives, 0.), piece(mesh.triangles.size(), 0.),
      largest(assembly.primitives, 0.);
  double total = 0.;
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    const double area = 0.5 * length(areaVector(mesh, mesh.triangles[f]));
    double& sum = piece[sets.find(f)];
    sum += area;
    shown[assembly.labels[f]] += area;
    largest[assembly.labels[f]] = std::max(largest[assembly.labels[f]], sum);
    total += area;
  }
  const auto shells = shellsOf(mesh, table);
  if (*std::ranges::max_element(shells) > 0) return false;
  for (std::uint32_t i = 0; i < assembly.primitives; ++i)
    if (shown[i] < kLeastShare * total || largest[i] < 0.97 * shown[i]) return false;
  return true;
}

}  // namespace

Assembly makeAssembly(std::uint32_t seed, AssemblyParams params) {
  const int count = params.primitives > 0 ? params.primitives : 2 + int(seed % 7);
  for (std::uint32_t draw = 0; draw < 10000; ++draw) {
    Random random{std::mt19937(seed * 10007u + draw)};
    const std::vector<Primitive> parts = arranged(random, count);
    if (params.cells > 24 && !acceptable(meshed(parts, 24))) continue;  // the cheap look first
    Assembly made = meshed(parts, params.cells);
    if (acceptable(made)) return made;
  }
  throw std::runtime_error("no acceptable assembly");
}

Assembly standardAssembly(std::uint32_t seed) {
  constexpr std::array kCells{28, 40, 52, 68, 96};
  return makeAssembly(seed, {0, kCells[seed % kCells.size()]});
}

double meanIoU(const Mesh& mesh, std::span<const std::uint32_t> truth,
               std::span<const std::uint32_t> predicted) {
  std::map<std::uint32_t, double> ofTruth, ofPredicted;
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> both;
  for (std::size_t f = 0; f < truth.size(); ++f) {
    const double area = 0.5 * length(areaVector(mesh, mesh.triangles[f]));
    ofTruth[truth[f]] += area;
    ofPredicted[predicted[f]] += area;
    both[{truth[f], predicted[f]}] += area;
  }
  // The best matching by dynamic programming over sets of the largest predicted labels.
  std::vector<std::pair<double, std::uint32_t>> candidates;
  for (const auto& [label, area] : ofPredicted) candidates.push_back({area, label});
  std::ranges::sort(candidates, std::greater<>());
  candidates.resize(std::min<std::size_t>(candidates.size(), 14));
  std::vector<double> best(std::size_t(1) << candidates.size(), 0.);
  for (const auto& [label, area] : ofTruth)
    for (std::size_t set = best.size(); set-- > 0;)
      for (std::size_t i = 0; i < candidates.size(); ++i) {
        if (!(set >> i & 1)) continue;
        const auto common = both.find({label, candidates[i].second});
        const double shared = common == both.end() ? 0. : common->second;
        const double iou = shared / (area + candidates[i].first - shared);
        best[set] = std::max(best[set], best[set & ~(std::size_t(1) << i)] + iou);
      }
  return *std::ranges::max_element(best) / double(ofTruth.size());
}

}  // namespace maquette::test
