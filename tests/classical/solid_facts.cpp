#include "classical/solid_facts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <utility>

#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/triangle_tree.h"
#include "core/geometry/weld.h"
#include "solid/inside.h"
#include "support/shapes.h"

namespace maquette::test {
namespace {

constexpr double kPi = std::numbers::pi;
using Point = std::array<float, 3>;
Point pointOf(Vec3 p) { return {p.x, p.y, p.z}; }

}  // namespace

Overlap overlapOf(const CompleteResult& result, int samplesAlong) {
  const Bounds bounds = boundsOf(*result.whole);
  // A step and an offset that share nothing with the cut's own grid.
  const VoxelGrid grid = [&] {
    VoxelGrid g;
    g.voxel = double(bounds.longest()) / (double(samplesAlong) + 0.37);
    int* const sides[] = {&g.nx, &g.ny, &g.nz};
    for (int a = 0; a < 3; ++a) {
      *sides[a] = int(double(bounds.size()[a]) / g.voxel) + 5;
      g.origin[std::size_t(a)] = double(bounds.min[a]) - 2.17 * g.voxel;
    }
    return g;
  }();
  const auto nodesIn = [&](const Mesh& mesh) {
    Shell shell;
    shell.mesh = mesh;
    for (Vec3& p : shell.mesh.positions) p = grid.toGrid(p);
    return insideNodes(shell, grid, {}, {}).material;
  };
  std::vector<std::vector<Material>> in;
  std::vector<double> count;
  for (const MeshPtr& part : result.solids) {
    if (!part) continue;
    in.push_back(nodesIn(*part));
    count.push_back(double(std::ranges::count(in.back(), kUndecided)));
  }
  const auto whole = nodesIn(*result.whole);
  Overlap overlap;
  double gaps = 0.;
  std::map<std::pair<std::size_t, std::size_t>, double> shared;
  for (std::size_t n = 0; n < whole.size(); ++n) {
    std::size_t owners = 0, first = 0;
    for (std::size_t p = 0; p < in.size(); ++p) {
      if (in[p][n] != kUndecided) continue;
      if (owners++ == 0)
        first = p;
      else
        shared[{first, p}] += 1.;
    }
    gaps += whole[n] == kUndecided && owners == 0;
  }
  for (const auto& [pair, nodes] : shared)
    overlap.worstPair =
        std::max(overlap.worstPair, nodes / std::min(count[pair.first], count[pair.second]));
  overlap.uncovered = gaps / double(std::ranges::count(whole, kUndecided));
  return overlap;
}

float farthest(const Mesh& from, const Mesh& to) {
  const TriangleTree tree(to);
  float worst = 0.f;
  for (const Vec3& p : from.positions) worst = std::max(worst, tree.nearest(p)->distanceSquared);
  for (const Triangle& t : from.triangles)
    worst = std::max(worst, tree.nearest(faceCentre(from, t))->distanceSquared);
  return std::sqrt(worst);
}

namespace {

/// Visits points spread over a mesh, about `count` of them.
double meanDistance(const Mesh& from, const TriangleTree& to, double count) {
  const double step = areaOf(from) / count;
  double owed = 0., sum = 0., taken = 0.;
  for (const Triangle& t : from.triangles) {
    owed += 0.5 * double(length(areaVector(from, t))) / step;
    for (; owed > 0.; owed -= 1.) {
      // A low-discrepancy walk (golden ratio) over the triangle.
      const double u0 = std::fmod(taken * 0.7548776662, 1.),
                   v0 = std::fmod(taken * 0.5698402910, 1.);
      const bool over = u0 + v0 > 1.;
      const auto u = float(over ? 1. - u0 : u0), v = float(over ? 1. - v0 : v0);
      const Vec3 p = from.positions[t[0]] + (from.positions[t[1]] - from.positions[t[0]]) * u +
                     (from.positions[t[2]] - from.positions[t[0]]) * v;
      sum += std::sqrt(double(to.nearest(p)->distanceSquared));
      taken += 1.;
    }
  }
  return taken > 0. ? sum / taken : 0.;
}

double heightOf(const Mesh& mesh, const Triangle& t) {
  double longest = 0.;
  for (std::size_t k = 0; k < 3; ++k)
    longest =
        std::max(longest, double(length(mesh.positions[t[(k + 1) % 3]] - mesh.positions[t[k]])));
  return longest > 0. ? double(length(areaVector(mesh, t))) / longest : 0.;
}

/// The sharp edges as triangles without area.
/// @param least  triangles lower than this have no direction to speak of and make no sharp edge
Mesh sharpEdgesOf(const Mesh& mesh, double degrees, double least) {
  const Welded welded = weld(mesh, true);
  const EdgeTable edges = edgesOf(welded.mesh);
  Mesh sharp;
  sharp.positions = welded.mesh.positions;
  for (const Edge& edge : edges.edges) {
    if (edge.count != 2) continue;
    const auto f = edges.facesOf(edge);
    if (heightOf(welded.mesh, welded.mesh.triangles[f[0]]) < least ||
        heightOf(welded.mesh, welded.mesh.triangles[f[1]]) < least)
      continue;
    const double cosine = double(dot(faceNormal(welded.mesh, welded.mesh.triangles[f[0]]),
                                     faceNormal(welded.mesh, welded.mesh.triangles[f[1]])));
    if (cosine < std::cos(degrees * kPi / 180.))
      sharp.triangles.push_back({edge.a, edge.b, edge.b});
  }
  return sharp;
}

/// Where three or more sharp edges end.
Mesh cornersOf(const Mesh& sharp) {
  std::vector<int> ends(sharp.positions.size(), 0);
  for (const Triangle& t : sharp.triangles) {
    ++ends[t[0]];
    ++ends[t[1]];
  }
  Mesh corners;
  corners.positions = sharp.positions;
  for (std::uint32_t v = 0; v < ends.size(); ++v)
    if (ends[v] > 2) corners.triangles.push_back({v, v, v});
  return corners;
}

double farthestEdge(const Mesh& from, const Mesh& to) {
  const TriangleTree tree(to);
  float worst = 0.f;
  for (const Triangle& t : from.triangles)
    for (int s = 0; s <= 4; ++s) {
      const Vec3 p =
          from.positions[t[0]] + (from.positions[t[1]] - from.positions[t[0]]) * (float(s) / 4.f);
      worst = std::max(worst, tree.nearest(p)->distanceSquared);
    }
  return std::sqrt(double(worst));
}

}  // namespace

SkinDistance skinDistance(const Mesh& original, const Mesh& whole, double voxelMm) {
  SkinDistance distance;
  distance.meanOut = meanDistance(whole, TriangleTree(original), 40000.);
  distance.meanIn = meanDistance(original, TriangleTree(whole), 40000.);
  // The side that is searched counts blunter edges as well: the two may bend by a hair more or
  // less.
  const Mesh sharp = sharpEdgesOf(original, 60., 0.),
             made = sharpEdgesOf(whole, 60., 0.1 * voxelMm);
  const Mesh blunt = sharpEdgesOf(original, 25., 0.), madeBlunt = sharpEdgesOf(whole, 25., 0.);
  const Mesh corners = cornersOf(sharp);
  if (!sharp.triangles.empty())
    distance.edgeIn = madeBlunt.triangles.empty() ? 1e9 : farthestEdge(sharp, madeBlunt);
  if (!made.triangles.empty())
    distance.edgeOut = blunt.triangles.empty() ? 1e9 : farthestEdge(made, blunt);
  if (!corners.triangles.empty()) {
    if (madeBlunt.triangles.empty()) {
      distance.corner = 1e9;
      return distance;
    }
    const TriangleTree tree(madeBlunt);
    for (const Triangle& t : corners.triangles)
      distance.corner =
          std::max(distance.corner,
                   std::sqrt(double(tree.nearest(corners.positions[t[0]])->distanceSquared)));
  }
  return distance;
}

namespace {

/// Six times the signed volume of a tetrahedron, in double precision.
double orient(Vec3 a, Vec3 b, Vec3 c, Vec3 d) {
  const auto from = [&](Vec3 p) {
    return std::array{double(p.x) - double(a.x), double(p.y) - double(a.y),
                      double(p.z) - double(a.z)};
  };
  const auto u = from(b), v = from(c), w = from(d);
  return u[0] * (v[1] * w[2] - v[2] * w[1]) + u[1] * (v[2] * w[0] - v[0] * w[2]) +
         u[2] * (v[0] * w[1] - v[1] * w[0]);
}

/// The tree's float answer looked at again: in a flat side it sees crossings that are rounding.
bool pierces(const Mesh& mesh, const Edge& edge, const Triangle& t) {
  const Vec3 p = mesh.positions[edge.a], q = mesh.positions[edge.b], a = mesh.positions[t[0]],
             b = mesh.positions[t[1]], c = mesh.positions[t[2]];
  const double u = orient(p, q, a, b), v = orient(p, q, b, c), w = orient(p, q, c, a);
  return orient(a, b, c, p) * orient(a, b, c, q) < 0. &&
         ((u > 0. && v > 0. && w > 0.) || (u < 0. && v < 0. && w < 0.));
}

}  // namespace

std::size_t crossingsIn(const Mesh& mesh) {
  const TriangleTree tree(mesh);
  const EdgeTable edges = edgesOf(mesh);
  std::size_t count = 0;
  for (const Edge& edge : edges.edges) {
    const Vec3 a = mesh.positions[edge.a], along = mesh.positions[edge.b] - a;
    for (float from = 0.f;;) {
      const auto hit = tree.firstHit(a, along, from, 1.f);
      if (!hit) break;
      from = std::nextafter(hit->distance, 2.f);
      const Triangle& t = mesh.triangles[hit->face];
      if (std::ranges::none_of(t, [&](std::uint32_t v) { return v == edge.a || v == edge.b; }) &&
          pierces(mesh, edge, t)) {
        ++count;
      }
    }
    if (edge.count == 2) {
      const auto f = edges.facesOf(edge);
      count += dot(faceNormal(mesh, mesh.triangles[f[0]]), faceNormal(mesh, mesh.triangles[f[1]])) <
               -0.9999f;
    }
  }
  return count;
}

std::vector<Vec3> seamPoints(const CompleteResult& result) {
  std::map<Point, int> owners;
  for (const Vec3& p : result.whole->positions) owners[pointOf(p)] = 0;
  for (const MeshPtr& part : result.solids) {
    if (!part) continue;
    for (const Vec3& p : part->positions)
      if (const auto found = owners.find(pointOf(p)); found != owners.end()) ++found->second;
  }
  std::vector<Vec3> points;
  for (const auto& [p, count] : owners)
    if (count > 1) points.push_back({p[0], p[1], p[2]});
  return points;
}

SeamError seamError(const LabelledShape& shape, const CompleteResult& result) {
  const Welded welded = weld(*shape.mesh, false);
  const EdgeTable edges = edgesOf(welded.mesh);
  Mesh boundary;
  boundary.positions = welded.mesh.positions;
  for (const Edge& edge : edges.edges) {
    std::set<PartId> around;
    for (const std::uint32_t f : edges.facesOf(edge))
      around.insert((*shape.segmentation.labels)[f]);
    if (around.size() > 1) boundary.triangles.push_back({edge.a, edge.b, edge.b});
  }
  const auto seam = seamPoints(result);
  SeamError error;
  if (boundary.triangles.empty() || seam.empty()) return error;
  const TriangleTree tree(boundary);
  for (const Vec3 p : seam)
    error.fromSeam = std::max(error.fromSeam, std::sqrt(tree.nearest(p)->distanceSquared));
  Mesh points;
  points.positions = seam;
  for (std::uint32_t v = 0; v < seam.size(); ++v) points.triangles.push_back({v, v, v});
  const TriangleTree seamTree(points);
  for (const Triangle& t : boundary.triangles)
    error.fromBoundary = std::max(
        error.fromBoundary,
        std::sqrt(seamTree.nearest((boundary.positions[t[0]] + boundary.positions[t[1]]) * 0.5f)
                      ->distanceSquared));
  return error;
}

CutAngles cutAngles(const CompleteResult& result) {
  std::set<std::array<Point, 3>> skin;
  const auto keyOf = [](const Mesh& mesh, const Triangle& t) {
    std::array<Point, 3> key{};
    for (std::size_t k = 0; k < 3; ++k) key[k] = pointOf(mesh.positions[t[k]]);
    std::ranges::sort(key);
    return key;
  };
  for (const Triangle& t : result.whole->triangles) skin.insert(keyOf(*result.whole, t));
  double sum = 0., count = 0., weighted = 0., weight = 0.;
  for (const MeshPtr& part : result.solids) {
    if (!part) continue;
    Mesh cuts = *part;
    std::erase_if(cuts.triangles,
                  [&](const Triangle& t) { return skin.contains(keyOf(*part, t)); });
    const EdgeTable edges = edgesOf(cuts);
    for (const Edge& edge : edges.edges) {
      if (edge.count != 2) continue;
      const auto f = edges.facesOf(edge);
      const Vec3 a = faceNormal(cuts, cuts.triangles[f[0]]),
                 b = faceNormal(cuts, cuts.triangles[f[1]]);
      const double angle = std::acos(std::clamp(double(dot(a, b)), -1., 1.)) * 180. / kPi;
      const double l = double(length(cuts.positions[edge.a] - cuts.positions[edge.b]));
      sum += angle;
      count += 1.;
      weighted += angle * l;
      weight += l;
    }
  }
  if (count == 0.) return {};
  return {sum / count, weighted / weight};
}

}  // namespace maquette::test
