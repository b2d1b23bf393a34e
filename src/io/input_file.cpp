#include "io/input_file.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_error.h"

namespace maquette {

InputFile::InputFile(std::filesystem::path file) : path_(std::move(file)) {
  // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (descriptor_ < 0 && errno == ENXIO) errno = ESPIPE;
  if (descriptor_ < 0) throwCannotRead(path_, errno);
  struct stat info {};
  const int code = ::fstat(descriptor_, &info) != 0 ? errno : S_ISDIR(info.st_mode) ? EISDIR : 0;
  std::string message;
  if (code == 0 && !S_ISREG(info.st_mode))
    message =
        fmt::format("{} cannot be read: it is a device or a pipe, not a file.", shownName(path_));
  else if (code == 0 && info.st_size <= 0)
    message = fmt::format("{} is empty. Export it again, or use another copy.", shownName(path_));
  if (code == 0 && message.empty()) {
    size_ = static_cast<std::uint64_t>(info.st_size);
    return;
  }
  ::close(std::exchange(descriptor_, -1));
  if (code != 0) throwCannotRead(path_, code);
  throw FileError(message, path_.string());
}

InputFile::~InputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t InputFile::readAt(std::uint64_t offset, void* to, std::size_t bytes) const {
  std::size_t done = 0;
  while (done < bytes) {
    const ssize_t got = ::pread(descriptor_, static_cast<char*>(to) + done, bytes - done,
                                static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throwCannotRead(path_, errno);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

std::string InputFile::readAll(const Context& ctx) const {
  constexpr std::size_t kSlice = std::size_t{4} << 20;
  std::string all(size_, '\0');
  std::size_t done = 0;
  while (done < all.size()) {
    const std::size_t wanted = std::min(kSlice, all.size() - done);
    const std::size_t got = readAt(done, all.data() + done, wanted);
    done += got;
    if (got < wanted) break;  // somebody is shortening it while we read
    ctx.report(static_cast<float>(done) / static_cast<float>(all.size()));
  }
  all.resize(done);
  return all;
}

}  // namespace maquette
