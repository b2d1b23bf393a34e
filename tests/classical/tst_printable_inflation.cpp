#include <QtTest>
#include <algorithm>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>

#include "classical/inflated.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "support/front_view.h"

using namespace maquette;
using namespace maquette::test;

namespace {

Inside roundedBox(double left, double top, double right, double bottom, double r) {
  return unionOf({box(left + r, top, right - r, bottom), box(left, top + r, right, bottom - r),
                  disc(left + r, top + r, r), disc(right - r, top + r, r),
                  disc(left + r, bottom - r, r), disc(right - r, bottom - r, r)});
}

/// How long the edges are where the surface is folded inwards by more than that, mm.
double foldsOf(const Mesh& mesh, double degrees) {
  struct Side {
    std::uint32_t triangle = 0, corner = 0;  // the corner opposite to the edge
  };
  std::map<std::pair<std::uint32_t, std::uint32_t>, Side> sides;
  for (std::uint32_t t = 0; t < mesh.triangles.size(); ++t)
    for (std::size_t k = 0; k < 3; ++k) {
      const Triangle& c = mesh.triangles[t];
      sides[{c[k], c[(k + 1) % 3]}] = {t, c[(k + 2) % 3]};
    }
  double sum = 0.;
  for (const auto& [edge, one] : sides) {
    const auto [a, b] = edge;
    if (a > b) continue;
    const Side other = sides.at({b, a});
    const Vec3 n = normalized(areaVector(mesh, mesh.triangles[one.triangle]));
    const Vec3 m = normalized(areaVector(mesh, mesh.triangles[other.triangle]));
    const bool inwards = dot(n, mesh.positions[other.corner] - mesh.positions[a]) > 0.f;
    if (inwards && double(dot(n, m)) < std::cos(degrees * std::numbers::pi / 180.))
      sum += double(length(mesh.positions[a] - mesh.positions[b]));
  }
  return sum;
}

/// What a solid stands on.
struct Patch {
  Bounds bounds;
  double area = 0.;  // mm^2
};

Patch soleOf(const Mesh& mesh) {
  Patch patch;
  for (const Triangle& t : mesh.triangles) {
    if (!std::ranges::all_of(t, [&](auto v) { return mesh.positions[v].z < 1e-4f; })) continue;
    patch.area -= 0.5 * double(areaVector(mesh, t).z);
    for (const std::uint32_t v : t) patch.bounds.add(mesh.positions[v]);
  }
  return patch;
}

}  // namespace

/// What a solid needs so that it stands, lies and holds together when it is printed.
class TstPrintableInflation : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void letteringBecomesAPlateAndSaysSo() {
    ShapeParams params;
    params.thinnestMm = 0.f;
    const ShapeResult result = shapeOf(soft(textShape(kSide)), params);
    QVERIFY(QString::fromStdString(result.notes.front()).contains("plate"));
    // Of even thickness: most of the front lies at its outermost depth.
    const Mesh& mesh = *result.mesh;
    const float depth = boundsOf(mesh).max.y;
    double level = 0., front = 0.;
    for (const Triangle& t : mesh.triangles) {
      const Vec3 area = areaVector(mesh, t);
      if (area.y >= 0.f) continue;
      const Vec3 c = (mesh.positions[t[0]] + mesh.positions[t[1]] + mesh.positions[t[2]]) / 3.f;
      front -= double(area.y);
      if (c.y < -0.98f * depth) level -= double(area.y);
    }
    QVERIFY2(level > 0.6 * front, qPrintable(QString::number(level / front)));
    QVERIFY(
        QString::fromStdString(shapeOf(soft(figureShape(kSide))).notes.front()).contains("round"));
    params.style = ShapeStyle::round;
    QVERIFY(shapeOf(soft(textShape(kSide)), params).notes.empty());
  }

  void aFlatDiscIsACoin() {
    ShapeParams params;
    params.style = ShapeStyle::flat;
    const Mesh mesh = *shapeOf(soft(disc(200, 200, 150)), params).mesh;
    QVERIFY(examine(mesh).closedManifold());
    const Vec3 size = boundsOf(mesh).size();
    QVERIFY(size.y > 2.f && size.y < 15.f);
    const double cylinder = 3.14159265 * 50 * 50 * double(size.y);
    QVERIFY2(volumeOf(mesh) > 0.95 * cylinder, qPrintable(QString::number(volumeOf(mesh))));
    QVERIFY(volumeOf(mesh) < cylinder);
  }

  /// Not a flare with a notch on both sides: a convex picture becomes a solid hardly folded
  /// anywhere.
  void theSoleBetweenRoundedCornersIsARound() {
    const Mesh mesh = *shapeOf(soft(roundedBox(80, 100, 320, 360, 40))).mesh;
    const Patch sole = soleOf(mesh);
    const double wide = double(sole.bounds.size().x), deep = double(sole.bounds.size().y);
    QVERIFY2(std::abs(deep / wide - 1.) < 0.03, qPrintable(QString::number(deep / wide)));
    const double filled = sole.area / (wide * deep);
    QVERIFY2(std::abs(filled / (std::numbers::pi / 4.) - 1.) < 0.02,
             qPrintable(QString::number(filled)));
    const double folds = foldsOf(mesh, 15.);
    QVERIFY2(folds < 10., qPrintable(QString::number(folds)));
  }

  void aPlateIsRoundedAllRoundAlsoWhereItStands() {
    ShapeParams params;
    params.style = ShapeStyle::flat;
    const Mesh mesh = *shapeOf(soft(roundedBox(160, 100, 240, 360, 8)), params).mesh;
    const float share = soleOf(mesh).bounds.size().y / boundsOf(mesh).size().y;
    QVERIFY2(share > 0.7f && share < 0.9f, qPrintable(QString::number(double(share))));
    const double folds = foldsOf(mesh, 25.);
    QVERIFY2(folds < 13., qPrintable(QString::number(folds)));
  }

  void roundFeetStandWithoutStumps() {
    const Mesh mesh = *shapeOf(soft(figureShape(kSide))).mesh;
    Bounds sole, above;
    for (const Vec3& p : mesh.positions) {
      if (p.x > 0.f || p.z > 1.f) continue;
      if (p.z < 1e-4f) sole.add(p);
      if (p.z > 0.8f) above.add(p);
    }
    QVERIFY2(above.size().x > 1.08f * sole.size().x,
             qPrintable(QString::number(double(above.size().x / sole.size().x))));
    QVERIFY(sole.size().y > sole.size().x);  // longer than wide: it does not tip over
  }

  void whatStandsHasAPatchToStandOn_data() {
    QTest::addColumn<Image>("picture");
    QTest::addColumn<double>("least");  // mm^2
    QTest::newRow("mug") << soft(mugShape(kSide)) << 300.;
    QTest::newRow("two round feet") << soft(figureShape(kSide)) << 15.;
    QTest::newRow("ball") << soft(disc(200, 200, 150)) << -1.;
    QTest::newRow("star") << soft(starShape(kSide)) << -1.;
  }
  void whatStandsHasAPatchToStandOn() {
    QFETCH(Image, picture);
    QFETCH(double, least);
    const auto patch = [&](bool flatBottom) {
      ShapeParams params;
      params.flatBottom = flatBottom;
      return soleOf(*shapeOf(picture, params).mesh).area;
    };
    QVERIFY(patch(false) < 0.5);
    const double area = patch(true);
    QVERIFY2(least < 0. ? area < 0.5 : area > least, qPrintable(QString::number(area)));
  }

  /// A mug's straight rim is a level face as deep as it is, not a ridge; a head's top stays round.
  void aStraightTopStaysLevel_data() {
    QTest::addColumn<Image>("picture");
    QTest::addColumn<bool>("level");
    QTest::newRow("mug") << soft(mugShape(kSide)) << true;
    QTest::newRow("round head") << soft(figureShape(kSide)) << false;
    QTest::newRow("ball") << soft(disc(200, 200, 150)) << false;
    QTest::newRow("star") << soft(starShape(kSide)) << false;
  }
  void aStraightTopStaysLevel() {
    QFETCH(Image, picture);
    QFETCH(bool, level);
    const auto deepAtTheTop = [&](bool flatTop) {
      ShapeParams params;
      params.style = ShapeStyle::round;
      params.flatTop = flatTop;
      const Mesh mesh = *shapeOf(picture, params).mesh;
      const float top = boundsOf(mesh).max.z;
      Bounds face;
      for (const Vec3& p : mesh.positions)
        if (p.z > top - 1e-3f) face.add(p);
      return face.size().y;
    };
    QVERIFY(deepAtTheTop(false) < 1.f);
    const float deep = deepAtTheTop(true);
    QVERIFY2(level ? deep > 20.f : deep < 1.f, qPrintable(QString::number(double(deep))));
  }

  void nothingIsThinnerThanAsked() {
    // Arms of 0.6 mm at this size, and a gap of 0.6 mm that has to stay open.
    const Inside arms = unionOf(
        {disc(200, 200, 60), capsule(200, 200, 380, 200, 1.2), capsule(200, 200, 20, 120, 1.2)});
    const Image picture = soft(without(arms, box(199, 150, 202, 240)));
    ShapeParams params;
    params.sizeMm = 90.f;
    params.style = ShapeStyle::round;
    params.thinnestMm = 1.2f;
    const ShapeResult result = shapeOf(picture, params);
    QVERIFY(QString::fromStdString(result.notes.front()).contains("1.2 mm"));
    QCOMPARE(examine(*result.mesh).genus(), 1);
    // Around the right arm, halfway out.
    Bounds arm;
    for (const Vec3& p : result.mesh->positions)
      if (p.x > 25.f && p.x < 35.f) arm.add(p);
    QVERIFY2(arm.size().y > 1.1f && arm.size().z > 1.1f,
             qPrintable(QString("%1 %2").arg(double(arm.size().y)).arg(double(arm.size().z))));
    params.thinnestMm = 0.f;
    Bounds before;
    for (const Vec3& p : shapeOf(picture, params).mesh->positions)
      if (p.x > 25.f && p.x < 35.f) before.add(p);
    QVERIFY(before.size().z < 0.8f);
  }

  void detailIsSmallAndOnTheFrontOnly() {
    const Image picture = drawShape(kSide, kSide, disc(200, 200, 150), [](int x, int y) {
      return (x / 20 + y / 20) % 2 ? Rgba{230, 230, 230, 255} : Rgba{60, 60, 60, 255};
    });
    ShapeParams params;
    params.flatBottom = false;
    const Mesh plain = *shapeOf(picture, params).mesh;
    params.detailMm = 0.5f;
    const Mesh carved = *shapeOf(picture, params).mesh;
    QVERIFY(examine(carved).closedManifold());
    QCOMPARE(carved.positions.size(), plain.positions.size());
    float front = 0.f, back = 0.f;
    for (std::size_t v = 0; v < plain.positions.size(); ++v) {
      const float moved = carved.positions[v].y - plain.positions[v].y;
      (plain.positions[v].y < 0.f ? front : back) =
          std::max(plain.positions[v].y < 0.f ? front : back, std::abs(moved));
    }
    // Centring in depth may shift all by a little.
    QVERIFY2(front > 0.3f && front < 0.8f, qPrintable(QString::number(double(front))));
    QVERIFY2(back < 0.3f, qPrintable(QString::number(double(back))));
  }
};

QTEST_GUILESS_MAIN(TstPrintableInflation)
#include "tst_printable_inflation.moc"
