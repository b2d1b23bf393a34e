#include "core/files/atomic_file.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/system_calls.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr std::size_t kEarlyBytes = kBufferBytes / 2;  // pieces worth a call of their own

/// The file that a link leads to, so that saving keeps the link.
std::filesystem::path behindLinks(const std::filesystem::path& target) {
  std::error_code error;
  if (!std::filesystem::is_symlink(target, error)) return target;
  std::filesystem::path real = std::filesystem::canonical(target, error);
  return error ? target : real;
}

std::filesystem::path folderOf(const std::filesystem::path& file) {
  return file.parent_path().empty() ? std::filesystem::path(".") : file.parent_path();
}

/// Refuses what rename() would replace although nobody means it: folders, devices, read-only files.
/// @return  the mode that the new file takes over, or 0
mode_t checkTarget(const std::filesystem::path& target) {
  struct stat info {};
  if (::stat(target.c_str(), &info) != 0) {
    if (errno != ENOENT) throwCannotWrite(target, errno);
    // The temporary file has a short name, so a long one would only fail at the very end.
    if (target.filename().string().size() > 255) throwCannotWrite(target, ENAMETOOLONG);
    return 0;
  }
  if (S_ISDIR(info.st_mode)) throwCannotWrite(target, EISDIR);
  if (!S_ISREG(info.st_mode))
    throw FileError(fmt::format("{} was not written: it is a device or a pipe, not a file. Choose "
                                "another name.",
                                shownName(target)),
                    target.string());
  if (::access(target.c_str(), W_OK) != 0) throwCannotWrite(target, errno);
  return info.st_mode & 07777;
}

/// Opens a new file beside the target. The name is short: the target's may be near the limit.
int openBeside(const std::filesystem::path& target, std::filesystem::path& temporary) {
  static std::atomic<unsigned> counter{0};
  for (int attempt = 0; attempt < 100; ++attempt) {
    temporary = folderOf(target) / fmt::format(".maquette-{}-{}.tmp", ::getpid(), counter++);
    const int descriptor =
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (descriptor >= 0) return descriptor;
    if (errno != EEXIST) break;  // a crash of an earlier process may have left one behind
  }
  const int code = errno;
  temporary.clear();
  throwCannotWrite(target, code);
}

/// writeAll, and the disk may begin: the fsync at the end then waits less.
int writeAt(int descriptor, std::span<const std::byte> data, std::uint64_t offset) {
  const auto begin = static_cast<off_t>(offset);
  if (const int code = writeAll(descriptor, data, offset); code != 0) return code;
  if (data.size() >= kEarlyBytes)  // advice only
    (void)::sync_file_range(descriptor, begin, static_cast<off_t>(data.size()),
                            SYNC_FILE_RANGE_WRITE);
  return 0;
}

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path target, Durability durability)
    : target_(behindLinks(target)), durability_(durability) {
  if (!target_.has_filename()) throwCannotWrite(target_, EISDIR);
  const mode_t mode = checkTarget(target_);
  buffer_.reserve(kBufferBytes);
  descriptor_ = openBeside(target_, temporary_);
  if (mode != 0)
    (void)::fchmod(descriptor_, mode);  // a file system without modes is no reason to fail
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void AtomicFile::fail(int code) {
  discard();
  throwCannotWrite(target_, code);
}

void AtomicFile::write(const void* data, std::size_t bytes) {
  const auto* begin = static_cast<const std::byte*>(data);
  if (buffer_.size() + bytes > kBufferBytes) flush();
  if (bytes < kBufferBytes) {
    buffer_.insert(buffer_.end(), begin, begin + bytes);
  } else if (const int code = writeAt(descriptor_, {begin, bytes}, size_); code != 0) {
    fail(code);
  }
  size_ += bytes;
}

void AtomicFile::flush() {
  if (const int code = writeAt(descriptor_, buffer_, size_ - buffer_.size()); code != 0) fail(code);
  buffer_.clear();
}

void AtomicFile::writeParallel(std::uint64_t bytes, std::size_t pieceBytes, const Fill& fill) {
  flush();
  std::atomic<int> code{0};
  parallelFor((bytes + pieceBytes - 1) / pieceBytes, 1, [&](std::size_t first, std::size_t last) {
    std::vector<std::byte> piece;
    for (std::uint64_t i = first; i < last && code == 0; ++i) {
      const std::uint64_t begin = i * pieceBytes;
      piece.resize(std::min<std::uint64_t>(pieceBytes, bytes - begin));
      fill(begin, piece);
      if (const int failed = writeAt(descriptor_, piece, size_ + begin); failed != 0) code = failed;
    }
  });
  if (code != 0) fail(code);
  size_ += bytes;
}

void AtomicFile::patch(std::uint64_t offset, const void* data, std::size_t bytes) {
  flush();
  const std::span piece(static_cast<const std::byte*>(data), bytes);
  if (const int code = writeAt(descriptor_, piece, offset); code != 0) fail(code);
}

void AtomicFile::finish() {
  if (descriptor_ < 0) return;
  flush();
  if (durability_ == Durability::disk && systemCalls().fsync(descriptor_) != 0) fail(errno);
  // Network file systems report a full disk only here.
  if (systemCalls().close(std::exchange(descriptor_, -1)) != 0) fail(errno);
  buffer_ = {};
}

void AtomicFile::commit() {
  finish();
  const int code = takePlace(temporary_, target_, durability_ == Durability::disk);
  if (code != 0) fail(code);
  temporary_.clear();
}

void writeFile(const std::filesystem::path& target, std::string_view content,
               Durability durability) {
  AtomicFile file(target, durability);
  file.write(content);
  file.commit();
}

}  // namespace maquette
