#include <signal.h>

#include <QImage>
#include <QtTest>
#include <atomic>
#include <chrono>
#include <optional>
#include <stop_token>
#include <thread>

#include "child/read_apart.h"
#include "core/base/error.h"
#include "io/mesh_file.h"
#include "picture/picture_file.h"
#include "support/scratch.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

ApartTask taskFor(const std::filesystem::path& file) {
  return {{"mesh", file.string()},
          "“a”",
          "Try another.",
          std::uint64_t{4} << 30,
          std::chrono::seconds(30)};
}

/// A shell script in the place of maquette-reader, for one test.
class FakeReader {
 public:
  explicit FakeReader(const std::string& body) {
    put(scratch_ / "reader", "#!/bin/sh\n" + body + "\n");
    std::filesystem::permissions(scratch_ / "reader", std::filesystem::perms::owner_all);
    setReaderProgram(scratch_ / "reader");
  }
  ~FakeReader() { setReaderProgram({}); }
  FakeReader(const FakeReader&) = delete;
  FakeReader& operator=(const FakeReader&) = delete;

  std::filesystem::path operator/(const std::string& name) const { return scratch_ / name; }

 private:
  Scratch scratch_;
};

}  // namespace

class TstReadApart : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void goodFilesAreTheSameAsReadHere() {
    const Scratch scratch;
    Mesh sphere = makeSphere(10, 6);
    sphere.colours.assign(sphere.positions.size(), {1, 2, 3});
    sphere.colours[7] = {200, 2, 3};
    writeMesh(scratch / "a.glb", sphere, {});
    for (const std::optional<float> unit : {std::optional<float>{}, std::optional<float>{0.3f}}) {
      const ReadResult apart = readMesh(scratch / "a.glb", {unit}, {});
      const ReadResult here = readMeshHere(scratch / "a.glb", {unit}, {});
      QVERIFY(apart.mesh.positions == here.mesh.positions);
      QVERIFY(apart.mesh.triangles == here.mesh.triangles);
      QVERIFY(apart.mesh.colours == here.mesh.colours);
      QCOMPARE(apart.notes, here.notes);
    }
  }

  /// Assimp's JSON parser calls itself for every bracket: its stack ends.
  void aCrashOfTheReaderIsADamagedFile() {
    const Scratch scratch;
    put(scratch / "a.gltf", std::string(4000000, '['));
    const QString message = messageOf<FileError>([&] { readMesh(scratch / "a.gltf", {}, {}); });
    QVERIFY2(message.contains("“a.gltf” cannot be read") && message.contains("as STL"),
             qPrintable(message));
  }

  void memoryHasALimit() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("sanitizers need all addresses");
#endif
    const Scratch scratch;
    QImage large(5000, 5000, QImage::Format_RGB32);
    large.fill(Qt::red);
    large.save(QString::fromStdString((scratch / "a.bmp").string()));
    ApartTask task = taskFor(scratch / "a.bmp");
    task.arguments[0] = "picture";
    task.mostBytes = std::uint64_t{250} << 20;
    QVERIFY_THROWS_EXCEPTION(Error, readApart(task, {}));
    QCOMPARE(readPicture(scratch / "a.bmp", {}).width, kLongestPictureSide);
  }

  void endingsWithoutAReply_data() {
    QTest::addColumn<QByteArray>("script");
    QTest::newRow("crash") << QByteArray("kill -SEGV $$");
    QTest::newRow("abort") << QByteArray("kill -ABRT $$");
    QTest::newRow("out of memory killer") << QByteArray("kill -KILL $$");
    QTest::newRow("silence") << QByteArray("exit 0");
    QTest::newRow("failure") << QByteArray("exit 7");
    QTest::newRow("rubbish") << QByteArray("echo 'Segmentation fault' >&3");
    QTest::newRow("rubbish without end") << QByteArray("exec cat /dev/zero >&3");
    QTest::newRow("half a note") << QByteArray("printf '\\002\\0\\0\\0\\0' >&3");
  }
  void endingsWithoutAReply() {
    QFETCH(QByteArray, script);
    const FakeReader reader(script.toStdString());
    const QString message = messageOf<FileError>([&] { readApart(taskFor(reader / "any"), {}); });
    QCOMPARE(message, QString("“a” cannot be read: the reader for files of this kind failed on it, "
                              "so it is damaged or very unusual. Try another."));
  }

  void aHangIsGivenUp() {
    const FakeReader reader("exec sleep 1000");
    ApartTask task = taskFor(reader / "any");
    task.mostTime = std::chrono::seconds(1);
    QVERIFY(messageOf<FileError>([&] { readApart(task, {}); }).contains("was given up"));
  }

  void cancellingEndsTheOtherProcess() {
    const FakeReader reader("echo $$ > \"$(dirname \"$0\")/pid\"\nexec sleep 1000");
    std::stop_source stop;
    pid_t pid = 0;
    std::jthread user([&] {
      while (contentOf(reader / "pid").find('\n') == std::string::npos)
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
      pid = std::stoi(contentOf(reader / "pid"));
      stop.request_stop();
    });
    const Context ctx(stop.get_token(), nullptr);
    QVERIFY_THROWS_EXCEPTION(Cancelled, readApart(taskFor(reader / "any"), ctx));
    user.join();
    QVERIFY(pid > 0);
    QCOMPARE(::kill(pid, 0), -1);  // there is no such process any more
  }

  void cancelledBeforeItBegan() {
    QVERIFY_THROWS_EXCEPTION(Cancelled, readApart(taskFor("any"), stopped()));
  }

  void withoutTheReaderItIsSaid() {
    setReaderProgram("/nowhere/maquette-reader");
    const QString message = messageOf<Unsupported>([&] { readApart(taskFor("any"), {}); });
    setReaderProgram({});
    QVERIFY2(message.contains("Install Maquette again"), qPrintable(message));
  }

  void manyAtOnce() {
    const Scratch scratch;
    writeMesh(scratch / "a.glb", makeSphere(5, 3), {});
    std::vector<std::jthread> threads;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i)
      threads.emplace_back(
          [&] { good += readMesh(scratch / "a.glb", {}, {}).mesh.triangles.size() == 8 * 64; });
    threads.clear();
    QCOMPARE(good.load(), 8);
  }
};

QTEST_GUILESS_MAIN(TstReadApart)
#include "tst_read_apart.moc"
