#include "solid/part_solids.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <optional>
#include <utility>

#include "core/base/error.h"
#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/triangle_tree.h"
#include "core/jobs/parallel.h"
#include "solid/buried_pieces.h"
#include "solid/cap_flipping.h"
#include "solid/distance_band.h"
#include "solid/inside.h"
#include "solid/label_field.h"
#include "solid/multi_surface.h"
#include "solid/shell.h"
#include "solid/skin_fitting.h"
#include "solid/skin_sharpening.h"
#include "solid/specks.h"
#include "solid/surface_smoothing.h"
#include "solid/thin_walls.h"
#include "solid/untangling.h"

namespace maquette {
namespace {

constexpr float kBandWidth = 2.f;       // voxels; the longest tetrahedron edge is sqrt(3)
constexpr float kLeastStep = 0.05f;     // of a grid edge between a node and a vertex
constexpr std::size_t kSpeckNodes = 6;  // smaller pieces of a part go to its neighbour
constexpr float kClosedReach = 0.9f;    // voxels from the skin to the original
constexpr float kOpenReach = 0.35f;

std::vector<SkinNode> skinNodes(const VoxelGrid& grid, const std::vector<Material>& material,
                                const DistanceBand& band, const TriangleTree& tree,
                                const Shell& shell, std::span<const Material> facePart,
                                const Context& ctx) {
  std::ptrdiff_t steps[7];
  for (int d = 1; d < 8; ++d)
    steps[d - 1] = std::ptrdiff_t(grid.index(d & 1, d >> 1 & 1, d >> 2 & 1));
  constexpr std::size_t kSlice = 1 << 15;
  std::vector<std::vector<SkinNode>> found((grid.nodes() + kSlice - 1) / kSlice);
  parallelFor(grid.nodes(), kSlice, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t node = begin; node < end; ++node) {
      if (material[node] == kOutside) continue;
      const bool skin = std::ranges::any_of(steps, [&](std::ptrdiff_t step) {
        return material[std::size_t(std::ptrdiff_t(node) + step)] == kOutside ||
               material[std::size_t(std::ptrdiff_t(node) - step)] == kOutside;
      });
      if (!skin) continue;
      const auto* near = band.find(node);
      const std::uint32_t face = near ? near->face : tree.nearest(grid.point(node))->face;
      found[begin / kSlice].push_back({node, facePart[shell.faceFrom[face]]});
    }
  });
  std::vector<SkinNode> all;
  for (const auto& some : found) all.insert(all.end(), some.begin(), some.end());
  return all;
}

/// Where the surface passes between the ends of grid edges.
class Crossings {
 public:
  Crossings(const VoxelGrid& grid, const LabelField& field, const Inside& inside,
            const DistanceBand& band, const TriangleTree& tree, const BuriedPieces& buried)
      : grid_(grid), field_(field), inside_(inside), band_(band), tree_(tree), buried_(buried) {}

  float operator()(std::size_t a, std::size_t b) const {
    const Material ma = field_.material[a], mb = field_.material[b];
    const float t = ma == kOutside || mb == kOutside ? skin(a, b) : cut(a, b, ma, mb);
    return std::clamp(t, kLeastStep, 1.f - kLeastStep);
  }

 private:
  float distanceAt(std::size_t node) const {
    const auto* near = band_.find(node);
    return near ? near->distance : std::sqrt(tree_.nearest(grid_.point(node))->distanceSquared);
  }
  float skin(std::size_t a, std::size_t b) const {
    const bool outA = field_.material[a] == kOutside;
    const Vec3 from = grid_.point(outA ? a : b), to = grid_.point(outA ? b : a);
    // The first surface seen from outside: others may run through the inside.
    if (const auto hit = tree_.firstHit(from, to - from, -1e-3f, 1.001f))
      return outA ? hit->distance : 1.f - hit->distance;
    const float da = distanceAt(a), db = distanceAt(b);
    if (!inside_.winding.empty() && inside_.wound.contains(a) && inside_.wound.contains(b)) {
      // A surface between the two is no farther from them than they are from each other. Where
      // there is none, a hole is being closed.
      const float edge = length(grid_.point(b) - grid_.point(a));
      if (da + db > 1.02f * edge) {
        const float wa = inside_.winding[inside_.wound.rank(a)],
                    wb = inside_.winding[inside_.wound.rank(b)];
        return wa != wb ? (wa - 0.5f) / (wa - wb) : 0.5f;
      }
    }
    return da + db > 0.f ? da / (da + db) : 0.5f;
  }
  float cut(std::size_t a, std::size_t b, Material ma, Material mb) const {
    if (const auto at = buried_.between(grid_, a, b)) return *at;
    const float fa = std::max(0.f, field_.lead(a, ma, mb)),
                fb = std::max(0.f, field_.lead(b, mb, ma));
    return fa + fb > 0.f ? fa / (fa + fb) : 0.5f;
  }

  const VoxelGrid& grid_;
  const LabelField& field_;
  const Inside& inside_;
  const DistanceBand& band_;
  const TriangleTree& tree_;
  const BuriedPieces& buried_;
};

/// Fewer voxels through a wall may miss it.
constexpr float kThinVoxels = 1.2f;
constexpr double kFewThin = 0.002;     // of the area; less is not worth a finer grid
constexpr float kEven = 0.5f;          // least against middle thickness of a wall
constexpr double kKeptWalls = 0.95;    // of the thin area that a grid should keep
constexpr double kMostFiner = 3.;      // times finer than asked by the size alone
constexpr double kLeastLost = 0.01;    // of a part's skin; less is not worth a word
constexpr double kFinerBytes = 1.2e9;  // more is not spent unasked

/// A finer grid that keeps the thin walls, where the voxel is ours to choose and memory allows.
std::optional<VoxelGrid> gridForWalls(const std::vector<ThinSpot>& thin, double areaMm2,
                                      const VoxelGrid& grid, const Bounds& bounds,
                                      const PartSolidParams& params) {
  double share = 0.;
  for (const ThinSpot& spot : thin) share += double(spot.area) * grid.voxel * grid.voxel / areaMm2;
  if (params.voxelMm > 0.f || share < kFewThin) return {};
  // A wall is about equally thin all over; rims that taper off are thin at any voxel.
  if (thicknessExceededBy(thin, kKeptWalls) < kEven * thicknessExceededBy(thin, 0.5)) return {};
  const double memory = std::min(params.memoryBytes, kFinerBytes);
  double voxel = std::max(double(thicknessExceededBy(thin, kKeptWalls)) / double(kThinVoxels),
                          1. / kMostFiner) *
                 grid.voxel;
  while (voxel < grid.voxel && estimatedBytes(bounds, areaMm2, voxel) > memory) voxel *= 1.05;
  if (voxel >= 0.98 * grid.voxel) return {};
  return gridAround(bounds, areaMm2, float(voxel), params.memoryBytes);
}

/// The thin walls that no node lies in, by part.
std::vector<LostWalls> lostWalls(const std::vector<ThinSpot>& thin, const VoxelGrid& grid,
                                 const std::vector<Material>& material, const Shell& shell,
                                 std::span<const Material> facePart, std::size_t parts) {
  std::vector<std::vector<ThinSpot>> lost(parts);
  std::vector<double> area(parts, 0.);
  for (std::size_t f = 0; f < shell.mesh.triangles.size(); ++f)
    area[facePart[shell.faceFrom[f]]] +=
        0.5 * double(length(areaVector(shell.mesh, shell.mesh.triangles[f])));
  for (const ThinSpot& spot : thin) {
    const int i = int(std::floor(spot.middle.x)), j = int(std::floor(spot.middle.y)),
              k = int(std::floor(spot.middle.z));
    bool kept = false;
    for (int c = 0; c < 8 && !kept; ++c)
      kept = material[grid.index(i + (c & 1), j + (c >> 1 & 1), k + (c >> 2 & 1))] != kOutside;
    if (!kept) lost[facePart[shell.faceFrom[spot.face]]].push_back(spot);
  }
  std::vector<LostWalls> walls;
  for (std::size_t part = 0; part < parts; ++part) {
    double missing = 0.;
    for (const ThinSpot& spot : lost[part]) missing += double(spot.area);
    if (missing <= kLeastLost * area[part]) continue;
    walls.push_back(
        {part, double(thicknessExceededBy(lost[part], 0.5)) * grid.voxel,
         double(thicknessExceededBy(lost[part], kKeptWalls)) * grid.voxel / double(kThinVoxels)});
  }
  return walls;
}

/// For each part a voxel of which several fit on its skin.
std::vector<double> voxelsThatKeep(const Mesh& mesh, std::span<const Material> facePart,
                                   std::size_t parts) {
  std::vector<double> area(parts, 0.);
  for (std::size_t f = 0; f < mesh.triangles.size(); ++f)
    area[facePart[f]] += 0.5 * double(length(areaVector(mesh, mesh.triangles[f])));
  for (double& a : area) a = std::sqrt(a) / 4.;
  return area;
}

/// Vertices that share their coordinates with an earlier one.
std::vector<std::uint32_t> doubled(const std::vector<Vec3>& positions, const Context& ctx) {
  constexpr std::size_t kBuckets = 256, kSlice = 1 << 16;
  constexpr std::uint32_t kNone = 0xffffffffu;
  const auto hashOf = [&](std::size_t v) {
    const auto bits = [](float x) { return std::uint64_t(std::bit_cast<std::uint32_t>(x + 0.f)); };
    const Vec3 p = positions[v];
    const std::uint64_t mixed = bits(p.x) * 0x9e3779b97f4a7c15u ^ bits(p.y) * 0xc2b2ae3d27d4eb4fu ^
                                bits(p.z) * 0x165667b19e3779f9u;
    return mixed ^ mixed >> 29;
  };
  // Vertices dealt out by bucket, ascending in each.
  const std::size_t slices = (positions.size() + kSlice - 1) / kSlice;
  std::vector<std::uint32_t> cursor(slices * kBuckets, 0), dealt(positions.size());
  const auto overSlices = [&](auto&& visit) {
    parallelFor(positions.size(), kSlice, [&](std::size_t begin, std::size_t end) {
      ctx.check();
      for (std::size_t v = begin; v < end; ++v)
        visit(cursor[begin / kSlice * kBuckets + hashOf(v) % kBuckets], v);
    });
  };
  overSlices([](std::uint32_t& at, std::size_t) { ++at; });
  std::array<std::uint32_t, kBuckets + 1> first{};
  for (std::size_t b = 0; b < kBuckets; ++b) {
    first[b + 1] = first[b];
    for (std::size_t s = 0; s < slices; ++s)
      first[b + 1] += std::exchange(cursor[s * kBuckets + b], first[b + 1]);
  }
  overSlices(
      [&](std::uint32_t& at, std::size_t v) { dealt[at++] = static_cast<std::uint32_t>(v); });
  std::vector<std::vector<std::uint32_t>> found(kBuckets);
  parallelFor(kBuckets, 1, [&](std::size_t bucket, std::size_t) {
    ctx.check();
    const auto in = std::span(dealt).subspan(first[bucket], first[bucket + 1] - first[bucket]);
    std::vector<std::uint32_t> table(std::bit_ceil(2 * in.size() + 1), kNone);
    for (const std::uint32_t v : in) {
      std::size_t at = hashOf(v) / kBuckets & (table.size() - 1);
      while (table[at] != kNone && !(positions[table[at]] == positions[v]))
        at = (at + 1) & (table.size() - 1);
      if (table[at] == kNone)
        table[at] = v;
      else
        found[bucket].push_back(v);
    }
  });
  std::vector<std::uint32_t> all;
  for (const auto& some : found) all.insert(all.end(), some.begin(), some.end());
  return all;
}

/// Programs that read STL join corners by their coordinates, so two vertices may never share them.
void separate(std::vector<Vec3>& positions, const Context& ctx) {
  for (int round = 0; round < 16; ++round) {
    const auto again = doubled(positions, ctx);
    if (again.empty()) return;
    for (const std::uint32_t v : again)
      for (int step = 0; step <= round; ++step) {
        float& x = positions[v][int(v % 3)];
        x = std::nextafter(x, Bounds::kInfinity);
      }
  }
}

/// From marched to smooth cuts and a skin that keeps the original's edges.
/// @param skinReach  voxels from the skin to the original
void finish(MultiSurface& surface, const TriangleTree& original, float skinReach, float smoothing,
            const Context& ctx) {
  const auto places = [&] {
    std::vector<Vec3> all;
    all.reserve(surface.vertices.size());
    for (const SurfaceVertex& v : surface.vertices) all.push_back(v.position);
    return all;
  };
  std::vector<Vec3> marched = places();
  const auto nearest = smoothSurface(surface, original, skinReach, smoothing, ctx.part(0.f, 0.5f));
  const auto sharp = sharpenSkin(surface, marched, original, nearest, ctx.part(0.5f, 0.75f));
  const std::vector<Vec3> wanted = places();
  untangle(surface, marched, ctx.part(0.75f, 0.9f));
  fitSkin(surface, sharp, wanted, original, ctx.part(0.9f, 1.f));
  flipCaps(surface, ctx);
}

/// The triangles that `side` wants, with their own vertices: 1 as they are, -1 turned, 0 not.
template <class Side>
Mesh extracted(const MultiSurface& surface, const std::vector<Vec3>& positions,
               const std::vector<Rgb>& colours, const Context& ctx, Side&& side) {
  constexpr std::uint32_t kNone = 0xffffffffu;
  std::vector<std::uint32_t> number(positions.size(), kNone);
  std::uint32_t count = 0;
  std::size_t triangles = 0;
  for (std::size_t f = 0; f < surface.triangles.size(); ++f) {
    if (f % 65536 == 0) ctx.check();
    const SurfaceTriangle& t = surface.triangles[f];
    if (side(t) == 0) continue;
    ++triangles;
    for (const std::uint32_t v : t.vertices)
      if (number[v] == kNone) number[v] = count++;
  }
  Mesh mesh;
  mesh.positions.resize(count);
  if (!colours.empty()) mesh.colours.resize(count);
  for (std::size_t v = 0; v < number.size(); ++v) {
    if (v % 65536 == 0) ctx.check();
    if (number[v] == kNone) continue;
    mesh.positions[number[v]] = positions[v];
    if (!colours.empty()) mesh.colours[number[v]] = colours[v];
  }
  mesh.triangles.reserve(triangles);
  for (std::size_t f = 0; f < surface.triangles.size(); ++f) {
    if (f % 65536 == 0) ctx.check();
    const SurfaceTriangle& t = surface.triangles[f];
    const int wanted = side(t);
    if (wanted == 0) continue;
    const auto& v = t.vertices;
    mesh.triangles.push_back({number[v[0]], number[v[1]], number[v[2]]});
    if (wanted < 0) std::swap(mesh.triangles.back()[1], mesh.triangles.back()[2]);
  }
  return mesh;
}

/// The colour of the nearest corner of the nearest original triangle.
std::vector<Rgb> coloursFor(const MultiSurface& surface, const Mesh& original, const Shell& shell,
                            const TriangleTree& tree, const VoxelGrid& grid, const Context& ctx) {
  if (original.colours.empty()) return {};
  std::vector<Rgb> colours(surface.vertices.size());
  parallelFor(colours.size(), 512, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t v = begin; v < end; ++v) {
      const auto hit = tree.nearest(surface.vertices[v].position);
      const Triangle& source = original.triangles[shell.faceFrom[hit->face]];
      const Vec3 at = grid.toMm(hit->point);
      std::uint32_t best = source[0];
      for (const std::uint32_t corner : source)
        if (lengthSquared(original.positions[corner] - at) <
            lengthSquared(original.positions[best] - at))
          best = corner;
      colours[v] = original.colours[best];
    }
  });
  return colours;
}

}  // namespace

PartSolids makePartSolids(const Mesh& mesh, std::span<const Material> facePart, std::size_t parts,
                          const PartSolidParams& params, const Context& ctx) {
  if (parts == 0 || parts >= SurfaceVertex::kNoMaterial)
    throw InvalidInput("There are too many parts, or none. Merge some, or segment the mesh first.");
  ctx.stage("Closing the surface");
  Shell shell = prepareShell(mesh, ctx.part(0.f, 0.1f));
  if (shell.mesh.triangles.empty()) throw InvalidInput("The mesh has no area. Choose another one.");
  PartSolids made;
  const Bounds bounds = boundsOf(shell.mesh);
  const double area = areaOf(shell.mesh);
  VoxelGrid grid = gridAround(bounds, area, params.voxelMm, params.memoryBytes);
  for (Vec3& p : shell.mesh.positions) p = grid.toGrid(p);
  std::optional<TriangleTree> found(std::in_place, shell.mesh, ctx);
  std::vector<ThinSpot> thin = thinSpots(*found, kThinVoxels, ctx);
  if (const auto finer = gridForWalls(thin, area, grid, bounds, params)) {
    const auto scale = float(grid.voxel / finer->voxel);
    for (Vec3& p : shell.mesh.positions) p = finer->toGrid(grid.toMm(p));
    for (ThinSpot& spot : thin) {
      spot.middle = finer->toGrid(grid.toMm(spot.middle));
      spot.thickness *= scale;
      spot.area *= scale * scale;
    }
    grid = *finer;
    found.emplace(shell.mesh, ctx);
  }
  const TriangleTree& tree = *found;
  made.voxelMm = grid.voxel;
  DistanceBand band = distanceBand(shell.mesh, grid, kBandWidth, ctx);
  ctx.report(0.2f);
  Inside inside = insideNodes(shell, grid, band, ctx);
  made.repairs = {shell.sign,       shell.holes, shell.cracks,   shell.turned,
                  shell.duplicates, shell.inner, inside.overlaps};
  made.lost = lostWalls(thin, grid, inside.material, shell, facePart, parts);
  made.keptByMm = voxelsThatKeep(mesh, facePart, parts);
  ctx.report(0.35f);
  const auto skin = skinNodes(grid, inside.material, band, tree, shell, facePart, ctx);
  if (skin.empty())
    throw InvalidInput(shell.sign == Sign::counted
                           ? "Everything is thinner than a voxel. Choose a smaller voxel."
                           : "The mesh does not enclose anything. Close its holes first.");

  std::vector<std::uint32_t> skinFaces;
  skinFaces.reserve(skin.size());
  for (const SkinNode& node : skin)
    if (const auto* near = band.find(node.node)) skinFaces.push_back(near->face);
  const BuriedPieces buried(shell, grid, skinFaces, facePart, ctx);
  skinFaces = {};

  ctx.stage("Sharing out the inside");
  LabelField field =
      shareOut(std::move(inside.material), grid, skin, params.smoothing, ctx.part(0.4f, 0.6f));
  removeSpecks(field, grid, kSpeckNodes, ctx);
  buried.claim(field);

  ctx.stage("Cutting");
  MultiSurface surface =
      multiSurface(field.material, grid, Crossings(grid, field, inside, band, tree, buried),
                   ctx.part(0.6f, 0.75f));
  field = {};
  band = {};
  inside = {};

  ctx.stage("Smoothing");
  finish(surface, tree, shell.closed() ? kClosedReach : kOpenReach, params.smoothing,
         ctx.part(0.75f, 0.95f));
  const std::vector<Rgb> colours = coloursFor(surface, mesh, shell, tree, grid, ctx);
  std::vector<Vec3> positions;
  positions.reserve(surface.vertices.size());
  for (const SurfaceVertex& v : surface.vertices) positions.push_back(grid.toMm(v.position));
  surface.vertices = std::vector<SurfaceVertex>();
  separate(positions, ctx);
  made.parts.resize(parts);
  // Two at once: each needs a number for every vertex.
  parallelFor(2, 1, [&](std::size_t which, std::size_t) {
    if (which == 0)
      made.whole = extracted(surface, positions, colours, ctx,
                             [](const SurfaceTriangle& t) { return t.high == kOutside ? 1 : 0; });
    else
      for (std::size_t part = 0; part < parts; ++part)
        made.parts[part] =
            extracted(surface, positions, colours, ctx, [&](const SurfaceTriangle& t) {
              return t.low == part ? 1 : t.high == part ? -1 : 0;
            });
  });
  ctx.report(1.f);
  return made;
}

}  // namespace maquette
