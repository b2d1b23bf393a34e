#include <QtTest>
#include <random>

#include "core/base/error.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/triangle_tree.h"
#include "core/geometry/weld.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

class TstGeometry : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aUnitCubeHasVolumeOneAndAreaSix() {
    const Mesh cube = makeCube(1.f);
    QCOMPARE(cube.triangles.size(), 12u);
    QVERIFY(qAbs(volumeOf(cube) - 1.) < 1e-6);
    QVERIFY(qAbs(areaOf(cube) - 6.) < 1e-6);
    QVERIFY(qAbs(volumeOf(moved(cube, {1000, 1000, 1000})) - 1.) < 1e-3);
  }

  void closedShapesHaveTheirGenus() {
    for (const Mesh& mesh :
         {makeCube(2.f), makeBox({1, 2, 3}, 4), makeSphere(3.f, 3), makeCylinder(1, 4, 24, 5)}) {
      const TopologyReport report = examine(mesh);
      QVERIFY(report.closedManifold());
      QCOMPARE(report.genus(), 0);
      QCOMPARE(report.shells, 1);
      QVERIFY(volumeOf(mesh) > 0.);
    }
    QCOMPARE(examine(makeTorus(10, 3, 40, 20)).genus(), 1);
    QVERIFY(volumeOf(makeTorus(10, 3, 40, 20)) > 0.);
    QCOMPARE(examine(joined(makeCube(1), moved(makeTorus(10, 3, 40, 20), {30, 0, 0}))).shells, 2);
  }

  void damageIsCounted() {
    Mesh open = makeCube(1.f);
    open.triangles.pop_back();
    QCOMPARE(examine(open).openEdges, 3);
    QVERIFY(!examine(open).closed());

    Mesh turned = makeCube(1.f);
    std::swap(turned.triangles[0][0], turned.triangles[0][1]);
    QCOMPARE(examine(turned).inconsistentEdges, 3);

    // Two cubes that share an edge: one edge with four faces.
    const Mesh edgeTouching =
        weld(joined(makeCube(1.f), moved(makeCube(1.f), {1, 1, 0})), true).mesh;
    QCOMPARE(examine(edgeTouching).nonManifoldEdges, 1);

    // Two cubes that share a corner: manifold edges, a pinched vertex.
    const Mesh cornerTouching =
        weld(joined(makeCube(1.f), moved(makeCube(1.f), {1, 1, 1})), true).mesh;
    QCOMPARE(examine(cornerTouching).nonManifoldEdges, 0);
    QCOMPARE(examine(cornerTouching).nonManifoldVertices, 1);
    QVERIFY(!examine(cornerTouching).closedManifold());
  }

  void unusableMeshesAreNamed() {
    QVERIFY_EXCEPTION_THROWN(requireUsable(Mesh{}), InvalidInput);
    Mesh nan = makeCube(1.f);
    nan.positions[3].y = std::nanf("");
    QVERIFY_EXCEPTION_THROWN(requireUsable(nan), InvalidInput);
    Mesh wild = makeCube(1.f);
    wild.triangles[5][1] = 8;
    QVERIFY_EXCEPTION_THROWN(requireUsable(wild), InvalidInput);
    requireUsable(makeCube(1.f));
  }

  void weldingJoinsEqualCornersOnly() {
    const Mesh cube = makeCube(1.f);
    Mesh soup;
    for (const Triangle& t : cube.triangles) {
      for (const std::uint32_t v : t) soup.positions.push_back(cube.positions[v]);
      const auto n = static_cast<std::uint32_t>(soup.positions.size());
      soup.triangles.push_back({n - 3, n - 2, n - 1});
    }
    soup.positions.push_back({-0.f, 0.f, 0.f});
    soup.positions.push_back({0.f, -0.f, 0.f});
    const Welded welded = weld(soup, true);
    QCOMPARE(welded.mesh.positions.size(), 9u);  // eight corners and the stray origin
    QVERIFY(examine(welded.mesh).closedManifold());
    QCOMPARE(welded.faceFrom.size(), 12u);
  }

  void theTreeAgreesWithBruteForce() {
    const Mesh mesh = makeTorus(10, 3, 30, 14);
    const TriangleTree tree(mesh);
    std::mt19937 random(7);
    std::uniform_real_distribution<float> in(-15.f, 15.f);
    for (int i = 0; i < 20; ++i) {
      const Vec3 p{in(random), in(random), in(random)};
      // The analytic distance bounds the polygonal one within the facets' sagitta.
      const float ring = std::hypot(std::hypot(p.x, p.y) - 10.f, p.z);
      const auto nearest = tree.nearest(p);
      QVERIFY(nearest);
      QVERIFY(std::abs(std::sqrt(nearest->distanceSquared) - std::abs(ring - 3.f)) < 0.2f);
      QVERIFY(!tree.nearest(p, std::sqrt(nearest->distanceSquared) * 0.99f));
      const Vec3 direction = normalized({in(random), in(random), in(random)});
      std::optional<float> best;
      for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
        Mesh one;
        one.positions = mesh.positions;
        one.triangles = {mesh.triangles[f]};
        const auto hit = TriangleTree(one).firstHit(p, direction);
        if (hit && (!best || hit->distance < *best)) best = hit->distance;
      }
      const auto hit = tree.firstHit(p, direction);
      QCOMPARE(hit.has_value(), best.has_value());
      if (hit) QCOMPARE(hit->distance, *best);
    }
  }
};

QTEST_APPLESS_MAIN(TstGeometry)
#include "tst_geometry.moc"
