#include <QtTest>
#include <memory>
#include <stop_token>
#include <thread>

#include "core/base/error.h"
#include "imaging/colour_spread.h"
#include "imaging/cutout.h"
#include "imaging/scalar_image.h"
#include "support/pictures.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

Rgba ink(int, int) { return {40, 30, 60, 255}; }
constexpr Rgba kWhite{255, 255, 255, 255};

Mask alphaOf(const Image& picture) {
  Mask mask{picture.width, picture.height, {}};
  for (const Rgba& p : picture.pixels) mask.values.push_back(p.a);
  return mask;
}

Mask cut(const Image& picture, const Strokes& strokes = {}) { return cutOut(picture, strokes, {}); }

Stroke dot(bool keep, float x, float y, float radius = 5.f) { return {keep, radius, {{x, y}}}; }

double insideShare(const Mask& mask) {
  double inside = 0.;
  for (const std::uint8_t v : mask.values) inside += v >= 128;
  return inside / double(mask.values.size());
}

}  // namespace

class TstCutout : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void alphaIsTakenAsItIs() {
    const Image picture = drawShape(300, 200, textShape(200), stripes);
    QVERIFY(hasAlpha(picture));
    QVERIFY(cut(picture).values == alphaOf(picture).values);
  }

  void aPlainBackgroundIsKeyedAlsoWhereTheObjectEnclosesIt_data() {
    QTest::addColumn<Image>("drawn");
    QTest::newRow("ring") << drawShape(400, 400, ringShape(400), ink);
    QTest::newRow("text") << drawShape(400, 400, textShape(400), ink);
    QTest::newRow("figure") << drawShape(400, 400, figureShape(400), ink);
    QTest::newRow("two pieces, in colour") << drawShape(400, 300, twoPieceShape(300), stripes);
    QTest::newRow("touching the border") << drawShape(400, 300, disc(200, 290, 120), ink);
  }
  void aPlainBackgroundIsKeyedAlsoWhereTheObjectEnclosesIt() {
    QFETCH(Image, drawn);
    const Image picture = onBackground(drawn, kWhite);
    QVERIFY(!hasAlpha(picture));
    const double same = overlap(cut(picture), alphaOf(drawn));
    QVERIFY2(same > 0.98, qPrintable(QString::number(same)));
  }

  void noiseOnAPlainBackgroundIsNoObject() {
    Image picture = onBackground(drawShape(400, 400, ringShape(400), ink), {230, 232, 228, 255});
    const Mask clean = cut(picture);
    for (std::size_t i = 0; i < picture.pixels.size(); i += 7) {
      Rgba& p = picture.pixels[i];
      p.r = static_cast<std::uint8_t>(p.r > 6 ? p.r - 6 : 0);
      p.g = static_cast<std::uint8_t>(p.g > 3 ? p.g - 3 : 0);
    }
    picture.at(10, 10) = {20, 20, 20, 255};  // a speck of dust
    const Mask noisy = cut(picture);
    QVERIFY(overlap(clean, noisy) > 0.99);
    QVERIFY(noisy.at(10, 10) < 128);
  }

  void aPhotoGivesItsObject() {
    const Mask truth = alphaOf(drawShape(600, 450, disc(312, 202.5, 121.5), stripes));
    const double same = overlap(cut(photo(600, 450)), truth);
    QVERIFY2(same > 0.95, qPrintable(QString::number(same)));
  }

  void aPatternWithoutAnObjectIsTakenWhole() {
    QCOMPARE(insideShare(cut(drawShape(320, 240, box(0, 0, 320, 240), stripes))), 1.);
    QCOMPARE(insideShare(cut(drawShape(320, 240, box(0, 0, 320, 240), ink))), 1.);
  }

  void strokesCorrectAPhoto() {
    const Image picture = photo(600, 450);
    const Mask before = cut(picture);
    QVERIFY(before.at(100, 400) < 128);
    const Mask meadow = cut(picture, {{dot(true, 100, 400, 20), dot(true, 500, 400, 20)}});
    QVERIFY(meadow.at(100, 400) == 255);
    QVERIFY(meadow.at(300, 400) >= 128);  // carried on to what looks alike
    QVERIFY(meadow.at(300, 20) < 128);
    const Mask bitten = cut(picture, {{dot(false, 312, 200, 30)}});
    QVERIFY(bitten.at(312, 200) == 0);
  }

  void aKeepStrokeFillsAGapAndARemoveStrokeTakesAColour() {
    const Image ring = onBackground(drawShape(400, 400, ringShape(400), ink), kWhite);
    QVERIFY(cut(ring).at(200, 200) < 128);
    const Mask filled = cut(ring, {{dot(true, 200, 200)}});
    QVERIFY(filled.at(200, 200) == 255 && filled.at(130, 200) >= 128);
    QVERIFY(filled.at(3, 3) < 128);

    Image two = drawShape(400, 300, twoPieceShape(300), [](int x, int) {
      return x < 160 ? Rgba{200, 40, 40, 255} : Rgba{40, 160, 60, 255};
    });
    QVERIFY(cut(two).at(84, 150) >= 128);
    const Mask one = cut(two, {{dot(false, 84, 150)}});
    QVERIFY(one.at(84, 110) < 128 && one.at(220, 150) >= 128);
    QVERIFY_THROWS_EXCEPTION(InvalidInput, cut(two, {{dot(false, 84, 150), dot(false, 220, 150)}}));
  }

  void theSameEveryTime() {
    const Image picture = photo(500, 380);
    QVERIFY(cut(picture).values == cut(picture).values);
  }

  void refusesWhatShowsNothing() {
    QVERIFY_THROWS_EXCEPTION(InvalidInput, cut(Image{}));
    QVERIFY_THROWS_EXCEPTION(InvalidInput, cut(Image{3, 3, {}}));
    QVERIFY_THROWS_EXCEPTION(InvalidInput, cut(drawShape(
                                               64, 64, [](double, double) { return false; }, ink)));
  }

  void tinyPicturesWork() {
    for (int side = 1; side < 6; ++side) {
      QVERIFY(insideShare(cut(photo(side, side))) > 0.);
      QVERIFY(insideShare(cut(photo(side, 300))) > 0.);
    }
  }

  void strokesFarOutsideAreHarmless() {
    Strokes strokes{{{true, 1e9f, {}}, {true, 3.f, {{-1e9f, 5.f}, {-1e8f, 1e9f}}}}};
    QVERIFY(insideShare(cut(photo(200, 150), strokes)) > 0.);
  }

  void stopsWhenAsked() {
    QVERIFY_THROWS_EXCEPTION(Cancelled, cutOut(photo(200, 150), {}, stopped()));
    std::stop_source source;
    const auto progress = std::make_shared<Progress>();
    std::jthread impatient([&](const std::stop_token& over) {
      while (!over.stop_requested() && progress->snapshot().fraction < 0.15f)
        std::this_thread::yield();
      source.request_stop();
    });
    QVERIFY_THROWS_EXCEPTION(Cancelled,
                             cutOut(photo(1600, 1200), {}, Context(source.get_token(), progress)));
  }

  void coloursSpreadOverTheRim() {
    const Image drawn = drawShape(200, 200, disc(100, 100, 60), ink);
    const Image spread = spreadColours(onBackground(drawn, kWhite), alphaOf(drawn));
    for (int x = 30; x < 170; ++x) QVERIFY(spread.at(x, 100).r < 60);
  }

  void distancesAreEuclidean() {
    Mask mask{9, 9, std::vector<std::uint8_t>(81, 0)};
    mask.at(4, 4) = 255;
    const ScalarImage distance = distanceTo(mask);
    QCOMPARE(distance.at(4, 4), 0.f);
    QVERIFY(std::abs(distance.at(7, 8) - 5.f) < 1e-3f);
    QVERIFY(distanceTo(Mask{3, 3, std::vector<std::uint8_t>(9, 0)}).at(1, 1) > 5.f);
  }
};

QTEST_GUILESS_MAIN(TstCutout)
#include "tst_cutout.moc"
