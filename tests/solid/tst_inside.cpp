#include <QtTest>
#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "solid/inside.h"
#include "solid/winding_number.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

Mesh openSphere(float radius, float cutAbove) {
  Mesh mesh = makeSphere(radius, 4);
  std::erase_if(mesh.triangles,
                [&](const Triangle& t) { return faceCentre(mesh, t).z > cutAbove; });
  return mesh;
}

double filledVolume(const Mesh& mesh, float voxel) {
  Shell shell = prepareShell(mesh, {});
  const VoxelGrid grid = gridAround(boundsOf(mesh), 1., voxel, 1e9);
  for (Vec3& p : shell.mesh.positions) p = grid.toGrid(p);
  const DistanceBand band = distanceBand(shell.mesh, grid, 2.f, {});
  const Inside inside = insideNodes(shell, grid, band, {});
  return double(std::ranges::count(inside.material, kUndecided)) * std::pow(grid.voxel, 3);
}

}  // namespace

class TstInside : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aClosedSurfaceWindsOnceInsideAndNeverOutside() {
    const Mesh torus = makeTorus(20.f, 7.f, 96, 40);
    const WindingNumber winding(torus);
    for (int i = 0; i < 400; ++i) {
      const float a = float(i) * 0.37f, r = float(i % 29), z = float(i % 17) - 8.f;
      const Vec3 p{r * std::cos(a), r * std::sin(a), z};
      const float toTube = std::hypot(r - 20.f, z);
      if (std::abs(toTube - 7.f) < 0.5f) continue;
      QVERIFY(std::abs(winding.at(p) - (toTube < 7.f ? 1. : 0.)) < 0.05);
    }
  }

  void halfASphereWindsHalfAroundItsCentre() {
    const Mesh half = openSphere(10.f, 0.f);
    QVERIFY(std::abs(WindingNumber(half).at({0, 0, 0}) - 0.5) < 0.02);
  }

  void rowsFillEveryKindOfClosedShell() {
    const double sphere = 4. / 3. * 3.14159265 * 1000.;
    const Mesh ball = makeSphere(10.f, 5);
    QVERIFY(std::abs(filledVolume(ball, 0.4f) / sphere - 1.) < 0.01);
    QVERIFY(std::abs(filledVolume(flipped(ball), 0.4f) / sphere - 1.) < 0.01);
    QVERIFY(std::abs(filledVolume(joined(ball, ball), 0.4f) / sphere - 1.) < 0.01);
    const Mesh cavity = joined(ball, flipped(makeSphere(5.f, 5)));
    QVERIFY(std::abs(filledVolume(cavity, 0.4f) / (sphere * 7. / 8.) - 1.) < 0.01);
    // One solid inside another, both facing out, is one solid.
    QVERIFY(std::abs(filledVolume(joined(ball, makeSphere(5.f, 5)), 0.4f) / sphere - 1.) < 0.01);
  }

  void rowsThroughEdgesAndCornersCountOnce() {
    // Boxes whose sides, edges and corners lie exactly on grid nodes.
    Shell shell = prepareShell(makeBox({8, 8, 8}, 4), {});
    QVERIFY(shell.sign == Sign::counted);
    for (Vec3& p : shell.mesh.positions) p += Vec3{8, 8, 8};
    VoxelGrid grid;
    grid.nx = grid.ny = grid.nz = 17;
    const Inside inside = insideNodes(shell, grid, {}, {});
    // Half-open on every axis: 8 nodes a side.
    QCOMPARE(std::ranges::count(inside.material, kUndecided), std::ptrdiff_t{512});
  }

  void holesAreClosedHalfWay() {
    const double sphere = 4. / 3. * 3.14159265 * 1000.;
    const Mesh open = openSphere(10.f, 8.f);
    QVERIFY(prepareShell(open, {}).sign == Sign::filled);
    const double cap = 3.14159265 * 4. * (30. - 2.) / 3.;  // height 2
    const double filled = filledVolume(open, 0.4f);
    QVERIFY(filled < sphere * 1.005 && filled > sphere - 1.5 * cap);
  }

  void trianglesThatDisagreeAreTurned() {
    Mesh mixed = makeSphere(10.f, 4);
    for (std::size_t f = 0; f < mixed.triangles.size(); f += 3)
      std::swap(mixed.triangles[f][1], mixed.triangles[f][2]);
    QVERIFY(prepareShell(mixed, {}).sign == Sign::counted);
    QVERIFY(std::abs(filledVolume(mixed, 0.5f) / (4. / 3. * 3.14159265 * 1000.) - 1.) < 0.02);
  }

  void aGridThatDoesNotFitNamesOneThatDoes() {
    const Bounds bounds{{0, 0, 0}, {100, 100, 100}};
    try {
      gridAround(bounds, 6e4, 0.05f, 1e9);
      QFAIL("8 billion nodes were accepted");
    } catch (const OutOfMemory& error) {
      const QString text = error.what();
      const auto match = QRegularExpression("Choose ([0-9.]+) mm").match(text);
      QVERIFY(match.hasMatch());
      const float named = match.captured(1).toFloat();
      QVERIFY(gridAround(bounds, 6e4, named, 1e9).nodes() > 0);
    }
    QVERIFY(gridAround(bounds, 6e4, 0.f, 1e8).voxel > 0.5);  // automatic: as fine as memory allows
  }
};

QTEST_GUILESS_MAIN(TstInside)
#include "tst_inside.moc"
