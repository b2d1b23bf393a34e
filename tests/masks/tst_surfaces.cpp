// What a mesh becomes before a network sees it. The fixtures pin the numbers; here is what holds
// for any mesh.

#include <QtTest>
#include <cmath>
#include <limits>
#include <random>

#include "core/base/error.h"
#include "masks/face_labels.h"
#include "masks/masked_surface.h"
#include "masks/region_boxes.h"
#include "masks/regions.h"
#include "support/shapes.h"

using namespace maquette;
using test::joined;
using test::makeBox;
using test::moved;

namespace {

MaskedSurfacePtr readyOf(Mesh mesh) {
  return maskedSurfaceOf(std::make_shared<const Mesh>(std::move(mesh)), {});
}

/// Every triangle with three vertices of its own.
Mesh exploded(const Mesh& mesh) {
  Mesh apart;
  for (const Triangle& t : mesh.triangles) {
    const auto first = std::uint32_t(apart.positions.size());
    for (const std::uint32_t v : t) apart.positions.push_back(mesh.positions[v]);
    apart.triangles.push_back({first, first + 1, first + 2});
  }
  return apart;
}

std::size_t shells(const MaskedSurface& surface) {
  const std::vector<std::int32_t> alike(surface.areas.size(), 0);
  return regionsOf(surface.links, alike, surface.areas, {}).count();
}

}  // namespace

class TestSurfaces : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aSoundMeshStaysAsItIs() {
    const Mesh box = makeBox({10, 20, 30}, 5);
    const auto surface = readyOf(box);
    QCOMPARE(surface->surface.faces, box.triangles);
    QVERIFY(surface->links.closed);
    for (std::uint32_t f = 0; f < box.triangles.size(); ++f) {
      QCOMPARE(surface->cleanOf[f], f);
      QCOMPARE(surface->links.of(f).size(), std::size_t(3));
    }
  }

  void duplicatedVerticesAlongEveryEdgeAreJoined() {
    const Mesh box = makeBox({10, 20, 30}, 5);
    const auto whole = readyOf(box), apart = readyOf(exploded(box));
    QVERIFY(apart->links.closed);
    QCOMPARE(apart->surface.vertices.size(), whole->surface.vertices.size());
    QCOMPARE(shells(*apart), std::size_t(1));
  }

  void turnedTrianglesAreTurnedBack() {
    Mesh box = makeBox({10, 20, 30}, 5);
    const Mesh sound = box;
    for (std::size_t f = 0; f < box.triangles.size(); f += 3)
      std::swap(box.triangles[f][0], box.triangles[f][2]);
    const auto normals = flatNormals(readyOf(sound)->surface);
    const auto repaired = flatNormals(readyOf(box)->surface);
    for (std::size_t i = 0; i < normals.size(); ++i)
      QVERIFY(std::abs(normals[i] - repaired[i]) < 1e-12);
  }

  void everyDroppedTriangleHasANeighbour() {
    Mesh box = makeBox({10, 20, 30}, 4);
    const auto sound = box.triangles.size();
    box.triangles.push_back(box.triangles[17]);  // repeated, turned
    std::swap(box.triangles.back()[0], box.triangles.back()[1]);
    const Triangle side = box.triangles[40];
    box.triangles.push_back({side[0], side[0], side[1]});  // a line along a side
    // A line of no area that only touches the line before.
    box.positions.push_back(box.positions[side[0]] + Vec3{0, 0, 1});
    box.positions.push_back(box.positions[side[0]] + Vec3{0, 0, 2});
    const auto v = std::uint32_t(box.positions.size());
    box.triangles.push_back({side[0], v - 2, v - 1});
    const auto surface = readyOf(box);
    QCOMPARE(surface->surface.faces.size(), sound);
    QCOMPARE(surface->cleanOf.size(), sound + 3);
    QCOMPARE(surface->cleanOf[sound], 17u);
    const auto touches = [&](std::uint32_t face) {
      const Triangle& t = box.triangles[surface->faceFrom[face]];
      return std::ranges::find(t, side[0]) != t.end();
    };
    QVERIFY(touches(surface->cleanOf[sound + 1]));
    QVERIFY(touches(surface->cleanOf[sound + 2]));
  }

  void aMeshWithoutAreaIsRefused_data() {
    QTest::addColumn<int>("what");
    QTest::addColumn<QString>("says");
    QTest::newRow("nothing") << 0 << "no triangles";
    QTest::newRow("a line") << 1 << "no area";
    QTest::newRow("a point") << 2 << "no area";
    QTest::newRow("not a number") << 3 << "not a number";
    QTest::newRow("infinite") << 4 << "not a number";
    QTest::newRow("beyond all size") << 5 << "larger";
  }
  void aMeshWithoutAreaIsRefused() {
    QFETCH(int, what);
    QFETCH(QString, says);
    Mesh mesh = test::makeCube(10);
    switch (what) {
      case 0:
        mesh = {};
        break;
      case 1:
        for (Vec3& p : mesh.positions) p = {p.x, 0, 0};
        break;
      case 2:
        for (Vec3& p : mesh.positions) p = {};
        break;
      case 3:
        mesh.positions[3].y = std::numeric_limits<float>::quiet_NaN();
        break;
      case 4:
        mesh.positions[3].y = std::numeric_limits<float>::infinity();
        break;
      default:
        mesh.positions[3].y = 1e30f;
    }
    try {
      readyOf(mesh);
      QFAIL("it was taken");
    } catch (const InvalidInput& error) {
      QVERIFY2(QString(error.what()).contains(says), error.what());
    }
  }

  void oneTriangleIsASurface() {
    Mesh one;
    one.positions = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};
    one.triangles = {{0, 1, 2}};
    const auto surface = readyOf(one);
    QCOMPARE(surface->links.pairs.size(), std::size_t(0));
    const SurfaceSamples samples = samplesOn(surface->surface, 100, 1, {});
    const NetworkFrame frame = frameOf(samples.places);
    for (const double c : insideFrame(frame, samples.places)) QVERIFY(std::abs(c) <= 2.);
  }

  void samplesLieOnTheirFacesAndSpreadByArea() {
    const auto surface =
        readyOf(joined(makeBox({10, 10, 10}, 3), moved(makeBox({20, 20, 20}, 9), {30, 0, 0})));
    const SurfaceSamples samples = samplesOn(surface->surface, 50'000, 5, {});
    std::size_t large = 0;
    for (std::size_t i = 0; i < samples.count(); ++i) {
      const bool there = samples.places[3 * i] > 10.;
      QCOMPARE(samples.faces[i] >= 12u * 9u, there);
      large += there;
    }
    QVERIFY(std::abs(double(large) / 50'000. - 0.8) < 0.01);  // 4 times the area
  }

  void fingerprintsTellMeshesApart() {
    const Mesh box = makeBox({10, 20, 30}, 4);
    Mesh other = box;
    other.positions[5].x = std::nextafter(other.positions[5].x, 1e9f);
    QVERIFY(fingerprintOf(box) != fingerprintOf(other));
    other = box;
    std::swap(other.triangles[3], other.triangles[4]);
    QVERIFY(fingerprintOf(box) != fingerprintOf(other));
    other = box;
    other.colours.assign(box.positions.size(), Rgb{1, 2, 3});
    QVERIFY(fingerprintOf(box) == fingerprintOf(other));
  }

  /// Files of masks name their mesh by it: another number, and none of them would fit any more.
  void aFingerprintStaysWhatItWas() {
    Mesh mesh;
    mesh.positions = {{0, 0, 0}, {1, 0, 0}, {0, 2, 0}};
    mesh.triangles = {{0, 1, 2}};
    QCOMPARE(fingerprintOf(mesh), std::uint64_t{0xca0443a0b6fe0331ull});
  }

  /// The tree leaves out what cannot be nearest; nothing else may change.
  void theNearestBoxIsTheOneThatTryingAllFinds() {
    std::mt19937 random(3);
    std::uniform_int_distribution<int> whole(0, 12);  // many ties
    std::vector<PlaceBox> boxes(300);
    std::vector<std::uint32_t> all;
    for (std::uint32_t i = 0; i < boxes.size(); ++i) {
      const Place corner{double(whole(random)), double(whole(random)), double(whole(random))};
      boxes[i].add(corner);
      boxes[i].add({corner[0] + whole(random) / 4, corner[1] + whole(random) / 4, corner[2] + 1.});
      all.push_back(i);
    }
    for (const BoxDistance kind : {BoxDistance::gap, BoxDistance::span}) {
      const BoxTree tree(boxes, all, kind);
      for (const PlaceBox& from : boxes) {
        std::uint32_t best = 0;
        auto rank = [&](std::uint32_t i) {
          // A tree of one box has nothing to leave out.
          double sum = 0.;
          for (std::size_t a = 0; a < 3; ++a) {
            const PlaceBox& to = boxes[i];
            const double side =
                kind == BoxDistance::gap
                    ? std::max(to.least[a] - from.most[a], from.least[a] - to.most[a])
                    : std::max(to.most[a] - from.least[a], from.most[a] - to.least[a]);
            sum += std::max(0., side) * std::max(0., side);
          }
          const Place& lo = boxes[i].least;
          const Place& hi = boxes[i].most;
          return std::pair(std::sqrt(sum), (hi[0] - lo[0]) * (hi[1] - lo[1]) * (hi[2] - lo[2]));
        };
        for (const std::uint32_t i : all)
          if (rank(i) < rank(best)) best = i;
        QCOMPARE(tree.nearest(from), best);
      }
    }
  }
};

QTEST_GUILESS_MAIN(TestSurfaces)
#include "tst_surfaces.moc"
