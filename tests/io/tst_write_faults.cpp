#include <sys/resource.h>
#include <unistd.h>

#include <QtTest>
#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>
#include <numeric>

#include "core/base/error.h"
#include "core/files/system_calls.h"
#include "io/labelled_file.h"
#include "io/mesh_file.h"
#include "io/npy.h"
#include "support/shapes.h"
#include "support/write_faults.h"

using namespace maquette;
using namespace maquette::test;

namespace {

Segmentation halves(const Mesh& mesh) {
  Segmentation segmentation;
  Labels labels(mesh.triangles.size(), PartId{1});
  std::fill_n(labels.begin(), labels.size() / 2, PartId::none);
  segmentation.labels = std::make_shared<const Labels>(std::move(labels));
  segmentation.parts.push_back({PartId{1}, "half", {200, 0, 0}, nullptr, true});
  return segmentation;
}

int faultCode = 0;
std::atomic<int> callsUntilFault = 0;

bool faultNow() {
  if (callsUntilFault-- > 0) return false;
  errno = faultCode;
  return true;
}

/// Puts a fault in the place of one of the system's calls, for one test.
class Fault {
 public:
  explicit Fault(int code, int after = 0) : before_(systemCalls()) {
    faultCode = code;
    callsUntilFault = after;
  }
  ~Fault() { systemCalls() = before_; }
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;

  void inWrite() {
    systemCalls().pwrite = [](int file, const void* data, std::size_t bytes, off_t offset) {
      return faultNow() ? ssize_t{-1} : ::pwrite(file, data, bytes, offset);
    };
  }
  void inFsync() {
    systemCalls().fsync = [](int file) { return faultNow() ? -1 : ::fsync(file); };
  }
  void inClose() {
    systemCalls().close = [](int file) {
      ::close(file);
      return faultNow() ? -1 : 0;
    };
  }
  void inRename() {
    systemCalls().rename = [](const char* from, const char* to) {
      return faultNow() ? -1 : std::rename(from, to);
    };
  }

 private:
  SystemCalls before_;
};

NamedPart part(const std::string& name, Mesh mesh) {
  return {name, std::make_shared<const Mesh>(std::move(mesh)), Rgb{}};
}

}  // namespace

class TstWriteFaults : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void everyFormatAtEveryCall_data() {
    QTest::addColumn<QString>("name");
    for (const char* name :
         {"whole.stl", "whole.obj", "whole.ply", "whole.glb", "whole.3mf", "parts.obj", "parts.glb",
          "parts.3mf", "labelled.ply", "labelled.3mf", "labels.npy"})
      QTest::newRow(name) << name;
  }
  void everyFormatAtEveryCall() {
    QFETCH(QString, name);
    const Scratch scratch;
    const std::filesystem::path file = scratch / name.toStdString();
    // 32768 triangles take more than one buffer; 3MF, which is packed, takes its time instead.
    const Mesh mesh = makeSphere(20, name.endsWith("3mf") ? 4 : 6);
    const auto shared = std::make_shared<const Mesh>(mesh);
    const std::vector<NamedPart> parts{{"a", shared, {}}, {"b", shared, {200, 0, 0}}};
    const Segmentation segmentation = halves(mesh);
    std::vector<std::int32_t> labels(700000);
    std::iota(labels.begin(), labels.end(), 0);
    everyCallMayFail(scratch, file, [&] {
      if (name.startsWith("whole"))
        writeMesh(file, mesh, {});
      else if (name.startsWith("parts"))
        writeParts(file, parts, {});
      else if (name.startsWith("labelled"))
        writeLabelled(file, mesh, segmentation, {});
      else
        writeLabels(file, labels);
    });
  }

  void everyFaultIsNamedAndLeavesTheOldFile_data() {
    QTest::addColumn<int>("code");
    QTest::addColumn<QString>("says");
    QTest::newRow("ENOSPC") << ENOSPC << "disk is full";
    QTest::newRow("EDQUOT") << EDQUOT << "share of the disk";
    QTest::newRow("EFBIG") << EFBIG << "larger than this disk";
    QTest::newRow("EACCES") << EACCES << "may not write";
    QTest::newRow("EROFS") << EROFS << "read-only";
    QTest::newRow("EIO") << EIO << "reports an error";
  }
  void everyFaultIsNamedAndLeavesTheOldFile() {
    QFETCH(int, code);
    QFETCH(QString, says);
    for (const auto place : {&Fault::inWrite, &Fault::inFsync, &Fault::inClose, &Fault::inRename})
      for (const char* name : {"a.stl", "a.obj", "a.ply", "a.glb", "a.3mf"}) {
        const Scratch scratch;
        put(scratch / name, "old");
        Fault fault(code);
        (fault.*place)();
        const QString message =
            messageOf<FileError>([&] { writeMesh(scratch / name, makeSphere(5, 2), {}); });
        QVERIFY2(message.contains(says) && message.contains(name), qPrintable(message));
        QCOMPARE(contentOf(scratch / name), std::string("old"));
        QCOMPARE(scratch.files(), 1u);
      }
  }

  void aFaultInALaterWrite() {
    const Scratch scratch;
    Fault fault(ENOSPC, 3);
    fault.inWrite();
    QVERIFY_EXCEPTION_THROWN(writeMesh(scratch / "a.stl", makeSphere(5, 7), {}), FileError);
    QCOMPARE(scratch.files(), 0u);
  }

  void aSystemLimitIsReal() {
    const Scratch scratch;
    put(scratch / "a.stl", "old");
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    ::getrlimit(RLIMIT_FSIZE, &before);
    rlimit small = before;
    small.rlim_cur = 10000;
    ::setrlimit(RLIMIT_FSIZE, &small);
    const QString message =
        messageOf<FileError>([&] { writeMesh(scratch / "a.stl", makeSphere(5, 4), {}); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    QVERIFY2(message.contains("larger"), qPrintable(message));
    QCOMPARE(contentOf(scratch / "a.stl"), std::string("old"));
    QCOMPARE(scratch.files(), 1u);
  }

  void placesWhereNothingCanBeWritten() {
    const Scratch scratch;
    const auto says = [](const std::filesystem::path& file) {
      return messageOf<FileError>([&] { writeMesh(file, makeCube(1), {}); });
    };
    QVERIFY(says(scratch / "missing/a.stl").contains("does not exist"));
    put(scratch / "file", "x");
    QVERIFY(says(scratch / "file/a.stl").contains("not a folder"));
    std::filesystem::create_directory(scratch / "a.stl");
    QVERIFY(says(scratch / "a.stl").contains("a folder of that name"));
    QVERIFY(says(scratch / (std::string(252, 'n') + ".stl")).contains("too long"));
    std::filesystem::create_symlink("/dev/full", scratch / "full.stl");
    QVERIFY(says(scratch / "full.stl").contains("device"));
    QVERIFY(std::filesystem::is_symlink(scratch / "full.stl"));
    QVERIFY(says("/proc/a.stl").contains("was not written"));
    QCOMPARE(scratch.files(), 3u);
  }

  void namesAtTheLimitAreWritten() {
    const Scratch scratch;
    const auto file = scratch / (std::string(251, 'n') + ".stl");
    writeMesh(file, makeCube(1), {});
    writeMesh(file, makeCube(2), {});
    QCOMPARE(scratch.files(), 1u);
    QCOMPARE(readMesh(file, {}, {}).mesh.triangles.size(), 12u);
  }

  void labelsAreAllOrNothing() {
    const Scratch scratch;
    put(scratch / "a.npy", "old");
    Fault fault(ENOSPC);
    fault.inWrite();
    const std::vector<std::int32_t> labels(1000, 3);
    QVERIFY_EXCEPTION_THROWN(writeLabels(scratch / "a.npy", labels), FileError);
    QCOMPARE(contentOf(scratch / "a.npy"), std::string("old"));
    QCOMPARE(scratch.files(), 1u);
  }

  void partFilesAreAllOrNone() {
    const Scratch scratch;
    const std::vector parts{part("a", makeCube(1)), part("b", makeSphere(5, 6))};
    put(scratch / "a.stl", "old");
    {
      Fault fault(ENOSPC, 1);  // the second part's
      fault.inWrite();
      QVERIFY_EXCEPTION_THROWN(writePartFiles(scratch.path(), parts, {}), FileError);
    }
    QCOMPARE(contentOf(scratch / "a.stl"), std::string("old"));
    QCOMPARE(scratch.files(), 1u);
    QVERIFY_EXCEPTION_THROWN(writePartFiles(scratch / "new", parts, stopped()), Cancelled);
    QVERIFY(!std::filesystem::exists(scratch / "new"));
    QCOMPARE(writePartFiles(scratch / "new/er", parts, {}).size(), 2u);
    put(scratch / "file", "x");
    QVERIFY_EXCEPTION_THROWN(writePartFiles(scratch / "file", parts, {}), FileError);
  }
};

QTEST_APPLESS_MAIN(TstWriteFaults)
#include "tst_write_faults.moc"
