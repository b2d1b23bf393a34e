#include <sys/stat.h>
#include <unistd.h>

#include <QtTest>
#include <algorithm>

#include "core/files/atomic_file.h"
#include "core/files/user_folders.h"
#include "support/write_faults.h"

using namespace maquette;
using namespace maquette::test;

class TstFiles : public QObject {
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
    const WriteFaults restored;
    systemCalls().pwrite = [](int file, const void* data, std::size_t bytes, off_t offset) {
      return ::pwrite(file, data, std::min<std::size_t>(bytes, 7), offset);
    };
    writeFile(scratch / "a", std::string(1000, 'y') + "end");
    QCOMPARE(contentOf(scratch / "a"), std::string(1000, 'y') + "end");
  }

  void everyCallMayFailOnce() {
    const Scratch scratch;
    everyCallMayFail(scratch, scratch / "a",
                     [&] { writeFile(scratch / "a", std::string(3 << 20, 'x')); });
  }

  void foldersOfTheUserFollowTheEnvironment() {
    qputenv("HOME", "/home/u");
    qputenv("XDG_DATA_HOME", "/data");
    qputenv("XDG_CACHE_HOME", "relative/is/ignored");
    QCOMPARE(homeFolder(), std::filesystem::path("/home/u"));
    QCOMPARE(userDataFolder(), std::filesystem::path("/data"));
    QCOMPARE(userCacheFolder(), std::filesystem::path("/home/u/.cache"));
    qunsetenv("XDG_DATA_HOME");
    QCOMPARE(userDataFolder(), std::filesystem::path("/home/u/.local/share"));
    qunsetenv("HOME");  // the list of users knows more
    QVERIFY(homeFolder().is_absolute() && homeFolder() != "/home/u");
  }
};

QTEST_APPLESS_MAIN(TstFiles)
#include "tst_files.moc"
