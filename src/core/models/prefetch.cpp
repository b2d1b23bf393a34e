#include "core/models/prefetch.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/files/regular_file.h"

namespace maquette {
namespace {

constexpr std::int64_t kWindow = std::int64_t{8} << 20;

/// Last in the queue for the processor and for the disk (Linux: ioprio_set(2), class idle).
void giveWay() {
  constexpr int kThisThread = 1, kIdle = 3 << 13;
  const auto thread = static_cast<id_t>(::syscall(SYS_gettid));
  ::setpriority(PRIO_PROCESS, thread, 19);
  ::syscall(SYS_ioprio_set, kThisThread, 0, kIdle);
}

}  // namespace

Prefetch::Prefetch(std::function<bool(std::int64_t)> affordable)
    : affordable_(std::move(affordable)) {}

Prefetch::~Prefetch() { cancel(); }

bool Prefetch::read(const std::filesystem::path& path, const std::stop_token& stop) const try {
  const RegularFile file(path);
  const auto size = static_cast<std::int64_t>(file.size());
  // Two windows are on their way; touching the end of the first waits for it, which is the pace.
  for (std::int64_t at = 0; at < size; at += kWindow) {
    if (stop.stop_requested() || !affordable_(size - at)) return false;
    ::posix_fadvise(file.descriptor(), at, 2 * kWindow, POSIX_FADV_WILLNEED);
    char last = 0;
    const auto end = static_cast<std::uint64_t>(std::min(at + kWindow, size));
    if (file.readAt(end - 1, &last, 1) != 1) return false;
  }
  return true;
} catch (const FileError&) {
  return false;  // whoever needs it will say so
}

void Prefetch::start(std::vector<std::filesystem::path> files) {
  const std::lock_guard lock(mutex_);
  thread_ = std::jthread{};  // asks what was there to stop, and waits
  complete_ = false;
  thread_ = std::jthread([this, files = std::move(files)](const std::stop_token& stop) {
    giveWay();
    const bool all = std::ranges::all_of(files, [&](const auto& f) { return read(f, stop); });
    log("models")->debug("prefetched {} files: {}", files.size(), all ? "all" : "not all");
    complete_ = all;  // read after joining only
  });
}

void Prefetch::cancel() {
  const std::lock_guard lock(mutex_);
  thread_ = std::jthread{};
}

bool Prefetch::finish() {
  const std::lock_guard lock(mutex_);
  if (thread_.joinable()) thread_.join();
  return complete_;
}

}  // namespace maquette
