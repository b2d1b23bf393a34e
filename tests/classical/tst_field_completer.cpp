#include <QRegularExpression>
#include <QtTest>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <numeric>
#include <stop_token>

#include "classical/field_completer.h"
#include "classical/solid_facts.h"
#include "core/base/error.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "core/jobs/parallel.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

CompleteResult cut(const LabelledShape& shape, float voxelMm = 0.f, const Context& ctx = {}) {
  CompleteParams params;
  params.voxelMm = voxelMm > 0.f ? voxelMm : shape.voxelMm;
  return makeFieldCompleter()->complete(shape.mesh, shape.segmentation, params, ctx);
}

bool mentions(const std::vector<std::string>& notes, const std::string& word) {
  return std::ranges::any_of(
      notes, [&](const std::string& note) { return note.find(word) != std::string::npos; });
}

LabelledShape sphereHalves() {
  return labelled("sphere halves", makeSphere(20.f, 5), 1.f,
                  [](Vec3 p) { return p.x > 0.f ? 1 : 0; });
}

const std::vector<LabelledShape>& shapes() {
  static const auto all = completerShapes();
  return all;
}

const CompleteResult& cutShape(std::size_t index) {
  static std::vector<CompleteResult> done(shapes().size());
  if (!done[index].whole) done[index] = cut(shapes()[index]);
  return done[index];
}

}  // namespace

class TstFieldCompleter : public QObject {
  Q_OBJECT
  static void everyShape() {
    QTest::addColumn<int>("index");
    for (std::size_t s = 0; s < shapes().size(); ++s)
      QTest::newRow(shapes()[s].name.c_str()) << int(s);
  }

 private Q_SLOTS:
  void everyPartIsAClosedManifold_data() { everyShape(); }
  void everyPartIsAClosedManifold() {
    QFETCH(int, index);
    const auto& result = cutShape(std::size_t(index));
    QCOMPARE(result.solids.size(), shapes()[std::size_t(index)].segmentation.parts.size());
    std::vector<MeshPtr> all = result.solids;
    all.push_back(result.whole);
    for (const MeshPtr& solid : all) {
      QVERIFY2(solid, qPrintable(shapes()[std::size_t(index)].name.c_str()));
      QVERIFY(examine(*solid).closedManifold());
      // What a slicer sees: corners joined by their coordinates.
      const Welded welded = weld(*solid, false);
      QCOMPARE(welded.mesh.positions.size(), solid->positions.size());
      QVERIFY(volumeOf(*solid) > 0.);
    }
  }

  void volumesAddUp_data() { everyShape(); }
  void volumesAddUp() {
    QFETCH(int, index);
    const auto& shape = shapes()[std::size_t(index)];
    const auto& result = cutShape(std::size_t(index));
    const double whole = volumeOf(*result.whole);
    double sum = 0.;
    for (const MeshPtr& solid : result.solids) sum += volumeOf(*solid);
    QVERIFY2(std::abs(sum / whole - 1.) < 1e-4, qPrintable(QString::number(sum / whole)));
    if (shape.volume > 0.) {
      const double ratio = whole / shape.volume;
      qInfo("volume against the formula: %+.3f %%", (ratio - 1.) * 100.);
      QVERIFY2(std::abs(ratio - 1.) < 0.002, qPrintable(QString::number(ratio)));
    }
  }

  void theNotesSayWhatWasWrong_data() { everyShape(); }
  void theNotesSayWhatWasWrong() {
    QFETCH(int, index);
    const auto& shape = shapes()[std::size_t(index)];
    const auto& notes = cutShape(std::size_t(index)).notes;
    for (const std::string& note : notes) qInfo("%s", note.c_str());
    QVERIFY(shape.note.empty() || mentions(notes, shape.note));
  }

  void partsNeitherOverlapNorLeaveGaps_data() { everyShape(); }
  void partsNeitherOverlapNorLeaveGaps() {
    QFETCH(int, index);
    const Overlap overlap = overlapOf(cutShape(std::size_t(index)), 110);
    qInfo("overlap %.5f %%, uncovered %.5f %%", overlap.worstPair * 100., overlap.uncovered * 100.);
    QVERIFY(overlap.worstPair < 0.0005);
    QVERIFY(overlap.uncovered < 0.0005);
  }

  void theOverlapMeasureSeesOverlapsAndGaps() {
    CompleteResult wrong;
    wrong.whole = std::make_shared<Mesh>(makeBox({20, 10, 10}, 1));
    wrong.solids = {std::make_shared<Mesh>(moved(makeBox({10, 10, 10}, 1), {-5, 0, 0})),
                    std::make_shared<Mesh>(moved(makeBox({10, 10, 10}, 1), {4.5f, 0, 0}))};
    const Overlap overlap = overlapOf(wrong, 190);
    QVERIFY(std::abs(overlap.worstPair - 0.05) < 0.01);
    QVERIFY(std::abs(overlap.uncovered - 0.025) < 0.01);
  }

  void theSkinStaysWithinAVoxel_data() { everyShape(); }
  void theSkinStaysWithinAVoxel() {
    QFETCH(int, index);
    const auto& shape = shapes()[std::size_t(index)];
    const auto& result = cutShape(std::size_t(index));
    const float out = farthest(*result.whole, *shape.mesh),
                in = farthest(*shape.mesh, *result.whole);
    qInfo("Hausdorff %.3f / %.3f voxels", double(out / shape.voxelMm), double(in / shape.voxelMm));
    if (!shape.capped) QVERIFY(out < shape.voxelMm);
    if (!shape.walls) QVERIFY(in < shape.voxelMm);
  }

  void theSkinKeepsTheOriginalsDetail_data() { everyShape(); }
  void theSkinKeepsTheOriginalsDetail() {
    QFETCH(int, index);
    const auto& shape = shapes()[std::size_t(index)];
    const SkinDistance d =
        skinDistance(*shape.mesh, *cutShape(std::size_t(index)).whole, double(shape.voxelMm));
    const double voxel = double(shape.voxelMm);
    qInfo("mean %.3f / %.3f voxels, edges %.3f / %.3f, corners %.3f", d.meanOut / voxel,
          d.meanIn / voxel, d.edgeOut / voxel, d.edgeIn / voxel, d.corner / voxel);
    if (!shape.capped) QVERIFY(d.meanOut < 0.1 * voxel);
    if (!shape.walls) QVERIFY(d.meanIn < 0.1 * voxel);
    if (!shape.crisp) return;
    QVERIFY(d.edgeOut < 0.25 * voxel);
    QVERIFY(d.edgeIn < 0.25 * voxel);
    QVERIFY(d.corner < 0.25 * voxel);
  }

  void nothingCrossesItself_data() { everyShape(); }
  void nothingCrossesItself() {
    QFETCH(int, index);
    const auto& result = cutShape(std::size_t(index));
    QCOMPARE(crossingsIn(*result.whole), std::size_t{0});
    for (const MeshPtr& solid : result.solids) QCOMPARE(crossingsIn(*solid), std::size_t{0});
  }

  void cutsFollowTheLabelsAndAreSmooth_data() { everyShape(); }
  void cutsFollowTheLabelsAndAreSmooth() {
    QFETCH(int, index);
    const auto& shape = shapes()[std::size_t(index)];
    const auto& result = cutShape(std::size_t(index));
    const CutAngles angles = cutAngles(result);
    const SeamError seam = seamError(shape, result);
    qInfo("seam %.2f / %.2f voxels, cut angle %.2f (%.2f by length) degrees",
          double(seam.fromSeam / shape.voxelMm), double(seam.fromBoundary / shape.voxelMm),
          angles.mean, angles.meanByLength);
    QVERIFY(angles.mean < 10.);
    if (shape.pieces || shape.walls) return;
    if (!shape.capped) QVERIFY(seam.fromSeam < 1.6f * shape.voxelMm);
    QVERIFY(seam.fromBoundary < 1.5f * shape.voxelMm);
  }

  void anyVoxelAndSmoothingGiveClosedManifolds() {
    for (const char* name : {"capsule figure", "a patch on a sphere", "cylinder without a cap"}) {
      const auto& shape = *std::ranges::find(shapes(), name, &LabelledShape::name);
      for (const float voxel : {1.7f, 3.f, 6.f, 11.f})
        for (const float smoothing : {0.f, 4.f}) {
          const auto result = makeFieldCompleter()->complete(shape.mesh, shape.segmentation,
                                                             {voxel, smoothing}, {});
          for (std::size_t p = 0; p < result.solids.size(); ++p) {
            if (!result.solids[p]) {
              QVERIFY(mentions(result.notes, shape.segmentation.parts[p].name));
              continue;
            }
            QVERIFY(examine(weld(*result.solids[p], false).mesh).closedManifold());
            QVERIFY(volumeOf(*result.solids[p]) > 0.);
          }
        }
    }
  }

  void labelsThatAreNoiseStillGiveClosedManifolds() {
    const auto result = cut(labelled("noise", makeSphere(20.f, 5), 0.9f, [](Vec3 p) {
      return int(std::abs(p.x * 7919.f) + std::abs(p.y * 104729.f)) % 9;
    }));
    double sum = 0.;
    for (const MeshPtr& solid : result.solids) {
      if (!solid) continue;
      QVERIFY(examine(weld(*solid, false).mesh).closedManifold());
      sum += volumeOf(*solid);
    }
    QVERIFY(std::abs(sum / volumeOf(*result.whole) - 1.) < 1e-4);
  }

  void aCavityStaysACavity() {
    Mesh hollow = joined(makeSphere(20.f, 5), flipped(makeSphere(10.f, 5)));
    const auto result =
        cut(labelled("hollow", hollow, 0.8f, [](Vec3 p) { return p.z > 0.f ? 1 : 0; }));
    const double expected = 4. / 3. * 3.14159265 * (8000. - 1000.);
    QVERIFY(std::abs(volumeOf(*result.whole) / expected - 1.) < 0.01);
    QCOMPARE(examine(*result.whole).shells, std::int64_t{2});
    for (const MeshPtr& solid : result.solids) QVERIFY(examine(*solid).closedManifold());
  }

  void aDoubledMeshCountsOnce() {
    const Mesh sphere = makeSphere(20.f, 5);
    for (const Mesh& again : {sphere, flipped(sphere)}) {
      const auto result = cut(labelled("doubled", joined(sphere, again), 1.f,
                                       [](Vec3 p) { return p.z > 0.f ? 1 : 0; }));
      QVERIFY(std::abs(volumeOf(*result.whole) / (4. / 3. * 3.14159265 * 8000.) - 1.) < 0.01);
      QVERIFY(mentions(result.notes, "left out"));
    }
  }

  void aPartOfOneTriangleVanishesAndIsNamed() {
    LabelledShape shape = sphereHalves();
    Labels labels = *shape.segmentation.labels;
    labels[labels.size() / 3] = PartId{7};
    shape.segmentation = segmentationFrom(labels);
    shape.segmentation.parts.back().name = "Button";
    const auto result = cut(shape, 3.f);
    QCOMPARE(result.solids.size(), std::size_t{3});
    QVERIFY(!result.solids[2]);
    QVERIFY(mentions(result.notes, "Button"));
    QVERIFY(result.solids[0] && result.solids[1]);
  }

  void aThinWallIsKeptByAFinerVoxelOrNamed() {
    // A plate of 0.35 mm beside a block of 60 mm, whose own voxel would be 0.3 mm.
    const Mesh mesh =
        joined(makeBox({60, 20, 20}, 20), moved(makeBox({20, 20, 0.3f}, 20), {0, 30, 3}));
    LabelledShape shape = labelled("plate", mesh, 0.f, [](Vec3 p) { return p.y > 15.f ? 1 : 0; });
    shape.segmentation.parts[1].name = "Ear";
    const auto kept = makeFieldCompleter()->complete(shape.mesh, shape.segmentation, {}, {});
    QVERIFY(kept.solids[1]);
    QVERIFY(std::abs(volumeOf(*kept.solids[1]) / 120. - 1.) < 0.01);
    QVERIFY(!mentions(kept.notes, "Ear"));

    const auto lost = cut(shape, 0.8f);
    QVERIFY(!lost.solids[1]);
    const auto note = std::ranges::find_if(
        lost.notes, [](const std::string& n) { return n.find("Ear") != std::string::npos; });
    QVERIFY(note != lost.notes.end());
    qInfo("%s", note->c_str());
    // The voxel that it names does keep it.
    const auto named =
        QRegularExpression("A voxel of ([0-9.]+) mm").match(QString::fromStdString(*note));
    QVERIFY(named.hasMatch());
    const auto again = cut(shape, named.captured(1).toFloat());
    QVERIFY(again.solids[1]);
    QVERIFY(std::abs(volumeOf(*again.solids[1]) / 120. - 1.) < 0.01);
  }

  void unassignedTrianglesGoToTheirNeighbours() {
    LabelledShape shape = sphereHalves();
    Labels labels = *shape.segmentation.labels;
    for (std::size_t f = 0; f < labels.size(); f += 3) labels[f] = PartId::none;
    shape.segmentation = segmentationFrom(labels);
    const auto result = cut(shape);
    QCOMPARE(result.solids.size(), std::size_t{2});
    QVERIFY(mentions(result.notes, "belonged to no part"));
    QVERIFY(std::abs(volumeOf(*result.solids[0]) / volumeOf(*result.solids[1]) - 1.) < 0.05);
  }

  void aShellWithoutLabelsJoinsTheNearestPart() {
    LabelledShape shape =
        labelled("three",
                 joined(joined(makeSphere(8.f, 4), moved(makeSphere(8.f, 4), {40, 0, 0})),
                        moved(makeSphere(5.f, 4), {25, 0, 0})),
                 0.8f, [](Vec3 p) { return p.x > 32.f ? 1 : 0; });
    Labels labels = *shape.segmentation.labels;
    for (std::size_t f = 0; f < labels.size(); ++f) {
      const float x = faceCentre(*shape.mesh, shape.mesh->triangles[f]).x;
      if (x > 19.f && x < 31.f) labels[f] = PartId::none;
    }
    shape.segmentation = segmentationFrom(labels);
    const auto result = cut(shape);
    QCOMPARE(examine(*result.solids[0]).shells, std::int64_t{1});
    QCOMPARE(examine(*result.solids[1]).shells, std::int64_t{2});
  }

  void coloursComeAlong() {
    LabelledShape shape = sphereHalves();
    Mesh coloured = *shape.mesh;
    for (const Vec3& p : coloured.positions)
      coloured.colours.push_back(p.z > 0.f ? Rgb{200, 10, 10} : Rgb{10, 10, 200});
    shape.mesh = std::make_shared<Mesh>(coloured);
    const auto result = cut(shape);
    for (const MeshPtr& solid : result.solids) {
      QCOMPARE(solid->colours.size(), solid->positions.size());
      for (std::size_t v = 0; v < solid->positions.size(); ++v) {
        if (solid->positions[v].z > 2.f) QCOMPARE(int(solid->colours[v].r), 200);
        if (solid->positions[v].z < -2.f) QCOMPARE(int(solid->colours[v].r), 10);
      }
    }
  }

  void threadsDoNotChangeTheResult() {
    const auto& shape = *std::ranges::find(shapes(), "torus in three arcs", &LabelledShape::name);
    setThreadLimit(1);
    const auto one = cut(shape, 1.f);
    setThreadLimit(4);
    const auto four = cut(shape, 1.f);
    setThreadLimit(0);
    for (std::size_t p = 0; p < one.solids.size(); ++p) {
      QVERIFY(one.solids[p]->positions == four.solids[p]->positions);
      QVERIFY(one.solids[p]->triangles == four.solids[p]->triangles);
    }
  }

  void farFromTheOriginVerticesStayApart() {
    LabelledShape shape = sphereHalves();
    shape.mesh = std::make_shared<Mesh>(moved(*shape.mesh, {30000, -20000, 10000}));
    for (const MeshPtr& solid : cut(shape).solids) {
      QVERIFY(examine(weld(*solid, false).mesh).closedManifold());
    }
  }

  void stopsWhenAsked() {
    QVERIFY_THROWS_EXCEPTION(Cancelled, cut(sphereHalves(), 0.f, stopped()));
    std::stop_source source;
    auto running = std::async(std::launch::async, [&] {
      return cut(shapes()[0], 0.1f, Context(source.get_token(), nullptr));
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(400));
    source.request_stop();
    QVERIFY_THROWS_EXCEPTION(Cancelled, running.get());
  }

  void anAbsurdVoxelNamesOneThatFits() {
    try {
      cut(labelled("large", makeSphere(500.f, 4), 1.f, [](Vec3 p) { return p.x > 0.f; }), 0.01f);
      QFAIL("a grid of 10^15 nodes was accepted");
    } catch (const OutOfMemory& error) {
      QVERIFY(QString(error.what()).contains("mm"));
    }
  }

  void wrongInputIsRefused() {
    LabelledShape shape = sphereHalves();
    Segmentation none;
    QVERIFY_THROWS_EXCEPTION(InvalidInput,
                             makeFieldCompleter()->complete(shape.mesh, none, {}, {}));
    Segmentation shorter = shape.segmentation;
    shorter.labels = std::make_shared<Labels>(shape.mesh->triangles.size() - 1, PartId{1});
    QVERIFY_THROWS_EXCEPTION(InvalidInput,
                             makeFieldCompleter()->complete(shape.mesh, shorter, {}, {}));
    Mesh sheet;
    sheet.positions = {{0, 0, 0}, {10, 0, 0}, {0, 10, 0}};
    sheet.triangles = {{0, 1, 2}};
    QVERIFY_THROWS_EXCEPTION(InvalidInput,
                             cut(labelled("sheet", sheet, 0.5f, [](Vec3) { return 0; })));
  }
};

QTEST_GUILESS_MAIN(TstFieldCompleter)
#include "tst_field_completer.moc"
