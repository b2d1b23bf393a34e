#include <QtTest>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/base/error.h"
#include "core/geometry/bounds.h"
#include "core/jobs/parallel.h"
#include "core/render/contact_shadow.h"
#include "core/render/raster.h"
#include "core/render/smooth_surface.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

MeshPtr share(Mesh mesh) { return std::make_shared<const Mesh>(std::move(mesh)); }

double covered(const Mask& mask) {
  return double(std::ranges::count(mask.values, std::uint8_t{255}));
}

/// Where the pixels of about this colour have their middle; nothing at (-1, -1).
QPointF middleOf(const Image& image, auto&& matches) {
  double x = 0., y = 0., n = 0.;
  for (int j = 0; j < image.height; ++j)
    for (int i = 0; i < image.width; ++i)
      if (matches(image.at(i, j))) {
        x += i;
        y += j;
        ++n;
      }
  return n > 0. ? QPointF(x / n, y / n) : QPointF(-1., -1.);
}

bool isRed(Rgba c) { return c.r > c.g + 60 && c.r > c.b + 60; }
bool isGreen(Rgba c) { return c.g > c.r + 60 && c.g > c.b + 60; }
bool isBlue(Rgba c) { return c.b > c.r + 60 && c.b > c.g + 60; }

/// Red at +X, green at +Z, blue at +Y of a grey cube.
std::vector<Drawn> markers() {
  return {{share(makeCube(20.f)), {150, 150, 150}},
          {share(moved(makeSphere(6.f, 2), {25.f, 0.f, 0.f})), {220, 20, 20}},
          {share(moved(makeSphere(6.f, 2), {0.f, 0.f, 25.f})), {20, 200, 20}},
          {share(moved(makeSphere(6.f, 2), {0.f, 25.f, 0.f})), {20, 20, 220}}};
}

}  // namespace

class TstRaster : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aSphereCoversItsDiscFromEverySide() {
    const Mesh sphere = moved(makeSphere(30.f, 5), {3.f, -7.f, 30.f});
    for (const float azimuth : {0.f, 37.f, 90.f, 200.f}) {
      OrthoView view{.target = {3.f, -7.f, 30.f}, .azimuthDegrees = azimuth};
      view.elevationDegrees = 25.f;
      view.heightMm = 80.f;
      const double pixelArea = (80. / 400.) * (80. / 400.);
      const double area = covered(silhouetteOf(sphere, view, 500, 400)) * pixelArea;
      QVERIFY(std::abs(area / (std::numbers::pi * 900.) - 1.) < 0.005);
    }
  }

  void trianglesThatShareAnEdgeLeaveNoGap() {
    // A square of 2 * 50 * 50 triangles seen head on fills exactly its own pixels.
    const Mesh box = makeBox({50.f, 10.f, 50.f}, 50);
    OrthoView view;
    view.heightMm = 60.f;
    QCOMPARE(covered(silhouetteOf(box, view, 120, 120)), 100. * 100.);
  }

  void frontShowsPlusXOnTheRightAndPlusZAbove() {
    const std::vector<Drawn> meshes = markers();
    OrthoView view;
    const Image image = drawPicture(meshes, view, 120, 120);
    const QPointF red = middleOf(image, isRed), green = middleOf(image, isGreen);
    QVERIFY(red.x() > 80. && std::abs(red.y() - 60.) < 4.);
    QVERIFY(green.y() >= 0. && green.y() < 40. && std::abs(green.x() - 60.) < 4.);
    QCOMPARE(middleOf(image, isBlue), QPointF(-1., -1.));  // behind the cube
  }

  void theOtherSidesShowWhatTheyShould() {
    const std::vector<Drawn> meshes = markers();
    OrthoView view;
    view.azimuthDegrees = 90.f;  // from +X: +Y is on the right
    QVERIFY(middleOf(drawPicture(meshes, view, 120, 120), isBlue).x() > 80.);
    view.azimuthDegrees = 180.f;  // from the back: +X is on the left
    const QPointF red = middleOf(drawPicture(meshes, view, 120, 120), isRed);
    QVERIFY(red.x() >= 0. && red.x() < 40.);
    view.azimuthDegrees = 0.f;
    view.elevationDegrees = 90.f;  // from above: +Y is up
    const QPointF blue = middleOf(drawPicture(meshes, view, 120, 120), isBlue);
    QVERIFY(blue.y() >= 0. && blue.y() < 40.);
  }

  void framingHoldsEverythingWithItsMargin() {
    const MeshPtr box = share(moved(makeBox({80.f, 20.f, 30.f}, 1), {100.f, 40.f, 7.f}));
    const MeshPtr ball = share(moved(makeSphere(10.f, 3), {60.f, -20.f, 60.f}));
    for (const auto& [width, height] : {std::pair{300, 200}, {200, 300}})
      for (const float azimuth : {0.f, 50.f, 260.f}) {
        const OrthoView view = framing({box, ball}, azimuth, 30.f, width, height, 0.1f);
        Mask all = silhouetteOf(*box, view, width, height);
        const Mask other = silhouetteOf(*ball, view, width, height);
        for (std::size_t i = 0; i < all.values.size(); ++i) all.values[i] |= other.values[i];
        int left = width, right = -1, top = height, bottom = -1;
        for (int y = 0; y < height; ++y)
          for (int x = 0; x < width; ++x)
            if (all.at(x, y)) {
              left = std::min(left, x);
              right = std::max(right, x);
              top = std::min(top, y);
              bottom = std::max(bottom, y);
            }
        const int margin = int(0.1 * height);
        QVERIFY(left >= margin - 1 && top >= margin - 1);
        QVERIFY(right <= width - margin && bottom <= height - margin);
        // As large as it can be: one direction is used to the margin.
        QVERIFY(left <= margin + 1 || top <= margin + 1);
      }
  }

  void theSamePictureWhateverTheNumberOfThreads() {
    const std::vector<Drawn> meshes = markers();
    const OrthoView view = framing({meshes[0].mesh, meshes[1].mesh}, -30.f, 20.f, 160, 120);
    setThreadLimit(1);
    const Image one = drawPicture(meshes, view, 160, 120);
    setThreadLimit(3);
    const Image three = drawPicture(meshes, view, 160, 120);
    setThreadLimit(0);
    QVERIFY(one.pixels == three.pixels);
  }

  void vertexColoursAreShownUnlessRefused() {
    Mesh sphere = makeSphere(10.f, 3);
    sphere.colours.assign(sphere.positions.size(), {200, 20, 20});
    const MeshPtr mesh = share(std::move(sphere));
    OrthoView view;
    view.heightMm = 30.f;
    QVERIFY(isRed(drawPicture({{mesh, {20, 200, 20}}}, view, 60, 60).at(30, 30)));
    QVERIFY(isGreen(drawPicture({{mesh, {20, 200, 20}, false}}, view, 60, 60).at(30, 30)));
  }

  void theGroundIsDarkerWhereTheObjectStands() {
    const MeshPtr cube = share(moved(makeCube(20.f), {0.f, 0.f, 10.f}));
    OrthoView view{.target = {0.f, 0.f, 10.f}};
    view.elevationDegrees = 30.f;
    view.heightMm = 60.f;
    const Image with = drawPicture({{cube, {150, 150, 150}}}, view, 120, 120);
    const Image without = drawPicture({}, view, 120, 120);
    const Mask mask = silhouetteOf(*cube, view, 120, 120);
    QCOMPARE(mask.at(60, 89), std::uint8_t{0});
    const int shaded = with.at(60, 89).g, bright = without.at(60, 89).g;
    QVERIFY2(shaded + 12 < bright, qPrintable(QString("%1, %2").arg(shaded).arg(bright)));
    QVERIFY(with.at(2, 2) == without.at(2, 2));
  }

  void aHollowIsDarkerThanAnOpenFace() {
    // The floor of a well against the top of its rim, both facing up.
    const std::vector<Drawn> well{
        {share(moved(makeBox({40.f, 40.f, 2.f}, 1), {0.f, 0.f, 1.f})), {200, 200, 200}},
        {share(moved(makeBox({10.f, 40.f, 30.f}, 1), {-15.f, 0.f, 15.f})), {200, 200, 200}},
        {share(moved(makeBox({10.f, 40.f, 30.f}, 1), {15.f, 0.f, 15.f})), {200, 200, 200}},
        {share(moved(makeBox({20.f, 10.f, 30.f}, 1), {0.f, -15.f, 15.f})), {200, 200, 200}},
        {share(moved(makeBox({20.f, 10.f, 30.f}, 1), {0.f, 15.f, 15.f})), {200, 200, 200}}};
    OrthoView view{.target = {0.f, 0.f, 15.f}};
    view.elevationDegrees = 90.f;
    view.heightMm = 50.f;
    const Image image = drawPicture(well, view, 100, 100);
    QVERIFY(int(image.at(50, 50).g) + 40 < int(image.at(20, 50).g));
  }

  void creasesStaySharpAndBendsSoft() {
    const SmoothSurface cube = smoothSurface(makeCube(2.f));
    QCOMPARE(cube.positions.size(), std::size_t{24});
    for (const Vec3& n : cube.normals)
      QVERIFY(std::abs(std::max({std::abs(n.x), std::abs(n.y), std::abs(n.z)}) - 1.f) < 1e-5f);
    const Mesh ball = makeSphere(5.f, 3);
    const SmoothSurface soft = smoothSurface(ball);
    QCOMPARE(soft.positions.size(), ball.positions.size());
    for (std::size_t v = 0; v < soft.positions.size(); ++v)
      QVERIFY(dot(soft.normals[v], soft.positions[v] / 5.f) > 0.995f);
  }

  void trianglesKeepTheirOrderAlsoWhereCornersAreNotShared() {
    Mesh soup;
    const Mesh ball = makeSphere(5.f, 2);
    for (const Triangle& t : ball.triangles) {
      const auto at = std::uint32_t(soup.positions.size());
      for (const std::uint32_t v : t) soup.positions.push_back(ball.positions[v]);
      soup.triangles.push_back({at, at + 1, at + 2});
    }
    const SmoothSurface surface = smoothSurface(soup);
    QCOMPARE(surface.positions.size(), ball.positions.size());
    for (std::size_t f = 0; f < soup.triangles.size(); ++f)
      for (int k = 0; k < 3; ++k)
        QVERIFY(surface.positions[surface.triangles[f][k]] == soup.positions[soup.triangles[f][k]]);
  }

  void contactShadowsFadeWithHeight() {
    const Mesh cube = makeCube(10.f);
    const Standing low{&cube, {0.f, 0.f, 5.f}}, high{&cube, {0.f, 0.f, 15.f}};
    const float touching = contactShadow(std::span(&low, 1), 0.f).at(0.f, 0.f);
    const float floating = contactShadow(std::span(&high, 1), 0.f).at(0.f, 0.f);
    QVERIFY(touching > 0.5f);
    QVERIFY(floating > 0.f && floating < 0.8f * touching);
    QCOMPARE(contactShadow({}, 0.f).at(0.f, 0.f), 0.f);
  }

  void badSizesAreRefusedAndStopsAreObeyed() {
    OrthoView view;
    const Mesh cube = makeCube(1.f);
    QVERIFY_EXCEPTION_THROWN(silhouetteOf(cube, view, 0, 10), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(drawPicture({}, view, 10, -1), InvalidInput);
    view.heightMm = 0.f;
    QVERIFY_EXCEPTION_THROWN(silhouetteOf(cube, view, 10, 10), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(drawPicture(markers(), {}, 50, 50, stopped()), Cancelled);
  }
};

QTEST_APPLESS_MAIN(TstRaster)
#include "tst_raster.moc"
