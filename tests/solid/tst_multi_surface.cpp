#include <QtTest>
#include <cmath>
#include <random>
#include <utility>

#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "solid/multi_surface.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

VoxelGrid cubeGrid(int side) {
  VoxelGrid grid;
  grid.nx = grid.ny = grid.nz = side;
  return grid;
}

/// Calls at(i, j, k) for the inner nodes; the rim is outside.
template <class At>
std::vector<Material> materials(const VoxelGrid& grid, At&& at) {
  std::vector<Material> m(grid.nodes(), kOutside);
  for (int k = 1; k + 1 < grid.nz; ++k)
    for (int j = 1; j + 1 < grid.ny; ++j)
      for (int i = 1; i + 1 < grid.nx; ++i) m[grid.index(i, j, k)] = at(i, j, k);
  return m;
}

Mesh boundaryOf(const MultiSurface& surface, Material material) {
  Mesh mesh;
  for (const SurfaceVertex& v : surface.vertices) mesh.positions.push_back(v.position);
  for (const SurfaceTriangle& t : surface.triangles) {
    if (t.low == material) mesh.triangles.push_back(t.vertices);
    if (t.high == material) mesh.triangles.push_back({t.vertices[0], t.vertices[2], t.vertices[1]});
  }
  return compacted(mesh);
}

float half(std::size_t, std::size_t) { return 0.5f; }

}  // namespace

class TstMultiSurface : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void anyMaterialsAtAllGiveClosedManifolds() {
    // Random materials at every node: every case of every tetrahedron, and every neighbourhood.
    const VoxelGrid grid = cubeGrid(14);
    for (unsigned seed = 0; seed < 8; ++seed) {
      std::mt19937 random(seed);
      const int count = 2 + int(seed % 5);
      const auto m = materials(grid, [&](int, int, int) {
        const auto drawn = random() % unsigned(count + 1);
        return drawn == unsigned(count) ? kOutside : static_cast<Material>(drawn);
      });
      const MultiSurface surface = multiSurface(m, grid, half, {});
      double sum = 0.;
      for (int part = 0; part < count; ++part) {
        const Mesh boundary = boundaryOf(surface, static_cast<Material>(part));
        QVERIFY(examine(boundary).closedManifold());
        QVERIFY(volumeOf(boundary) > 0.);
        sum += volumeOf(boundary);
      }
      const Mesh outside = boundaryOf(surface, kOutside);
      QVERIFY(examine(outside).closedManifold());
      QVERIFY(std::abs(sum + volumeOf(outside)) < 1e-3 * sum);
    }
  }

  void trianglesPointFromTheLowerMaterialUp() {
    const VoxelGrid grid = cubeGrid(8);
    const auto m =
        materials(grid, [](int i, int, int) { return static_cast<Material>(i < 4 ? 0 : 1); });
    const MultiSurface surface = multiSurface(m, grid, half, {});
    int cuts = 0;
    for (const SurfaceTriangle& t : surface.triangles) {
      QVERIFY(t.low < t.high);
      if (t.high != 1) continue;
      const auto at = [&](std::size_t k) { return surface.vertices[t.vertices[k]].position; };
      QVERIFY(cross(at(1) - at(0), at(2) - at(0)).x > 0.f);
      ++cuts;
    }
    QVERIFY(cuts > 0);
  }

  void crossingsAreHonoured() {
    const VoxelGrid grid = cubeGrid(24);
    const Vec3 centre{11.3f, 11.6f, 11.4f};
    const auto field = [&](std::size_t n) { return length(grid.point(n) - centre) - 8.f; };
    const auto m = materials(grid, [&](int i, int j, int k) {
      return field(grid.index(i, j, k)) < 0.f ? Material{0} : kOutside;
    });
    const MultiSurface surface = multiSurface(
        m, grid, [&](std::size_t a, std::size_t b) { return field(a) / (field(a) - field(b)); },
        {});
    for (const SurfaceVertex& v : surface.vertices)
      QVERIFY(std::abs(length(v.position - centre) - 8.f) < 0.05f);
    QCOMPARE(examine(boundaryOf(surface, 0)).genus(), std::int64_t{0});
  }
};

QTEST_GUILESS_MAIN(TstMultiSurface)
#include "tst_multi_surface.moc"
