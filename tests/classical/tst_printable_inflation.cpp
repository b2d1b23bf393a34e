#include <QtTest>
#include <cmath>

#include "classical/inflated.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "support/front_view.h"

using namespace maquette;
using namespace maquette::test;

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
      const Mesh mesh = *shapeOf(picture, params).mesh;
      double area = 0.;
      for (const Triangle& t : mesh.triangles)
        if (mesh.positions[t[0]].z < 1e-4f && mesh.positions[t[1]].z < 1e-4f &&
            mesh.positions[t[2]].z < 1e-4f)
          area -= 0.5 * double(areaVector(mesh, t).z);
      return area;
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
