#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <QtTest>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <memory>

#include "core/base/error.h"
#include "io/atomic_file.h"
#include "io/mesh_file.h"
#include "io/npy.h"
#include "io/scratch.h"
#include "io/system_calls.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

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

class TstAtomicFile : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void appearsOnCommitOnly() {
    const Scratch scratch;
    const auto file = scratch / "a";
    {
      AtomicFile out(file);
      out.write("hello");
      QVERIFY(!std::filesystem::exists(file));
      out.commit();
      QCOMPARE(contentOf(file), std::string("hello"));
    }
    {
      AtomicFile out(file);
      out.write("never");
    }
    QCOMPARE(contentOf(file), std::string("hello"));
    QCOMPARE(scratch.files(), 1u);
  }

  void patchesWhatWasWritten() {
    const Scratch scratch;
    AtomicFile out(scratch / "a");
    out.write("0000 and ");
    out.patch(1, "12", 2);
    out.write(std::string(3 << 20, 'x'));
    QCOMPARE(out.size(), 9u + (3u << 20));
    out.commit();
    const std::string content = contentOf(scratch / "a");
    QCOMPARE(content.size(), 9u + (3u << 20));
    QVERIFY(content.starts_with("0120 and xxx"));
  }

  void keepsModeAndLink() {
    const Scratch scratch;
    put(scratch / "real", "old");
    ::chmod((scratch / "real").c_str(), 0640);
    std::filesystem::create_symlink("real", scratch / "link");
    writeFile(scratch / "link", "new");
    QVERIFY(std::filesystem::is_symlink(scratch / "link"));
    QCOMPARE(contentOf(scratch / "real"), std::string("new"));
    struct stat info {};
    QCOMPARE(::stat((scratch / "real").c_str(), &info), 0);
    QCOMPARE(info.st_mode & 0777u, 0640u);
  }

  void shortWritesAreContinued() {
    const Scratch scratch;
    const Fault restore(0);
    systemCalls().pwrite = [](int file, const void* data, std::size_t bytes, off_t offset) {
      return ::pwrite(file, data, std::min<std::size_t>(bytes, 7), offset);
    };
    writeFile(scratch / "a", std::string(1000, 'y') + "end");
    QCOMPARE(contentOf(scratch / "a"), std::string(1000, 'y') + "end");
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

QTEST_APPLESS_MAIN(TstAtomicFile)
#include "tst_atomic_file.moc"
