#include <QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "picture/picture_file.h"

using namespace maquette;

/// A program without QGuiApplication, as the command line is.
class TstSvgText : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::filesystem::path drawing(const std::string& body) const {
    const std::filesystem::path file = folder_.filePath("drawing.svg").toStdString();
    std::ofstream(file) << "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 8'>" << body
                        << "</svg>";
    return file;
  }
  Image read(const std::string& body) const { return readPicture(drawing(body), {}); }

 private Q_SLOTS:
  void shapesNeedNoWindowSystem() {
    QCOMPARE(int(read("<rect width='8' height='8' fill='#ff0000'/>").at(500, 500).r), 255);
  }
  void textIsDrawnAllTheSame() {
    const Image image = read("<text x='0' y='8' font-size='10' fill='#ff0000'>M</text>");
    QVERIFY(std::ranges::any_of(image.pixels, [](Rgba p) { return p.r > 200 && p.a > 200; }));
  }
  void inThisProcessItIsRefusedInsteadOfCrashing() {
    const auto file = drawing("<text x='1' y='7'>A</text>");
    QVERIFY_THROWS_EXCEPTION(Unsupported, readPictureHere(file, {}));
  }
};

QTEST_GUILESS_MAIN(TstSvgText)
#include "tst_svg_text.moc"
