#include <QtTest>
#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>

#include "classical/inflation.h"
#include "core/base/error.h"
#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/jobs/parallel.h"
#include "core/render/raster.h"
#include "core/render/rasterise.h"
#include "imaging/cutout.h"
#include "support/front_view.h"
#include "support/pictures.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// A body known by its outlines: from the front over (x, z), from the side over (y, z); mm, z up
/// from 0, centred.
struct Body {
  Inside front, side;
  double width = 0., depth = 0., height = 0.;
  std::int64_t holes = 0;

  double longest() const { return std::max({width, depth, height}); }
};

/// How one picture of it is taken.
struct Shot {
  double pixelsPerMm = 4.;
  int width = 480, height = 420;
  double left = 30., top = 25.;  // of the object's box, pixels
};

float azimuthOf(Side side) {
  return side == Side::front   ? 0.f
         : side == Side::right ? 90.f
         : side == Side::back  ? 180.f
                               : 270.f;
}

ImagePtr picture(const Body& body, Side side, const Shot& shot) {
  const bool frontal = side == Side::front || side == Side::back;
  // Seen from the back x runs to the left, and from the left y does.
  const double sign = side == Side::back || side == Side::left ? -1. : 1.;
  const double across = frontal ? body.width : body.depth;
  const Inside& outline = frontal ? body.front : body.side;
  return std::make_shared<const Image>(drawShape(
      shot.width, shot.height,
      [&](double px, double py) {
        const double u = sign * ((px - shot.left) / shot.pixelsPerMm - 0.5 * across);
        return outline(u, body.height - (py - shot.top) / shot.pixelsPerMm);
      },
      stripes));
}

Body ellipsoid() {
  const auto ellipse = [](double a, double c) -> Inside {
    return [=](double u, double z) { return std::hypot(u / a, (z - c) / c) <= 1.; };
  };
  return {ellipse(38, 45), ellipse(25, 45), 76, 50, 90};
}

Body plainBox() { return {box(-30, 0, 30, 80), box(-20, 0, 20, 80), 60, 40, 80}; }

Body torus() {
  return {without(disc(0, 40, 40), disc(0, 40, 20)), capsule(0, 10, 0, 70, 10), 80, 20, 80, 1};
}

/// An L from the front, and from the side another one, so that front and back, left and right are
/// told apart: the long foot points to +X and to -Y.
Body twoWayL() {
  return {unionOf({box(-30, 0, -10, 80), box(-30, 0, 30, 22)}),
          unionOf({box(5, 0, 25, 80), box(-25, 0, 25, 22)}), 60, 50, 80};
}

/// Sorted places where a line along y through (x, z) enters and leaves the mesh.
std::vector<std::vector<float>> columns(const Mesh& mesh, const Bounds& bounds, int cells,
                                        float step) {
  std::vector<std::vector<float>> hits(std::size_t(cells) * std::size_t(cells));
  for (const Triangle& t : mesh.triangles) {
    std::array<Vec3, 3> p;
    for (std::size_t c = 0; c < 3; ++c) {
      const Vec3 q = mesh.positions[t[c]];
      p[c] = {(q.x - bounds.min.x) / step, (q.z - bounds.min.z) / step, q.y};
    }
    rasteriseTriangle(p[0], p[1], p[2], cells, 0, cells,
                      [&](int x, int z, float u, float v, float w) {
                        hits[std::size_t(z) * std::size_t(cells) + std::size_t(x)].push_back(
                            u * p[0].z + v * p[1].z + w * p[2].z);
                      });
  }
  for (auto& column : hits) std::ranges::sort(column);
  return hits;
}

/// Volume of the mesh's overlap with the exact hull, over their union's.
double volumeOverlap(const Mesh& mesh, const Body& body) {
  constexpr int kCells = 160;
  Bounds bounds = boundsOf(mesh);
  const float step = bounds.longest() / kCells;
  const auto hits = columns(mesh, bounds, kCells, step);
  double both = 0., either = 0.;
  for (int k = 0; k < kCells; ++k)
    for (int i = 0; i < kCells; ++i) {
      const double x = double(bounds.min.x) + (i + 0.5) * double(step);
      const double z = double(bounds.min.z) + (k + 0.5) * double(step);
      const auto& column = hits[std::size_t(k) * kCells + std::size_t(i)];
      for (int j = 0; j < kCells; ++j) {
        const double y = -0.5 * body.longest() + (j + 0.5) * double(step);
        const auto before = std::ranges::lower_bound(column, float(y)) - column.begin();
        const bool inMesh = before % 2 == 1, inHull = body.front(x, z) && body.side(y, z);
        both += inMesh && inHull;
        either += inMesh || inHull;
      }
    }
  return both / either;
}

using Sides = std::vector<Side>;

ImageSet viewsOf(const Body& body, const Sides& sides) {
  ImageSet views;
  const Shot shots[] = {
      {}, {3.1, 300, 330, 60, 7}, {4.7, 460, 470, 12.5, 31.25}, {4., 420, 420, 44, 33}};
  for (const Side side : sides)
    views.at(side).picture = picture(body, side, shots[static_cast<std::size_t>(side)]);
  return views;
}

ShapeResult carve(const ImageSet& views, ShapeParams params = {}) {
  return makeInflationGenerator()->generate(views, params, {});
}

ImagePtr seen(const MeshPtr& mesh, float azimuth, int side = 360) {
  OrthoView view;
  view.azimuthDegrees = azimuth;
  view.heightMm = 70.f;
  const Mask mask = silhouetteOf(*mesh, view, side, side);
  Image image{side, side, {}};
  for (const std::uint8_t v : mask.values) image.pixels.push_back({120, 90, 60, v});
  return std::make_shared<const Image>(std::move(image));
}

bool mentions(const ShapeResult& result, std::string_view words) {
  return std::ranges::any_of(
      result.notes, [&](const std::string& note) { return note.find(words) != std::string::npos; });
}

QString spoken(const ShapeResult& result) {
  QString all;
  for (const std::string& note : result.notes) all += QString::fromStdString(note) + "\n";
  return all;
}

}  // namespace

class TstVisualHull : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void threeViewsGiveTheHullAndKeepEveryOutline_data() {
    QTest::addColumn<Body>("body");
    QTest::addColumn<Sides>("sides");
    const auto rows = [](const char* name, const Body& body) {
      const auto row = [&](const char* which, Sides sides) {
        QTest::addRow("%s, %s", name, which) << body << std::move(sides);
      };
      row("front left back", {Side::front, Side::left, Side::back});
      row("front left right", {Side::front, Side::left, Side::right});
      row("front right", {Side::front, Side::right});
      row("all four", {Side::front, Side::left, Side::right, Side::back});
    };
    rows("ellipsoid", ellipsoid());
    rows("box", plainBox());
    rows("torus", torus());
    rows("L", twoWayL());
  }
  void threeViewsGiveTheHullAndKeepEveryOutline() {
    QFETCH(Body, body);
    QFETCH(Sides, sides);
    ShapeParams params;
    params.sizeMm = static_cast<float>(body.longest());
    const ImageSet views = viewsOf(body, sides);
    const ShapeResult result = carve(views, params);
    const Mesh& mesh = *result.mesh;

    const TopologyReport report = examine(mesh);
    QVERIFY(report.closedManifold());
    QCOMPARE(report.shells, 1);
    QCOMPARE(report.genus(), body.holes);
    QVERIFY2(report.triangles >= 100'000, qPrintable(QString::number(report.triangles)));
    QVERIFY(volumeOf(mesh) > 0.);
    const Bounds bounds = boundsOf(mesh);
    QVERIFY(std::abs(bounds.longest() - params.sizeMm) < 1e-3f);
    QVERIFY(std::abs(bounds.min.z) < 1e-3f);
    QVERIFY(std::abs(bounds.centre().x) < 1e-3f && std::abs(bounds.centre().y) < 1e-3f);
    QVERIFY(std::abs(double(bounds.size().y) / body.depth - 1.) < 0.02);

    const double volume = volumeOverlap(mesh, body);
    QVERIFY2(volume >= 0.95, qPrintable(QString::number(volume)));
    for (const Side side : sides) {
      const Mask given = cutOut(*views.at(side).picture, {}, {});
      const double same = overlap(silhouetteLike(mesh, given, azimuthOf(side)), given);
      QVERIFY2(same >= 0.98, qPrintable(QString("side %1: %2").arg(int(side)).arg(same)));
    }
  }

  /// Pictures taken by our own camera of a ball with a nose towards the front and a fin to +X.
  void theNosePointsToTheFrontFromEitherSide_data() {
    QTest::addColumn<Sides>("sides");
    QTest::newRow("left") << Sides{Side::front, Side::left};
    QTest::newRow("right") << Sides{Side::front, Side::right};
    QTest::newRow("both") << Sides{Side::front, Side::left, Side::right};
    QTest::newRow("with the back") << Sides{Side::front, Side::left, Side::back};
  }
  void theNosePointsToTheFrontFromEitherSide() {
    QFETCH(Sides, sides);
    const auto thing = std::make_shared<const Mesh>(
        joined(makeSphere(20, 5),
               joined(moved(makeSphere(6, 4), {0, -22, 4}), moved(makeSphere(5, 4), {21, 0, -6}))));
    ImageSet views;
    for (const Side side : sides) views.at(side).picture = seen(thing, azimuthOf(side));
    ShapeParams params;
    params.sizeMm = boundsOf(*thing).longest();
    const ShapeResult result = carve(views, params);
    QVERIFY2(result.notes.empty(), qPrintable(spoken(result)));
    Bounds upper, lower;  // around the nose, and around the fin
    for (const Vec3& p : result.mesh->positions) {
      if (std::abs(p.z - 24.f) < 3.f) upper.add(p);
      if (std::abs(p.z - 14.f) < 2.f) lower.add(p);
    }
    const Bounds all = boundsOf(*result.mesh);
    QVERIFY(all.max.y - upper.max.y > -0.5f);
    QVERIFY2(std::abs(upper.min.y - all.min.y) < 0.1f, "the nose is the foremost place");
    QVERIFY2(lower.min.y > all.min.y + 5.f, "below the nose there is none");
    QVERIFY2(std::abs(lower.max.x - all.max.x) < 0.1f, "the fin is at the right");
  }

  void moreRoundingMakesEllipses() {
    const ImageSet views = viewsOf(ellipsoid(), {Side::front, Side::left});
    ShapeParams params;
    params.sizeMm = 90.f;
    const auto volume = [&](float rounding) {
      params.rounding = rounding;
      return volumeOf(*carve(views, params).mesh);
    };
    const double sphere = 4. / 3. * std::numbers::pi * 38 * 25 * 45;
    const double hull = 16. / 3. * 38 * 25 * 45;
    QVERIFY(std::abs(volume(0.f) / hull - 1.) < 0.01);
    QVERIFY2(std::abs(volume(1.f) / sphere - 1.) < 0.02,
             qPrintable(QString::number(volume(1.f) / sphere)));
  }

  /// Every face looks where the ellipsoid does there: no row of dents where the surface comes near
  /// to an outline.
  void roundedSurfacesHaveNoDents() {
    ShapeParams params;
    params.sizeMm = 90.f;
    params.rounding = 1.f;
    const Shot close{12., 1000, 1180, 44., 50.};
    ImageSet views;
    views.front.picture = picture(ellipsoid(), Side::front, close);
    views.left.picture = picture(ellipsoid(), Side::left, close);
    const Mesh mesh = *carve(views, params).mesh;
    double off = 0., all = 0.;
    for (const Triangle& t : mesh.triangles) {
      const Vec3 c = (mesh.positions[t[0]] + mesh.positions[t[1]] + mesh.positions[t[2]]) / 3.f;
      if (std::abs(c.x) > 10.f && std::abs(c.y) > 7.f) continue;  // away from both outlines
      if (std::abs(c.z - 45.f) > 35.f) continue;                  // and from the poles
      const Vec3 area = areaVector(mesh, t);
      const Vec3 expected =
          normalized(Vec3{c.x / (38.f * 38.f), c.y / (25.f * 25.f), (c.z - 45.f) / (45.f * 45.f)});
      all += double(length(area));
      if (dot(normalized(area), expected) < std::cos(1.5f * float(std::numbers::pi) / 180.f))
        off += double(length(area));
    }
    QVERIFY2(off < 0.02 * all, qPrintable(QString::number(off / all)));
  }

  void disagreementsAreSaidInNumbers() {
    ImageSet views = viewsOf(plainBox(), {Side::front, Side::left, Side::back});
    QVERIFY(!mentions(carve(viewsOf(plainBox(), {Side::front, Side::back})), "differ"));
    views.left.picture = picture(plainBox(), Side::left, {4.48, 480, 420, 30, 25});
    QVERIFY2(mentions(carve(views), "left view is 12 % taller than the front view"),
             qPrintable(spoken(carve(views))));
    Body wide = plainBox();
    wide.front = box(-33, 0, 33, 80);
    wide.width = 66;
    views.back.picture = picture(wide, Side::back, {});
    QVERIFY2(mentions(carve(views), "back view is 10 % wider than the front view"),
             qPrintable(spoken(carve(views))));
    Body pierced = plainBox();
    pierced.front = without(pierced.front, disc(0, 40, 12));
    views.back.picture = picture(pierced, Side::back, {});
    const ShapeResult result = carve(views);
    QVERIFY2(mentions(result, "front view shows 0 holes, the back view 1 hole"),
             qPrintable(spoken(result)));
    QVERIFY2(mentions(result, "differ by 9.4 %"), qPrintable(spoken(result)));
    QCOMPARE(examine(*result.mesh).genus(), 1);
  }

  /// Two balls one behind the other and side by side: the outlines allow four.
  void piecesThatNoViewNeedsAreLeftOut() {
    const Inside two = unionOf({disc(-25.2, 14.2, 14), disc(25, 14.2, 14.2)});
    const Body body{two, two, 78.4, 78.4, 29.2};
    const ImageSet views = viewsOf(body, {Side::front, Side::right});
    const ShapeResult result = carve(views);
    QCOMPARE(examine(*result.mesh).shells, 2);
    QVERIFY2(mentions(result, "2 separate pieces that the views allow"),
             qPrintable(spoken(result)));
    for (const Side side : {Side::front, Side::right}) {
      const Mask given = cutOut(*views.at(side).picture, {}, {});
      QVERIFY(overlap(silhouetteLike(*result.mesh, given, azimuthOf(side)), given) >= 0.98);
    }
  }

  void eachViewPaintsItsSide() {
    const auto coloured = [](Side side, Rgba colour) {
      const Body body = plainBox();
      Image image = *picture(body, side, {});
      for (Rgba& p : image.pixels) p = {colour.r, colour.g, colour.b, p.a};
      return std::make_shared<const Image>(std::move(image));
    };
    ImageSet views;
    views.front.picture = coloured(Side::front, {250, 0, 0, 255});
    views.left.picture = coloured(Side::left, {0, 250, 0, 255});
    views.back.picture = coloured(Side::back, {0, 0, 250, 255});
    const Mesh mesh = *carve(views).mesh;
    for (std::size_t v = 0; v < mesh.positions.size(); ++v) {
      const Vec3 n = mesh.normals[v];
      if (n.y < -0.95f) QVERIFY(mesh.colours[v].r > 240);
      if (n.y > 0.95f) QVERIFY(mesh.colours[v].b > 240);
      if (std::abs(n.x) > 0.95f) QVERIFY(mesh.colours[v].g > 240);
    }
  }

  void viewsWithNothingInCommonAreRefused() {
    Body upper = plainBox(), lower = plainBox();
    upper.front = unionOf({box(-30, 0, 30, 10), box(-30, 70, 30, 80)});
    lower.side = box(-20, 0, 20, 80);
    ImageSet views = viewsOf(upper, {Side::front, Side::left});
    QVERIFY(examine(*carve(views).mesh).shells == 2);
    views.left.picture = std::make_shared<const Image>(Image{4, 4, std::vector<Rgba>(3)});
    QVERIFY_THROWS_EXCEPTION(InvalidInput, carve(views));
  }

  void theSameWithAnyNumberOfThreads() {
    const ImageSet views = viewsOf(torus(), {Side::front, Side::left});
    setThreadLimit(1);
    const ShapeResult one = carve(views);
    setThreadLimit(4);
    const ShapeResult four = carve(views);
    setThreadLimit(0);
    QVERIFY(one.mesh->positions == four.mesh->positions);
    QVERIFY(one.mesh->triangles == four.mesh->triangles);
    QVERIFY(one.mesh->colours == four.mesh->colours);
  }

  void stopsWhenAsked() {
    const ImageSet views = viewsOf(torus(), {Side::front, Side::left});
    QVERIFY_THROWS_EXCEPTION(Cancelled, makeInflationGenerator()->generate(views, {}, stopped()));
  }
};

QTEST_GUILESS_MAIN(TstVisualHull)
#include "tst_visual_hull.moc"
