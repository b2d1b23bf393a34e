#include <sys/stat.h>

#include <QtTest>
#include <random>

#include "io/mesh_samples.h"

using namespace maquette;
using namespace maquette::test;

namespace {

constexpr const char* kExtensions[] = {"stl", "obj", "ply", "glb", "gltf", "3mf", "fbx", "dae"};

}  // namespace

/// What is said of nothing, of what is no mesh, and of damage, in every format.
class TstMeshInput : public QObject {
  Q_OBJECT

  void everyKind() {
    QTest::addColumn<QString>("extension");
    for (const char* extension : kExtensions) QTest::newRow(extension) << extension;
  }
  static std::filesystem::path fileIn(const Scratch& scratch, const std::string& stem = "a") {
    QFETCH_GLOBAL(QString, extension);
    return scratch / (stem + "." + extension.toStdString());
  }
  /// Fewer where each starts a process.
  static std::size_t tries(std::size_t many) {
    QFETCH_GLOBAL(QString, extension);
    const bool ours = QStringList{"stl", "obj", "ply", "3mf"}.contains(extension);
    return ours ? many : many / 4;
  }
  static std::string good() {
    QFETCH_GLOBAL(QString, extension);
    return goodFile(extension.toStdString());
  }

 private Q_SLOTS:
  void initTestCase_data() { everyKind(); }

  void goodFilesAreRead() {
    const Scratch scratch;
    put(fileIn(scratch, "a b 'c' \"d\" ü😀"), good());
    QVERIFY(readsOrExplains(fileIn(scratch, "a b 'c' \"d\" ü😀")));
  }

  void nothingIsNoMesh() {
    const Scratch scratch;
    put(fileIn(scratch), "");
    QVERIFY(messageOf<FileError>([&] { read(fileIn(scratch)); }).contains("is empty"));
    QVERIFY(messageOf<FileError>([&] { read(fileIn(scratch, "b")); }).contains("no such file"));
  }

  void foldersPipesAndDevicesAreNoMeshes() {
    const Scratch scratch;
    std::filesystem::create_directory(fileIn(scratch));
    QVERIFY(messageOf<FileError>([&] { read(fileIn(scratch)); }).contains("folder"));
    QCOMPARE(::mkfifo(fileIn(scratch, "pipe").c_str(), 0600), 0);  // opening it could wait forever
    QVERIFY(messageOf<FileError>([&] { read(fileIn(scratch, "pipe")); }).contains("pipe"));
    std::filesystem::create_symlink("/dev/zero", fileIn(scratch, "zero"));
    QVERIFY(messageOf<FileError>([&] { read(fileIn(scratch, "zero")); }).contains("device"));
    std::filesystem::create_symlink(fileIn(scratch, "loop"), fileIn(scratch, "loop"));
    QVERIFY(messageOf<FileError>([&] { read(fileIn(scratch, "loop")); }).contains("link"));
    QVERIFY(messageOf<FileError>([&] {
              read(fileIn(scratch, std::string(300, 'n')));
            }).contains("too long"));
  }

  void cutFilesAreReadOrExplained() {
    const Scratch scratch;
    const std::string whole = good();
    const std::size_t cuts = tries(60);
    for (std::size_t i = 1; i < cuts; ++i) {
      put(fileIn(scratch), whole.substr(0, whole.size() * i / cuts));
      readsOrExplains(fileIn(scratch));
    }
  }

  void spoiledFilesAreReadOrExplained() {
    const Scratch scratch;
    const std::string whole = good();
    std::mt19937 random(11);
    for (std::size_t round = 0; round < tries(80); ++round) {
      std::string spoiled = whole;
      for (int i = 0; i < 3; ++i)
        spoiled[random() % std::min<std::size_t>(spoiled.size(), 2000)] =
            round % 2 ? char(random()) : char('0' + random() % 10);
      put(fileIn(scratch), spoiled);
      readsOrExplains(fileIn(scratch));
    }
  }

  void anotherFormatUnderThisName() {
    const Scratch scratch;
    for (const std::string content :
         {"hello", "\x89PNG\r\n\x1a\n\0\0\0", "solid\n", "{}", "<a/>"}) {
      put(fileIn(scratch), content);
      QVERIFY(!readsOrExplains(fileIn(scratch)));
    }
  }
};

QTEST_GUILESS_MAIN(TstMeshInput)
#include "tst_mesh_input.moc"
