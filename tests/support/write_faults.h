#pragma once

#include <unistd.h>

#include <QtTest>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <functional>
#include <vector>

#include "core/base/error.h"
#include "core/files/system_calls.h"
#include "support/scratch.h"

namespace maquette::test {

/// Counts the system's calls of a write, and makes one of them fail.
class WriteFaults {
 public:
  enum class Kind { fails, shortThenFails, isShort };

  WriteFaults() : before_(systemCalls()) {
    calls_ = writes_ = 0;
    failing_ = -1;
    systemCalls() = {
        [](int file, const void* data, std::size_t bytes, off_t offset) {
          return onWrite(file, data, bytes, offset);
        },
        [](int) { return faultNow() ? -1 : 0; },  // nobody pulls the plug here
        [](int file) {
          ::close(file);
          return faultNow() ? -1 : 0;
        },
        [](const char* from, const char* to) { return faultNow() ? -1 : std::rename(from, to); }};
  }
  ~WriteFaults() { systemCalls() = before_; }
  WriteFaults(const WriteFaults&) = delete;
  WriteFaults& operator=(const WriteFaults&) = delete;

  /// From now on the call of this number, counted from 0, and every one after it.
  void failAt(int call, int code, Kind kind = Kind::fails) {
    failing_ = call;
    code_ = code;
    kind_ = kind;
    calls_ = 0;
  }
  int calls() const { return calls_; }
  int writes() const { return writes_; }

 private:
  static bool faultNow() {
    const int call = calls_++;
    if (failing_ < 0 || call < failing_ || kind_ == Kind::isShort) return false;
    errno = code_;
    return true;
  }
  static ssize_t onWrite(int file, const void* data, std::size_t bytes, off_t offset) {
    const int call = calls_++;
    ++writes_;
    if (failing_ < 0 || call < failing_) return ::pwrite(file, data, bytes, offset);
    if (call == failing_ && kind_ != Kind::fails && bytes > 1)
      return ::pwrite(file, data, bytes / 2, offset);
    if (kind_ == Kind::isShort) return ::pwrite(file, data, bytes, offset);
    errno = code_;
    return -1;
  }

  static inline std::atomic<int> calls_, writes_;
  static inline int failing_, code_;
  static inline Kind kind_;
  SystemCalls before_;
};

/// Lets every call of a write fail in turn, in every way that disks know: the old file stays byte
/// for byte, nothing else is left in the folder, and the message names the file and the cause.
///
/// @param file    that `write` writes
inline void everyCallMayFail(const Scratch& scratch, const std::filesystem::path& file,
                             const std::function<void()>& write) {
  int calls = 0;
  {
    const WriteFaults faults;
    write();
    calls = faults.calls();
    QVERIFY(faults.writes() >= 1);
    QVERIFY(calls >= faults.writes() + 3);  // fsync, close, rename
  }
  const std::string good = contentOf(file);
  const std::string old = "what was there before";
  using Kind = WriteFaults::Kind;
  struct Fault {
    int code;
    Kind kind;
    const char* says;
  };
  for (const Fault& fault : {Fault{ENOSPC, Kind::fails, "the disk is full"},
                             Fault{EIO, Kind::fails, "the disk reports an error"},
                             Fault{EACCES, Kind::fails, "you may not write there"},
                             Fault{ENOSPC, Kind::shortThenFails, "the disk is full"}})
    for (int call = 0; call < calls; ++call) {
      put(file, old);
      WriteFaults faults;
      faults.failAt(call, fault.code, fault.kind);
      const QString message = messageOf<FileError>(write);
      const QString where = QString("call %1 of %2: %3").arg(call).arg(calls).arg(message);
      QVERIFY2(message.contains(fault.says), qPrintable(where));
      QVERIFY2(message.contains(QString::fromStdString(file.filename().string())),
               qPrintable(where));
      QVERIFY2(contentOf(file) == old, qPrintable(where));
      QVERIFY2(scratch.files() == 1, qPrintable(where));
    }
  for (int call = 0; call < calls; ++call) {
    WriteFaults faults;
    faults.failAt(call, 0, Kind::isShort);
    write();
    QVERIFY(contentOf(file) == good);
  }
}

}  // namespace maquette::test
