#include <QtTest>
#include <filesystem>
#include <fstream>

#include "core/base/error.h"
#include "masks/mask_file.h"
#include "support/mask_session.h"
#include "support/shapes.h"
#include "support/write_faults.h"

using namespace maquette;
using test::contentOf;

namespace {

MaskSet someMasks() {
  return *test::maskSession(std::make_shared<const Mesh>(test::makeBox({10, 20, 30}, 4)),
                            {.points = 301, .prompts = 7, .parts = 4})
              .masks;
}

}  // namespace

class TestMaskFile : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  std::filesystem::path file_;

  /// Reads the file with one piece of it replaced by another of the same length.
  QString refusalOf(const std::string& from, const std::string& to) {
    std::string text = contentOf(file_);
    const std::size_t at = text.find(from);
    if (at == std::string::npos || from.size() != to.size()) return "the test is wrong";
    text.replace(at, from.size(), to);
    const std::filesystem::path other = file_.parent_path() / "other.masks";
    std::ofstream(other, std::ios::binary) << text;
    try {
      readMasks(other);
      return "it was read";
    } catch (const FileError& error) {
      return error.what();
    }
  }

 private Q_SLOTS:
  void initTestCase() {
    file_ = std::filesystem::path(folder_.path().toStdString()) / "some.masks";
    writeMasks(file_, someMasks());
  }

  void whatWasWrittenIsRead() {
    MaskSet masks = someMasks();
    masks.model = "a \"quoted\\name\"\n";
    masks.seed = ~std::uint64_t{0};
    masks.faithful = true;
    const std::filesystem::path file = file_.parent_path() / "all.masks";
    writeMasks(file, masks);
    const MaskSet read = readMasks(file);
    QCOMPARE(read.model, masks.model);
    QCOMPARE(read.seed, masks.seed);
    QCOMPARE(read.mesh, masks.mesh);
    QCOMPARE(read.faithful, true);
    QCOMPARE(read.faces, masks.faces);
    QCOMPARE(read.places, masks.places);
    QCOMPARE(read.quality, masks.quality);
    QCOMPARE(read.prompts, masks.prompts);
    QCOMPARE(read.bits, masks.bits);
  }

  void writingLeavesNothingElseBehind() {
    QTemporaryDir folder;
    const std::filesystem::path path = folder.path().toStdString();
    writeMasks(path / "a.masks", someMasks());
    writeMasks(path / "a.masks", someMasks());
    QCOMPARE(std::distance(std::filesystem::directory_iterator(path), {}), 1);
  }

  void everyCallOfAWriteMayFail() {
    const test::Scratch scratch;
    const std::filesystem::path file = scratch / "some.masks";
    test::everyCallMayFail(scratch, file, [&] { writeMasks(file, someMasks()); });
  }

  void whatCannotBeWrittenIsSaid() {
    QVERIFY_EXCEPTION_THROWN(writeMasks("/nowhere/at/all.masks", someMasks()), FileError);
  }

  void aFileCutShortIsRefused() {
    const std::string text = contentOf(file_);
    const std::filesystem::path shorter = file_.parent_path() / "shorter.masks";
    for (std::size_t length = 0; length < text.size(); length += text.size() / 97) {
      std::ofstream(shorter, std::ios::binary) << text.substr(0, length);
      QVERIFY_EXCEPTION_THROWN(readMasks(shorter), FileError);
    }
  }

  void whatDoesNotFitTogetherIsRefused_data() {
    QTest::addColumn<QString>("from");
    QTest::addColumn<QString>("to");
    QTest::addColumn<QString>("says");
    QTest::newRow("another format") << "maquette-masks"
                                    << "somebody-else1"
                                    << "no masks";
    QTest::newRow("a later version") << R"("version":"1")"
                                     << R"("version":"2")"
                                     << "version";
    QTest::newRow("no seed") << R"("seed":"1")"
                             << R"("seed":"x")"
                             << "seed";
    QTest::newRow("no fingerprint") << R"("mesh")"
                                    << R"("mess")"
                                    << "mesh";
    QTest::newRow("other numbers") << R"("dtype":"F32")"
                                   << R"("dtype":"I32")"
                                   << "quality";
    QTest::newRow("no places") << R"("places")"
                               << R"("placed")"
                               << "places";
    QTest::newRow("fewer bits") << "\"shape\":[7,40]"
                                << "\"shape\":[40,7]"
                                << "bits";
  }
  void whatDoesNotFitTogetherIsRefused() {
    QFETCH(QString, from);
    QFETCH(QString, to);
    QFETCH(QString, says);
    const QString said = refusalOf(from.toStdString(), to.toStdString());
    QVERIFY2(said.contains("other.masks") && said.contains(says), qPrintable(said));
  }

  void whatPointsNowhereIsRefused() {
    const std::filesystem::path file = file_.parent_path() / "bad.masks";
    const auto refused = [&](auto&& damage) {
      MaskSet masks = someMasks();
      damage(masks);
      writeMasks(file, masks);
      try {
        readMasks(file);
      } catch (const FileError&) {
        return true;
      }
      return false;
    };
    QVERIFY(!refused([](MaskSet&) {}));
    QVERIFY(refused([](MaskSet& m) { m.faces[3] = 0xffffffffu; }));
    QVERIFY(refused([](MaskSet& m) { m.prompts[0] = std::uint32_t(m.samples()); }));
    QVERIFY(refused([](MaskSet& m) { m.places[8] = std::numeric_limits<double>::quiet_NaN(); }));
    QVERIFY(refused([](MaskSet& m) { m.quality[1] = std::numeric_limits<float>::infinity(); }));
    QVERIFY(refused([](MaskSet& m) { m.bits.back() |= std::uint64_t{1} << 63; }));
    QVERIFY(refused([](MaskSet& m) { m.prompts.pop_back(); }));
  }

  void otherFilesAreRefused() {
    const std::filesystem::path file = file_.parent_path() / "text.masks";
    std::ofstream(file) << "this is a letter to my grandmother";
    QVERIFY_EXCEPTION_THROWN(readMasks(file), FileError);
    QVERIFY_EXCEPTION_THROWN(readMasks("/nowhere.masks"), FileError);
  }
};

QTEST_GUILESS_MAIN(TestMaskFile)
#include "tst_mask_file.moc"
