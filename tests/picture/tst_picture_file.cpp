#include <sys/stat.h>

#include <QBuffer>
#include <QGuiApplication>
#include <QImage>
#include <QImageWriter>
#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "picture/picture_file.h"
#include "picture/qimage.h"
#include "support/shapes.h"
#include "support/write_faults.h"

using namespace maquette;
namespace fs = std::filesystem;

namespace {

/// Left half red, right half green, a blue square in the upper left corner.
QImage flag(int width = 64, int height = 48) {
  QImage image(width, height, QImage::Format_RGB32);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      image.setPixel(x, y, x < width / 2 ? qRgb(200, 20, 30) : qRgb(20, 180, 40));
  for (int y = 0; y < height / 4; ++y)
    for (int x = 0; x < width / 4; ++x) image.setPixel(x, y, qRgb(20, 30, 200));
  return image;
}

bool near(Rgba a, Rgba b, int tolerance = 24) {
  return std::abs(a.r - b.r) <= tolerance && std::abs(a.g - b.g) <= tolerance &&
         std::abs(a.b - b.b) <= tolerance && std::abs(a.a - b.a) <= tolerance;
}

constexpr Rgba kRed{200, 20, 30, 255}, kGreen{20, 180, 40, 255}, kBlue{20, 30, 200, 255};

bool isFlag(const Image& i) {
  return near(i.at(2, 2), kBlue) && near(i.at(2, i.height - 3), kRed) &&
         near(i.at(i.width - 3, 3), kGreen);
}

QByteArray encoded(const QImage& image, const char* format) {
  QByteArray bytes;
  QBuffer buffer(&bytes);
  buffer.open(QIODevice::WriteOnly);
  QImageWriter writer(&buffer, format);
  writer.setQuality(95);
  if (!writer.write(image)) qWarning("no writer for %s", format);
  return bytes;
}

void big(QByteArray& b, quint32 v) {
  for (int shift = 24; shift >= 0; shift -= 8) b.append(char(v >> shift));
}

/// A PNG header that promises this size, and nothing behind it.
QByteArray lyingPng(quint32 width, quint32 height) {
  QByteArray png("\x89PNG\r\n\x1a\n", 8), body("IHDR");
  big(body, width);
  big(body, height);
  body.append(QByteArray("\x08\x06\x00\x00\x00", 5));
  quint32 crc = 0xffffffffu;  // ISO 3309, as PNG wants it
  for (const char c : body) {
    crc ^= quint8(c);
    for (int k = 0; k < 8; ++k) crc = crc & 1 ? (crc >> 1) ^ 0xedb88320u : crc >> 1;
  }
  big(png, 13);
  png.append(body);
  big(png, ~crc);
  return png;
}

/// A GIF of 2 x 1 pixels, red and green, then a second frame that is all blue.
QByteArray smallGif() {
  QByteArray gif("GIF89a\x02\x00\x01\x00\x91\x00\x00", 13);
  for (const Rgba c : {kRed, kGreen, kBlue, Rgba{}})
    gif.append(char(c.r)).append(char(c.g)).append(char(c.b));
  // Codes of 3 bits: clear 4, the two pixels, end 5.
  gif.append(QByteArray("\x2c\x00\x00\x00\x00\x02\x00\x01\x00\x00\x02\x02\x44\x0a\x00", 15));
  gif.append(QByteArray("\x2c\x00\x00\x00\x00\x02\x00\x01\x00\x00\x02\x02\x94\x0a\x00", 15));
  gif.append('\x3b');
  return gif;
}

}  // namespace

class TstPictureFile : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  fs::path at(const QString& name) const { return folder_.filePath(name).toStdString(); }
  fs::path write(const QString& name, const QByteArray& bytes) const {
    const fs::path file = at(name);
    std::ofstream(file, std::ios::binary).write(bytes.constData(), bytes.size());
    return file;
  }
  Image read(const QString& name, const QByteArray& bytes) const {
    return readPicture(write(name, bytes), {});
  }

 private Q_SLOTS:
  void everyFormatIsReadByItsContent_data() {
    QTest::addColumn<QByteArray>("bytes");
    for (const char* format : {"png", "jpg", "webp", "bmp", "tiff"})
      QTest::newRow(format) << encoded(flag(), format);
    QTest::newRow("16 bits") << encoded(flag().convertToFormat(QImage::Format_RGBA64), "png");
    QTest::newRow("palette") << encoded(flag().convertToFormat(QImage::Format_Indexed8), "png");
    QTest::newRow("svg") << QByteArray(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 64 48'>"
        "<rect width='32' height='48' fill='rgb(200,20,30)'/>"
        "<rect x='32' width='32' height='48' fill='rgb(20,180,40)'/>"
        "<rect width='16' height='12' fill='rgb(20,30,200)'/></svg>");
  }
  void everyFormatIsReadByItsContent() {
    QFETCH(QByteArray, bytes);
    QVERIFY(!bytes.isEmpty());
    QVERIFY(isFlag(read("right.bin", bytes)));
    QVERIFY(isFlag(read("wrong name.jpg", bytes)));
  }

  void grey() {
    const Image image =
        read("grey.png", encoded(flag().convertToFormat(QImage::Format_Grayscale8), "png"));
    QCOMPARE(image.at(40, 30).r, image.at(40, 30).b);
  }

  void cmykJpeg() {
    // tests/data/cmyk.jpg, made with ImageMagick: cyan on the left, yellow on the right.
    const Image image = readPicture(fs::path(MAQUETTE_TEST_DATA) / "cmyk.jpg", {});
    QVERIFY(near(image.at(6, 16), {0, 255, 255, 255}, 60));
    QVERIFY(near(image.at(26, 16), {255, 255, 0, 255}, 60));
  }

  void theFirstFrameOfAGif() {
    const Image image = read("two.gif", smallGif());
    QCOMPARE(image.width, 2);
    QVERIFY(near(image.at(0, 0), kRed, 0) && near(image.at(1, 0), kGreen, 0));
  }

  void alphaStaysStraight() {
    QImage image(8, 8, QImage::Format_ARGB32);
    image.fill(qRgba(200, 100, 50, 128));
    QVERIFY(near(read("half.png", encoded(image, "png")).at(3, 3), {200, 100, 50, 128}, 1));
  }

  void exifOrientationIsApplied() {
    QByteArray jpeg = encoded(flag(), "jpg");
    // APP1 with one entry: tag 0x0112, SHORT, 1, value 6 (turn 90 degrees clockwise to see).
    QByteArray exif(
        "\xff\xe1\x00\x22"
        "Exif\x00\x00"
        "MM\x00\x2a\x00\x00\x00\x08",
        18);
    exif.append(QByteArray("\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00", 14));
    exif.append(QByteArray("\x00\x00\x00\x00", 4));
    jpeg.insert(2, exif);
    const Image image = read("turned.jpg", jpeg);
    QCOMPARE(image.width, 48);
    QCOMPARE(image.height, 64);
    QVERIFY(near(image.at(45, 3), kBlue));  // upper left became upper right
    QVERIFY(near(image.at(3, 3), kRed));
    QVERIFY(near(image.at(3, 60), kGreen));
  }

  void largePicturesAreReduced_data() {
    QTest::addColumn<QByteArray>("format");
    for (const char* format : {"png", "jpg", "bmp"}) QTest::newRow(format) << QByteArray(format);
  }
  void largePicturesAreReduced() {
    QFETCH(QByteArray, format);
    const Image image = read("large", encoded(flag(5000, 2500), format));
    QCOMPARE(image.width, kLongestPictureSide);
    QCOMPARE(image.height, kLongestPictureSide / 2);
    QVERIFY(isFlag(image));
  }

  void svgIsDrawnLargeWhateverItsSize_data() {
    QTest::addColumn<QByteArray>("size");
    QTest::newRow("tiny") << QByteArray("width='8' height='4'");
    QTest::newRow("huge") << QByteArray("width='800000' height='400000'");
  }
  void svgIsDrawnLargeWhateverItsSize() {
    QFETCH(QByteArray, size);
    const Image image = read("drawing.svg", "<svg xmlns='http://www.w3.org/2000/svg' " + size +
                                                " viewBox='0 0 8 4'><circle cx='2' cy='2' r='2' "
                                                "fill='#c8141e'/></svg>");
    QCOMPARE(image.width, 1024);
    QCOMPARE(image.height, 512);
    QVERIFY(near(image.at(256, 256), kRed));
    QCOMPARE(int(image.at(700, 256).a), 0);
  }

  void whatIsNoPictureIsRefused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("text") << QByteArray("This is not a picture.");
    QTest::newRow("zeros") << QByteArray(4096, '\0');
    QTest::newRow("signature only") << QByteArray("\x89PNG\r\n\x1a\n", 8);
    QTest::newRow("lying header") << lyingPng(300, 300);
    QTest::newRow("beyond 100 megapixels") << lyingPng(20000, 20000);
    QTest::newRow("far beyond") << lyingPng(0x7fffffff, 0x7fffffff);
    QTest::newRow("broken svg") << QByteArray("<svg xmlns='http://www.w3.org/2000/svg'><rect");
    for (const char* format : {"png", "jpg", "webp", "bmp", "tiff"}) {
      const QByteArray whole = encoded(flag(300, 200), format);
      QTest::addRow("%s cut in half", format) << whole.left(whole.size() / 2);
      QTest::addRow("%s cut short", format) << whole.left(whole.size() * 9 / 10);
      QTest::addRow("%s header only", format) << whole.left(40);
    }
    QTest::newRow("gif cut short") << smallGif().left(33);
  }
  void whatIsNoPictureIsRefused() {
    QFETCH(QByteArray, bytes);
    QVERIFY_THROWS_EXCEPTION(FileError, read("bad.png", bytes));
  }

  void whatIsNoFileIsRefusedAtOnce() {
    QVERIFY_THROWS_EXCEPTION(FileError, readPicture(at("missing.png"), {}));
    QVERIFY_THROWS_EXCEPTION(FileError, readPicture(folder_.path().toStdString(), {}));
    QVERIFY_THROWS_EXCEPTION(FileError, readPicture("/dev/zero", {}));
    QVERIFY_THROWS_EXCEPTION(FileError, readPicture({}, {}));
    QVERIFY_THROWS_EXCEPTION(FileError, readPicture(at(QString(300, 'a') + ".png"), {}));
    const fs::path pipe = at("pipe.png");
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    QVERIFY_THROWS_EXCEPTION(FileError, readPicture(pipe, {}));  // and does not wait for a writer
  }

  void strangeNamesAreFine() {
    for (const QString name :
         {"with space.png", "with \"quotes\" 'n all.png", "\xF0\x9F\xA4\x96.png"})
      QVERIFY(isFlag(read(name, encoded(flag(), "png"))));
    // Not UTF-8 at all.
    const fs::path odd = folder_.path().toStdString() + "/\xff\xfe.png";
    fs::copy_file(write("plain.png", encoded(flag(), "png")), odd);
    QVERIFY(isFlag(readPicture(odd, {})));
    fs::remove(odd);  // which QTemporaryDir cannot name
  }

  void damageNeverCrashes() {
    quint32 state = 1;
    const auto next = [&] { return state = state * 1664525u + 1013904223u; };
    for (const char* format : {"png", "jpg", "webp", "bmp", "tiff"})
      for (int round = 0; round < 20; ++round) {
        QByteArray bytes = encoded(flag(), format);
        for (int hits = 0; hits < 4; ++hits)
          bytes[qsizetype(next() % quint32(bytes.size()))] = char(next() >> 24);
        try {
          const Image image = read("damaged", bytes);
          QCOMPARE(image.pixels.size(), std::size_t(image.width) * std::size_t(image.height));
        } catch (const FileError&) {  // the other legal ending
        }
      }
  }

  void writingKeepsTheOldFileUntilTheNewOneIsWhole() {
    const Image image = fromQImage(flag());
    const fs::path file = at("out \xF0\x9F\x96\xBC.png");
    writePng(file, image);
    QVERIFY(readPicture(file, {}).pixels == image.pixels);
    QVERIFY_THROWS_EXCEPTION(InvalidInput, writePng(file, Image{}));
    QVERIFY(readPicture(file, {}).pixels == image.pixels);
    QVERIFY_THROWS_EXCEPTION(FileError, writePng(at("no folder") / "out.png", image));
    QVERIFY_THROWS_EXCEPTION(FileError, writePng(folder_.path().toStdString(), image));
    QVERIFY_THROWS_EXCEPTION(FileError, writePng(at(QString(300, 'a') + ".png"), image));
  }

  void everyFaultOfAWriteLeavesTheOldFile() {
    QImage noise(700, 600, QImage::Format_RGBA8888);  // whose PNG takes more than one write
    quint32 state = 1;
    for (int y = 0; y < noise.height(); ++y)
      for (int x = 0; x < noise.width(); ++x)
        noise.setPixel(x, y, state = state * 1664525u + 1013904223u);
    const test::Scratch scratch;
    const fs::path file = scratch / "a.png";
    test::everyCallMayFail(scratch, file, [&] { writePng(file, fromQImage(noise)); });
  }

  void qimagesGoThereAndBack() {
    QCOMPARE(toQImage(fromQImage(flag())).convertToFormat(QImage::Format_RGB32), flag());
    QVERIFY(fromQImage(QImage()).pixels.empty());
    QVERIFY(toQImage({}).isNull());
    const QImage odd = flag(63, 5).convertToFormat(QImage::Format_RGB888);  // padded rows
    QVERIFY(near(fromQImage(odd).at(62, 4), kGreen, 0));
  }

  void picturesAreKnownByTheirNames() {
    for (const char* name : {"a.png", "A.JPEG", "b.JPG", "c.webp", "d.svg", "e.tif", "x.y.gif"})
      QVERIFY2(looksLikePicture(name), name);
    for (const char* name : {"a.stl", "png", ".png", "", "a.png/", "a.png.txt"})
      QVERIFY2(!looksLikePicture(name), name);
  }

  void stopsWhenAsked() {
    const fs::path file = write("fine.png", encoded(flag(), "png"));
    QVERIFY_THROWS_EXCEPTION(Cancelled, readPicture(file, test::stopped()));
  }
};

QTEST_MAIN(TstPictureFile)
#include "tst_picture_file.moc"
