#include "support/assemblies.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <random>
#include <stdexcept>

#include "core/geometry/bounds.h"
#include "core/geometry/disjoint_sets.h"
#include "core/geometry/topology.h"
#include "support/marching_tetrahedra.h"

namespace maquette::test {
namespace {

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

std::vector<Primitive> arranged(Random& random, int count, const AssemblyParams& params) {
  std::vector<Primitive> all{drawn(random)};
  while (int(all.size()) < count) {
    Primitive p = drawn(random);
    const Primitive& host = all[random.engine() % all.size()];
    const Vec3 outwards = random.direction();
    const float there = reach(host, host.centre, outwards), own = reach(p, p.centre, -outwards);
    if (there <= 0.f || own <= 0.f) continue;  // through the hole of a torus
    p.centre = host.centre + outwards * (there + own * random.in(params.nearest, params.farthest));
    all.push_back(p);
  }
  return all;
}

/// The union; with a fillet of about `blend` mm where surfaces meet (a polynomial smooth minimum).
float distanceTo(const std::vector<Primitive>& parts, Vec3 p, float blend) {
  float least = Bounds::kInfinity;
  for (const Primitive& part : parts) {
    const float d = part.distance(p), gap = std::abs(d - least);
    least = std::min(least, d);
    if (gap < blend) least -= (blend - gap) * (blend - gap) / (4.f * blend);
  }
  return least;
}

/// Coordinates of grid planes. Uneven ones are up to `uneven` times farther apart in one place than
/// in another.
std::vector<float> planes(float origin, float cell, int count, float uneven, float phase) {
  constexpr float kTurn = 2.f * std::numbers::pi_v<float>;
  const float swing = (uneven - 1.f) / (uneven + 1.f), last = float(count - 1);
  std::vector<float> at;
  for (int i = 0; i < count; ++i) {
    const float t = float(i) / last;
    const float shift = swing * (std::sin(kTurn * (t + phase)) - std::sin(kTurn * phase)) / kTurn;
    at.push_back(origin + (uneven == 1.f ? float(i) : (t + shift) * last) * cell);
  }
  return at;
}

Grid gridAround(const std::vector<Primitive>& parts, const AssemblyParams& params) {
  Bounds box;
  for (const Primitive& p : parts) {
    const float r = length(p.size);  // a sphere around each
    box.add(p.centre - Vec3{r, r, r});
    box.add(p.centre + Vec3{r, r, r});
  }
  const float cell = box.longest() / float(params.cells);
  const Vec3 origin = box.min - Vec3{cell, cell, cell} * 1.5f;
  Grid grid;
  for (int a = 0; a < 3; ++a)
    grid.at[std::size_t(a)] =
        planes(origin[a], cell, int(box.size()[a] / cell) + 4, params.uneven, 0.3f * float(a));
  grid.values.resize(grid.count());
  for (std::uint32_t i = 0; i < grid.count(); ++i) {
    const float d = distanceTo(parts, grid.place(i), params.blend);
    grid.values[i] = d == 0.f ? 1e-6f : d;
  }
  return grid;
}

Assembly meshed(const std::vector<Primitive>& parts, const AssemblyParams& params) {
  Assembly made;
  made.mesh = surfaceOf(gridAround(parts, params));
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

/// Splits every edge of one part's triangles in the middle, so that they are a quarter as large as
/// those of its neighbours; triangles along the border are split to fit.
void makeFiner(Assembly& assembly, std::uint32_t part) {
  Mesh& mesh = assembly.mesh;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint32_t> middles;
  const auto keyOf = [](std::uint32_t a, std::uint32_t b) {
    return std::pair(std::min(a, b), std::max(a, b));
  };
  for (std::size_t f = 0; f < mesh.triangles.size(); ++f) {
    if (assembly.labels[f] != part) continue;
    const Triangle t = mesh.triangles[f];
    for (int k = 0; k < 3; ++k) {
      const std::uint32_t a = t[k], b = t[(k + 1) % 3];
      if (!middles.try_emplace(keyOf(a, b), std::uint32_t(mesh.positions.size())).second) continue;
      mesh.positions.push_back((mesh.positions[a] + mesh.positions[b]) * 0.5f);
    }
  }
  std::vector<Triangle> triangles;
  std::vector<std::uint32_t> labels;
  for (std::size_t f = 0; f < mesh.triangles.size(); ++f) {
    std::vector<std::uint32_t> round;  // corners and middles, in order
    std::vector<std::size_t> middle;   // where the middles stand
    for (int k = 0; k < 3; ++k) {
      round.push_back(mesh.triangles[f][k]);
      const auto found = middles.find(keyOf(round.back(), mesh.triangles[f][(k + 1) % 3]));
      if (found == middles.end()) continue;
      middle.push_back(round.size());
      round.push_back(found->second);
    }
    const auto add = [&](std::size_t a, std::size_t b, std::size_t c) {
      triangles.push_back({round[a], round[b], round[c]});
      labels.push_back(assembly.labels[f]);
    };
    if (middle.size() == 3) {
      add(0, 1, 5);
      add(1, 2, 3);
      add(3, 4, 5);
      add(1, 3, 5);
    } else {  // a fan from the first middle, or the triangle as it is
      const std::size_t n = round.size(), from = middle.empty() ? 0 : middle[0];
      for (std::size_t i = 1; i + 1 < n; ++i) add(from, (from + i) % n, (from + i + 1) % n);
    }
  }
  mesh.triangles = std::move(triangles);
  assembly.labels = std::move(labels);
}

/// Moves every corner in a random direction by up to `share` of the mean edge length around it.
void roughen(Mesh& mesh, float share, Random& random) {
  std::vector<float> sum(mesh.positions.size(), 0.f), count(mesh.positions.size(), 0.f);
  for (const Triangle& t : mesh.triangles)
    for (int k = 0; k < 3; ++k) {
      sum[t[k]] += length(mesh.positions[t[(k + 1) % 3]] - mesh.positions[t[k]]);
      count[t[k]] += 1.f;
    }
  for (std::size_t v = 0; v < mesh.positions.size(); ++v)
    if (count[v] > 0.f)
      mesh.positions[v] += random.direction() * (random.in(0.f, share) * sum[v] / count[v]);
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

Assembly makeAssembly(std::uint32_t seed, const AssemblyParams& params) {
  const int count = params.primitives > 0 ? params.primitives : 2 + int(seed % 7);
  for (std::uint32_t draw = 0; draw < 10000; ++draw) {
    Random random{std::mt19937(seed * 10007u + draw)};
    const std::vector<Primitive> parts = arranged(random, count, params);
    AssemblyParams cheap = params;
    cheap.cells = std::min(params.cells, 24);
    if (params.cells > 24 && !acceptable(meshed(parts, cheap))) continue;
    Assembly made = meshed(parts, params);
    if (!acceptable(made)) continue;
    if (params.uneven > 1.f) makeFiner(made, 0);
    if (params.noise > 0.f) roughen(made.mesh, params.noise, random);
    return made;
  }
  throw std::runtime_error("no acceptable assembly");
}

Assembly standardAssembly(std::uint32_t seed) {
  constexpr std::array kCells{28, 40, 52, 68, 96};
  return makeAssembly(seed, {.cells = kCells[seed % kCells.size()]});
}

Assembly variedAssembly(std::uint32_t seed) {
  constexpr std::array kCells{36, 44, 52, 40, 60, 48, 56, 32, 64};
  AssemblyParams params{.cells = kCells[seed % kCells.size()]};
  switch (seed % 8) {
    case 0:
      break;
    case 1:  // narrow joints
      params.nearest = 0.86f;
      params.farthest = 0.95f;
      break;
    case 2:  // wide joints
      params.nearest = 0.4f;
      params.farthest = 0.6f;
      break;
    case 3:
      params.blend = 2.f;
      break;
    case 4:
      params.blend = 5.f;
      break;
    case 5:
      params.noise = 0.25f;
      break;
    case 6:
      params.uneven = 4.f;
      break;
    default:  // something of everything
      params.nearest = 0.5f;
      params.farthest = 0.9f;
      params.blend = 3.f;
      params.noise = 0.15f;
      params.uneven = 2.5f;
  }
  if (seed % 32 == 12) params.cells = 130;  // about 200k triangles
  if (seed % 32 == 17) params.cells = 225;  // about 600k
  return makeAssembly(seed + 1000u, params);
}

std::string traitsOf(std::uint32_t seed) {
  constexpr std::array kNames{"plain",        "narrow joints", "wide joints", "small fillets",
                              "wide fillets", "noise",         "uneven",      "everything"};
  return kNames[seed % 8];
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
  std::vector<double> iou(candidates.size());
  for (const auto& [label, area] : ofTruth) {
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      const auto common = both.find({label, candidates[i].second});
      const double shared = common == both.end() ? 0. : common->second;
      iou[i] = shared / (area + candidates[i].first - shared);
    }
    for (std::size_t set = best.size(); set-- > 0;)
      for (std::size_t i = 0; i < candidates.size(); ++i)
        if (set >> i & 1)
          best[set] = std::max(best[set], best[set & ~(std::size_t(1) << i)] + iou[i]);
  }
  return *std::ranges::max_element(best) / double(ofTruth.size());
}

}  // namespace maquette::test
