#include <QtTest>
#include <algorithm>
#include <memory>

#include "classical/inflation.h"
#include "imaging/cutout.h"
#include "imaging/scalar_image.h"
#include "support/assemblies.h"
#include "support/photos.h"
#include "support/pictures.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// A drawn outline as a body, without the drawing's colours.
MeshPtr swollen(const Inside& outline) {
  ImageSet views;
  views.front.picture = std::make_shared<const Image>(drawShape(300, 300, outline, stripes));
  ShapeParams params;
  params.resolution = 120;
  Mesh mesh = *makeInflationGenerator()->generate(views, params, {}).mesh;
  mesh.colours.clear();
  return std::make_shared<const Mesh>(std::move(mesh));
}

MeshPtr subject(std::uint32_t seed) {
  switch (seed % 8) {
    case 0:
      return swollen(figureShape(300));
    case 1:
      return swollen(mugShape(300));
    case 2:
      return swollen(starShape(300));
    case 3:
      return swollen(ringShape(300));
    case 4:
      return std::make_shared<const Mesh>(makeSphere(20, 5));
    case 5:
      return std::make_shared<const Mesh>(makeBox({40, 30, 60}, 12));
    default:
      return std::make_shared<const Mesh>(makeAssembly(seed, {4, 40}).mesh);
  }
}

/// What a user does: a dot in the middle of the largest place that is wrong.
Stroke correction(const Mask& cut, const Mask& truth) {
  Mask right{cut.width, cut.height, {}};  // 255 where nothing has to be done
  Stroke best;
  float deepest = 0.f;
  for (const bool keep : {true, false}) {
    right.values.clear();
    for (std::size_t i = 0; i < cut.values.size(); ++i) {
      const bool in = cut.values[i] >= 128, should = truth.values[i] >= 128;
      right.values.push_back(in != should && should == keep ? 0 : 255);
    }
    const ScalarImage depth = distanceTo(right);
    const auto most = std::ranges::max_element(depth.values);
    if (*most <= deepest) continue;
    deepest = *most;
    const auto at = std::size_t(most - depth.values.begin());
    best = {
        keep,
        std::clamp(0.7f * deepest, 2.f, 20.f),
        {{float(at % std::size_t(cut.width)) + 0.5f, float(at / std::size_t(cut.width)) + 0.5f}}};
  }
  return best;
}

}  // namespace

/// Our own renderer as a camera: lit objects before textured walls, with their shadows.
class TstPhotos : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theObjectIsCutOutOfItsPhoto_data() {
    QTest::addColumn<std::uint32_t>("seed");
    // Seeds 0 to 15 were looked at while the cut-out was made; the others were not.
    for (std::uint32_t seed = 0; seed < 20; ++seed) QTest::addRow("%u", seed) << seed;
  }
  void theObjectIsCutOutOfItsPhoto() {
    QFETCH(std::uint32_t, seed);
    const Photo photo = takePhoto(subject(seed), seed);
    const Mask alone = cutOut(photo.picture, {}, {});
    const double without = overlap(alone, photo.truth);
    Strokes strokes;
    Mask cut = alone;
    for (int i = 0; i < 2; ++i) {
      strokes.strokes.push_back(correction(cut, photo.truth));
      cut = cutOut(photo.picture, strokes, {});
    }
    const double with = overlap(cut, photo.truth);
    qInfo("alone %.4f, after two strokes %.4f", without, with);
    QVERIFY2(without >= 0.95, qPrintable(QString::number(without)));
    QVERIFY2(with >= 0.98, qPrintable(QString::number(with)));
  }
};

QTEST_GUILESS_MAIN(TstPhotos)
#include "tst_photos.moc"
