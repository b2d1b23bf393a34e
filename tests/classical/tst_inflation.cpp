#include <QtTest>
#include <cmath>
#include <memory>
#include <numbers>
#include <stop_token>
#include <thread>
#include <utility>

#include "classical/classical.h"
#include "classical/inflated.h"
#include "core/base/error.h"
#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "core/jobs/parallel.h"
#include "imaging/cutout.h"
#include "support/front_view.h"
#include "support/photos.h"
#include "support/pictures.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// A picture, and what its solid must be made of.
struct Case {
  Image picture;
  std::int64_t pieces = 1;
  std::int64_t holes = 0;
  bool hairs = false;  // finer than what prints; kept as they are
};

double smallestArea(const Mesh& mesh) {
  double least = 1e30;
  for (const Triangle& t : mesh.triangles)
    least = std::min(least, 0.5 * double(length(areaVector(mesh, t))));
  return least;
}

Inside thinDiagonals() {
  return unionOf(
      {[](double x, double y) { return std::floor(x) == std::floor(y) && x < 300; },
       [](double x, double y) { return std::floor(x) == 399 - std::floor(y) && y < 250; }});
}

/// Squares of 25 pixels that touch at their corners only: one piece around four gaps.
Inside checkerboard() {
  return [](double x, double y) {
    const int i = static_cast<int>(x) / 25 - 4, j = static_cast<int>(y) / 25 - 4;
    return i >= 0 && j >= 0 && i < 5 && j < 5 && (i + j) % 2 == 0;
  };
}

/// A body with hairs of one and two pixels, a gap of one, and a hole of one.
Inside fineDetails() {
  const Inside body = unionOf({disc(200, 200, 90), box(200, 20, 201, 200), box(20, 240, 200, 242),
                               capsule(200, 200, 370, 330, 0.8)});
  return without(body, unionOf({box(180, 210, 181, 300), box(230, 180, 231, 181)}));
}

}  // namespace

class TstInflation : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everySilhouetteBecomesASolid_data() {
    QTest::addColumn<Case>("given");
    const auto row = [](const char* name, Image picture, int pieces, int holes,
                        bool hairs = false) {
      QTest::newRow(name) << Case{std::move(picture), pieces, holes, hairs};
    };
    row("ring", soft(ringShape(kSide)), 1, 1);
    row("star", soft(starShape(kSide)), 1, 0);
    row("figure with thin arms", soft(figureShape(kSide)), 1, 0);
    row("mug with a handle", soft(mugShape(kSide)), 1, 1);
    row("text", soft(textShape(kSide)), 3, 4);
    row("two pieces", soft(twoPieceShape(kSide)), 2, 0);
    row("full-frame photo", photo(480, 360), 1, 0);
    row("one-pixel line", hard(box(40, 200, 360, 201)), 1, 0, true);
    row("one pixel", hard(box(200, 200, 201, 201)), 1, 0);
    row("thin diagonals that cross", hard(thinDiagonals()), 1, 0, true);
    row("corner-touching squares", hard(checkerboard()), 1, 4);
    row("hairs, a slit and a pinhole", hard(fineDetails()), 1, 1, true);
    row("hard-edged ring", hard(ringShape(kSide)), 1, 1);
    row("ring on white, no alpha",
        onBackground(drawShape(kSide, kSide, ringShape(kSide),
                               [](int, int) {
                                 return Rgba{40, 30, 60, 255};
                               }),
                     {255, 255, 255, 255}),
        1, 1);
    row("disc", soft(disc(200, 200, 150)), 1, 0);
    row("capsule", soft(capsule(90, 120, 310, 280, 50)), 1, 0);
    // Like photographs: lit, before textured walls, with shadows.
    Mesh upright = flipped(makeTorus(20, 7, 64, 32));
    for (Vec3& p : upright.positions) std::swap(p.y, p.z);
    const std::pair<Mesh, int> subjects[] = {{makeSphere(20, 5), 0},
                                             {makeBox({40, 30, 60}, 12), 0},
                                             {upright, 1},
                                             {makeCylinder(15, 50, 48, 10), 0}};
    for (std::uint32_t seed = 40; seed < 48; ++seed) {
      const auto& [mesh, holes] = subjects[seed % 4];
      const Photo taken = takePhoto(std::make_shared<const Mesh>(mesh), seed);
      QTest::addRow("photograph %u", seed) << Case{taken.picture, 1, holes, false};
    }
    row("opaque, edge to edge", soft(box(0, 0, kSide, kSide)), 1, 0);
  }
  void everySilhouetteBecomesASolid() {
    QFETCH(Case, given);
    ShapeParams params;
    params.sizeMm = 80.f;
    if (given.hairs) params.thinnestMm = 0.f;
    const Mask cutout = cutOut(given.picture, {}, {});
    const ShapeResult result = shapeOf(given.picture, params);
    const Mesh& mesh = *result.mesh;

    const TopologyReport report = examine(mesh);
    QVERIFY(report.closedManifold());
    QCOMPARE(report.shells, given.pieces);
    QCOMPARE(report.genus(), given.holes);
    QVERIFY2(report.triangles >= 100'000, qPrintable(QString::number(report.triangles)));
    QVERIFY2(report.triangles <= 400'000, qPrintable(QString::number(report.triangles)));
    QVERIFY(volumeOf(mesh) > 0.);

    const Bounds bounds = boundsOf(mesh);
    QVERIFY(std::abs(bounds.longest() - 80.f) < 1e-3f);
    QVERIFY(std::abs(bounds.min.z) < 1e-3f);
    QVERIFY(std::abs(bounds.centre().x) < 1e-3f);
    QVERIFY(std::abs(bounds.centre().y) < 1e-3f);
    // The back is as round as the front.
    QVERIFY(std::abs(bounds.max.y + bounds.min.y) < 0.01f * bounds.max.y);

    const double seen = overlap(frontSilhouette(mesh, cutout), cutout);
    QVERIFY2(seen >= 0.98, qPrintable(QString::number(seen)));

    // What repair programs do first: corners by coordinates alone.
    const Welded welded = weld(mesh, false);
    QCOMPARE(welded.mesh.positions.size(), mesh.positions.size());
    QVERIFY(examine(welded.mesh).closedManifold());
    QVERIFY(smallestArea(mesh) > 0.);

    QCOMPARE(mesh.colours.size(), mesh.positions.size());
    QCOMPARE(mesh.normals.size(), mesh.positions.size());
  }

  void aDiscIsASpheroidOfKnownVolume() {
    const Mesh mesh = *shapeOf(soft(disc(200, 200, 150))).mesh;
    // lap u = -2 on a disc: u = (R^2 - r^2) / 2, half a sphere's depth by the root of two.
    const double radius = 50.,
                 expected = 4. / 3. * 3.14159265 * radius * radius * radius / std::sqrt(2.);
    QVERIFY(std::abs(volumeOf(mesh) / expected - 1.) < 0.01);
    QVERIFY(std::abs(depthOf(mesh) / (100. / std::sqrt(2.)) - 1.) < 0.01);
  }

  /// Every face looks where the spheroid does there, also on the steep rim.
  void aDiscHasNoRipples() {
    const Mesh mesh = *shapeOf(soft(disc(200.3, 199.1, 150)), {.flatBottom = false}).mesh;
    double worst = 0., off = 0., all = 0.;
    for (const Triangle& t : mesh.triangles) {
      const Vec3 c = (mesh.positions[t[0]] + mesh.positions[t[1]] + mesh.positions[t[2]]) / 3.f;
      const Vec3 area = areaVector(mesh, t);
      const Vec3 expected = normalized(Vec3{c.x, 2.f * c.y, c.z - 50.f});
      const double cosine = std::clamp(double(dot(normalized(area), expected)), -1., 1.);
      worst = std::max(worst, std::acos(cosine) * 180. / std::numbers::pi);
      all += double(length(area));
      if (cosine < std::cos(2. * std::numbers::pi / 180.)) off += double(length(area));
    }
    QVERIFY2(worst < 35., qPrintable(QString::number(worst)));
    QVERIFY2(off < 0.004 * all, qPrintable(QString::number(off / all)));
  }

  void aStripIsARoundTube() {
    const Mesh mesh = *shapeOf(soft(box(20, 190, 380, 210))).mesh;
    const Vec3 size = boundsOf(mesh).size();
    QVERIFY(std::abs(size.y / size.z - 1.f) < 0.02f);
  }

  void thicknessScalesTheDepth() {
    const Image picture = soft(starShape(kSide));
    ShapeParams thin, thick;
    thin.thickness = 0.5f;
    thick.thickness = 1.f;
    const double ratio =
        depthOf(*shapeOf(picture, thin).mesh) / depthOf(*shapeOf(picture, thick).mesh);
    QVERIFY2(std::abs(ratio - 0.5) < 0.01, qPrintable(QString::number(ratio)));
  }

  void lessRoundnessKeepsWideAreasFlatAndLimbsRound() {
    const Image picture = soft(figureShape(kSide));
    const auto depths = [&](float roundness) {
      ShapeParams params;
      params.roundness = roundness;
      const Mesh mesh = *shapeOf(picture, params).mesh;
      float arm = 0.f;
      for (const Vec3& p : mesh.positions)
        if (p.x < -25.f && p.z > 40.f) arm = std::max(arm, p.y);
      return std::pair(depthOf(mesh), double(arm));
    };
    const auto [free, freeArm] = depths(1.f);
    const auto [half, halfArm] = depths(0.5f);
    const auto [flat, flatArm] = depths(0.f);
    QVERIFY(half < 0.8 * free);
    QVERIFY(flat < 0.6 * half);
    QVERIFY(halfArm > 0.9 * freeArm);
    QVERIFY(examine(*shapeOf(picture, {.roundness = 0.f}).mesh).closedManifold());
  }

  void resolutionReachesMoreThanHalfAMillionTriangles() {
    ShapeParams params;
    params.resolution = 400;
    const Mesh mesh = *shapeOf(soft(mugShape(kSide)), params).mesh;
    QVERIFY2(mesh.triangles.size() >= 589'819, qPrintable(QString::number(mesh.triangles.size())));
    QVERIFY(examine(mesh).closedManifold());
    params.resolution = 64;
    QVERIFY(shapeOf(soft(mugShape(kSide)), params).mesh->triangles.size() < 60'000);
  }

  void aBackPicturePaintsTheBack() {
    ImageSet views = front(drawShape(kSide, kSide, mugShape(kSide), [](int, int) {
      return Rgba{220, 30, 30, 255};
    }));
    const Inside mug = mugShape(kSide);
    views.back.picture = std::make_shared<const Image>(drawShape(
        kSide, kSide, [mug](double x, double y) { return mug(kSide - x, y); },
        [](int, int) {
          return Rgba{30, 30, 220, 255};
        }));
    const ShapeResult result = makeInflationGenerator()->generate(views, {}, {});
    QCOMPARE(result.notes.size(), std::size_t(1));  // the style; the outlines agree
    QCOMPARE(examine(*result.mesh).genus(), 1);
    for (std::size_t v = 0; v < result.mesh->positions.size(); ++v) {
      const float y = result.mesh->positions[v].y;
      if (y < -1.f) QVERIFY(result.mesh->colours[v].r > 200);
      if (y > 1.f) QVERIFY(result.mesh->colours[v].b > 200);
    }
  }

  void aCoarseGridSaysWhatItChanged() {
    ShapeParams params;
    params.resolution = 60;
    const ShapeResult result = shapeOf(hard(fineDetails()), params);
    QVERIFY(examine(*result.mesh).closedManifold());
    QVERIFY(!result.notes.empty());
  }

  void tooFineAResolutionSaysWhatWouldFit() {
    ShapeParams params;
    params.resolution = 4096;
    QVERIFY_THROWS_EXCEPTION(OutOfMemory, shapeOf(soft(box(0, 0, kSide, kSide)), params));
  }

  void coloursComeFromThePictureAndNotFromItsBackground() {
    const Image drawn = drawShape(kSide, kSide, disc(200, 200, 150), [](int x, int) {
      return x < 200 ? Rgba{220, 30, 30, 255} : Rgba{30, 30, 220, 255};
    });
    const Mesh mesh = *shapeOf(onBackground(drawn, {255, 255, 255, 255})).mesh;
    for (std::size_t v = 0; v < mesh.positions.size(); ++v) {
      const Rgb c = mesh.colours[v];
      const float x = mesh.positions[v].x;
      QVERIFY(c.g < 60);  // white would show in green
      if (x < -1.f) QVERIFY(c.r > 200 && c.b < 60);
      if (x > 1.f) QVERIFY(c.b > 200 && c.r < 60);
    }
  }

  void aGivenCutOutWins() {
    auto cutout = std::make_shared<Mask>(
        Mask{kSide, kSide, std::vector<std::uint8_t>(std::size_t(kSide) * kSide, 0)});
    for (int y = 100; y < 300; ++y)
      for (int x = 150; x < 250; ++x) cutout->at(x, y) = 255;
    const auto result =
        makeInflationGenerator()->generate(front(soft(disc(200, 200, 150)), cutout), {}, {});
    const Vec3 size = boundsOf(*result.mesh).size();
    QVERIFY(std::abs(size.x / size.z - 0.5f) < 0.02f);
  }

  void theSameEveryTimeWithAnyNumberOfThreads() {
    const Image picture = soft(mugShape(kSide));
    setThreadLimit(1);
    const ShapeResult one = shapeOf(picture);
    setThreadLimit(4);
    const ShapeResult four = shapeOf(picture);
    setThreadLimit(0);
    QVERIFY(one.mesh->positions == four.mesh->positions);
    QVERIFY(one.mesh->triangles == four.mesh->triangles);
    QVERIFY(one.mesh->colours == four.mesh->colours);
  }

  void refusesWhatItCannotUse() {
    QVERIFY_THROWS_EXCEPTION(InvalidInput, makeInflationGenerator()->generate({}, {}, {}));
    QVERIFY_THROWS_EXCEPTION(InvalidInput, shapeOf(Image{}));
    QVERIFY_THROWS_EXCEPTION(InvalidInput, shapeOf(Image{4, 4, {}}));
    const Image clear = soft([](double, double) { return false; });
    QVERIFY_THROWS_EXCEPTION(InvalidInput, shapeOf(clear));
    ShapeParams params;
    params.thickness = -1.f;
    QVERIFY_THROWS_EXCEPTION(InvalidInput, shapeOf(soft(ringShape(kSide)), params));
    const auto otherSize = std::make_shared<Mask>(Mask{2, 2, {255, 255, 255, 255}});
    QVERIFY_THROWS_EXCEPTION(InvalidInput, makeInflationGenerator()->generate(
                                               front(soft(ringShape(kSide)), otherSize), {}, {}));
  }

  void stopsWhenAsked() {
    QVERIFY_THROWS_EXCEPTION(Cancelled, shapeOf(soft(ringShape(kSide)), {}, stopped()));
    // And midway, during seconds of work.
    ShapeParams params;
    params.resolution = 1000;
    std::stop_source source;
    const auto progress = std::make_shared<Progress>();
    std::jthread impatient([&](const std::stop_token& over) {
      while (!over.stop_requested() && progress->snapshot().fraction < 0.4f)
        std::this_thread::yield();
      source.request_stop();
    });
    QVERIFY_THROWS_EXCEPTION(Cancelled, shapeOf(soft(disc(200, 200, 150)), params,
                                                Context(source.get_token(), progress)));
  }

  void isRegisteredUnderItsName() {
    Registry registry;
    registerClassical(registry);
    const ModelEntry* entry = registry.find<ShapeGenerator>("classical");
    QVERIFY(entry);
    QVERIFY(!entry->weights);
    QVERIFY(entry->footprint.peakBytes > 0);
    QVERIFY(makeInflationGenerator()->footprint({.resolution = 1000}).peakBytes >
            makeInflationGenerator()->footprint({}).peakBytes);
  }
};

QTEST_GUILESS_MAIN(TstInflation)
#include "tst_inflation.moc"
