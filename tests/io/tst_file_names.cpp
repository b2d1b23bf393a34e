#include <QtTest>
#include <memory>

#include "core/base/error.h"
#include "io/mesh_file.h"
#include "support/scratch.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

class TstFileNames : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void namesOfPartsBecomeFileNames_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("expected");
    QTest::newRow("plain") << "left arm"
                           << "left arm";
    QTest::newRow("emoji") << "Kopf 😀 ü"
                           << "Kopf 😀 ü";
    QTest::newRow("separators") << "a/b\\c:d"
                                << "a_b_c_d";
    QTest::newRow("wildcards") << "a*?\"<>|b"
                               << "a______b";
    QTest::newRow("control") << "a\nb\tc\x7f"
                             << "a_b_c_";
    QTest::newRow("parent folder") << "../../etc/passwd"
                                   << "_.._etc_passwd";
    QTest::newRow("only dots") << "..."
                               << "part";
    QTest::newRow("empty") << ""
                           << "part";
    QTest::newRow("blank") << "   "
                           << "part";
    QTest::newRow("trailing dots") << "arm. . ."
                                   << "arm";
    QTest::newRow("reserved") << "CON"
                              << "_CON";
    QTest::newRow("reserved with extension") << "nul.txt"
                                             << "_nul.txt";
    QTest::newRow("reserved port") << "Com7"
                                   << "_Com7";
    QTest::newRow("not reserved") << "com0 console"
                                  << "com0 console";
  }
  void namesOfPartsBecomeFileNames() {
    QFETCH(QString, name);
    QFETCH(QString, expected);
    QCOMPARE(QString::fromStdString(safeFileName(name.toStdString())), expected);
  }

  void longNamesEndBetweenCharacters() {
    std::string emojis;
    for (int i = 0; i < 100; ++i) emojis += "😀";
    for (std::size_t shift = 0; shift < 4; ++shift) {
      const std::string name = safeFileName(std::string(shift, 'x') + emojis);
      QVERIFY(name.size() <= 120 && name.size() > 116);
      QVERIFY(!QString::fromStdString(name).contains(QChar::ReplacementCharacter));
    }
  }

  void brokenUtf8IsReplaced() {
    for (const std::string bad :
         {"a\xff", "a\xc3", "a\xed\xa0\x80", "a\xf8\x88\x80\x80\x80", "\x80"}) {
      const std::string name = safeFileName(bad);
      QVERIFY(!QString::fromStdString(name).contains(QChar::ReplacementCharacter));
      QVERIFY(!name.empty());
    }
  }

  void equalNamesAreNumbered() {
    const Scratch scratch;
    const auto cube = std::make_shared<const Mesh>(makeCube(1));
    std::vector<NamedPart> parts;
    for (const char* name : {"arm", "arm", "Arm", "arm (2)", "leg", "a/b", "a\\b"})
      parts.push_back({name, cube, Rgb{}});
    const auto files = writePartFiles(scratch.path(), parts, {});
    const char* expected[] = {"arm.stl", "arm (2).stl", "Arm (3).stl", "arm (2) (2).stl",
                              "leg.stl", "a_b.stl",     "a_b (2).stl"};
    QCOMPARE(files.size(), parts.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
      QCOMPARE(files[i].filename().string(), std::string(expected[i]));
      QCOMPARE(readMesh(files[i], {}, {}).mesh.triangles.size(), 12u);
    }
    QCOMPARE(scratch.files(), parts.size());
  }

  void partsThatCannotBeWritten() {
    const Scratch scratch;
    const std::vector<NamedPart> none, empty{{"a", nullptr, Rgb{}}};
    for (const auto& parts : {none, empty}) {
      QVERIFY_EXCEPTION_THROWN(writePartFiles(scratch.path(), parts, {}), InvalidInput);
      QVERIFY_EXCEPTION_THROWN(writeParts(scratch / "a.3mf", parts, {}), InvalidInput);
    }
    const std::vector<NamedPart> one{{"a", std::make_shared<const Mesh>(makeCube(1)), Rgb{}}};
    QVERIFY_EXCEPTION_THROWN(writeParts(scratch / "a.stl", one, {}), Unsupported);
    QCOMPARE(scratch.files(), 0u);
  }

  void oddPartNamesStayReadable() {
    const Scratch scratch;
    const auto cube = std::make_shared<const Mesh>(makeCube(1));
    const std::vector<NamedPart> parts{{"a\xff\x01\n\"<&>", cube, Rgb{}}};
    for (const char* name : {"a.3mf", "a.glb", "a.obj"}) {
      writeParts(scratch / name, parts, {});
      QCOMPARE(readMesh(scratch / name, {}, {}).mesh.triangles.size(), 12u);
    }
  }

  void aMissingExtensionBecomesStl_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QString>("expected");
    QTest::newRow("none") << "/x/robot"
                          << "/x/robot.stl";
    QTest::newRow("unknown") << "robot.v2"
                             << "robot.v2.stl";
    QTest::newRow("not writable") << "robot.fbx"
                                  << "robot.fbx.stl";
    QTest::newRow("known") << "robot.3MF"
                           << "robot.3MF";
    QTest::newRow("dot") << "robot."
                         << "robot.stl";
    QTest::newRow("folder with dot") << "a.stl/robot"
                                     << "a.stl/robot.stl";
  }
  void aMissingExtensionBecomesStl() {
    QFETCH(QString, name);
    QFETCH(QString, expected);
    QCOMPARE(withMeshExtension(name.toStdString()).string(), expected.toStdString());
  }
};

QTEST_APPLESS_MAIN(TstFileNames)
#include "tst_file_names.moc"
