#include <QtTest>
#include <algorithm>
#include <cstdlib>

#include "core/base/error.h"
#include "support/image_compare.h"
#include "support/scenes.h"
#include "support/shapes.h"
#include "viewport/offscreen.h"

using namespace maquette;
using namespace maquette::test;

namespace {

Image draw(const Document& document, const OffscreenView& view = {}) {
  return renderOffscreen(document, view, 300, 300);
}

/// Pixels with about the hue of a part's colour: the channels' order and rough proportions.
int pixelsLike(const Image& image, Rgb colour) {
  const auto strength = [](auto c) { return std::max(1.f, float(std::max({c.r, c.g, c.b}))); };
  const float s = strength(colour);
  return int(std::ranges::count_if(image.pixels, [&](const Rgba& p) {
    const float t = strength(p);
    if (t < 60.f) return false;
    return std::abs(p.r / t - colour.r / s) < 0.12f && std::abs(p.g / t - colour.g / s) < 0.12f &&
           std::abs(p.b / t - colour.b / s) < 0.12f;
  }));
}

/// Rows between the first and the last pixel of that hue.
int heightOf(const Image& image, Rgb colour) {
  int top = image.height, bottom = -1;
  for (int y = 0; y < image.height; ++y) {
    Image row{image.width, 1, {}};
    row.pixels.assign(image.pixels.begin() + std::ptrdiff_t(image.index(0, y)),
                      image.pixels.begin() + std::ptrdiff_t(image.index(0, y)) + image.width);
    if (pixelsLike(row, colour) < 3) continue;
    top = std::min(top, y);
    bottom = y;
  }
  return bottom < 0 ? 0 : bottom - top + 1;
}

#define COMPARE_PICTURE(image, name)                                \
  do {                                                              \
    const Comparison comparison = compareWithBaseline(image, name); \
    QVERIFY2(comparison.same, comparison.message.c_str());          \
  } while (false)

}  // namespace

class TstScene : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void threePartsLookAsTheyDid() { COMPARE_PICTURE(draw(threeParts()), "viewport_parts"); }

  void inTheDarkToo() {
    OffscreenView view;
    view.look.dark = true;
    COMPARE_PICTURE(draw(threeParts(), view), "viewport_parts_dark");
  }

  void aProposalIsTintedAndOutlined() {
    const Document document = threeParts();
    auto mask = std::make_shared<FaceMask>(document.shape->triangles.size(), 0);
    for (std::size_t f = 0; f < mask->size(); ++f)
      (*mask)[f] = faceCentre(*document.shape, document.shape->triangles[f]).x < 0.f;
    OffscreenView view;
    view.proposal = mask;
    COMPARE_PICTURE(draw(document, view), "viewport_proposal");
  }

  void everyPartShowsItsColour() {
    const Document document = threeParts();
    const Image image = draw(document);
    for (const Part& part : document.segmentation.parts)
      QVERIFY2(pixelsLike(image, part.colour) > 500, part.name.c_str());
  }

  void aHiddenPartsColourIsGone() {
    for (Document document : {threeParts(), threeSolids()}) {
      document.segmentation.parts[1].visible = false;
      const Image image = draw(document);
      QCOMPARE(pixelsLike(image, document.segmentation.parts[1].colour), 0);
      QVERIFY(pixelsLike(image, document.segmentation.parts[0].colour) > 500);
    }
  }

  void explodingMovesPartsApart() {
    const Document document = threeSolids();
    OffscreenView view;
    const Image together = draw(document, view);
    view.look.explode = 1.f;
    const Image apart = draw(document, view);
    // Everything is framed again, so each part has become smaller in the picture.
    for (const Part& part : document.segmentation.parts)
      QVERIFY(heightOf(apart, part.colour) < heightOf(together, part.colour));
  }

  void goingBackShowsTheSamePicture() {
    const Document before = threeParts();
    const Image first = draw(before);
    Document after = before;
    after.segmentation.parts[0].visible = false;
    QVERIFY(draw(after).pixels != first.pixels);
    QVERIFY(draw(before).pixels == first.pixels);
  }

  void aSolidReplacesItsPieceOfTheShape() {
    Document document = threeParts();
    document.segmentation.parts[1].solid =
        std::make_shared<Mesh>(moved(makeSphere(3.f, 3), {0.f, 0.f, 32.f}));
    const Rgb head = document.segmentation.parts[1].colour;
    const int small = pixelsLike(draw(document), head),
              whole = pixelsLike(draw(threeParts()), head);
    QVERIFY(small > 100 && small < whole / 2);
  }

  void coloursOfTheMeshAreShownWhenAskedFor() {
    Mesh mesh = makeSphere(10.f, 4);
    mesh.colours.assign(mesh.positions.size(), {200, 40, 160});
    Document document;
    document.shape = std::make_shared<Mesh>(std::move(mesh));
    OffscreenView view;
    view.look.style = SurfaceStyle::colour;
    QVERIFY(pixelsLike(draw(document, view), {200, 40, 160}) > 5000);
    view.look.style = SurfaceStyle::smooth;
    QCOMPARE(pixelsLike(draw(document, view), {200, 40, 160}), 0);
  }

  void anEmptyDocumentIsAnEmptySky() {
    const Image image = draw({});
    QVERIFY(image.at(150, 10).g >= image.at(150, 290).g);
  }

  void withoutADisplayItSaysSo() {
    const QByteArray display = qgetenv("DISPLAY");
    qunsetenv("DISPLAY");
    QVERIFY(!canRenderOffscreen());
    QVERIFY_EXCEPTION_THROWN(draw(threeParts()), Unsupported);
    qputenv("DISPLAY", display);
    QVERIFY(canRenderOffscreen());
    QVERIFY_EXCEPTION_THROWN(renderOffscreen({}, {}, 0, 10), InvalidInput);
  }

  void similarityKnowsPicturesApart() {
    const Image image = draw(threeParts());
    QVERIFY(similarity(image, image) > 0.9999);
    OffscreenView view;
    view.azimuthDegrees = 40.f;
    QVERIFY(similarity(image, draw(threeParts(), view)) < 0.97);
    const Comparison missing = compareWithBaseline(image, "there_is_no_such_baseline");
    QVERIFY(!missing.same);
    QVERIFY(QFile::remove(QStringLiteral(MAQUETTE_BIN_DIR "/there_is_no_such_baseline.png")));
  }
};

QTEST_APPLESS_MAIN(TstScene)
#include "tst_scene.moc"
