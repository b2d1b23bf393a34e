#include "core/files/regular_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_error.h"

namespace maquette {

RegularFile::RegularFile(std::filesystem::path file) : path_(std::move(file)) {
  // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
  descriptor_ = ::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
  if (descriptor_ < 0) throwCannotRead(path_, errno == ENXIO ? ESPIPE : errno);
  struct stat info {};
  const int code = ::fstat(descriptor_, &info) != 0 ? errno : S_ISDIR(info.st_mode) ? EISDIR : 0;
  if (code == 0 && S_ISREG(info.st_mode)) {
    size_ = static_cast<std::uint64_t>(info.st_size);
    return;
  }
  ::close(descriptor_);
  if (code != 0) throwCannotRead(path_, code);
  throw FileError(shownName(path_) + " cannot be read: it is a device or a pipe, not a file.",
                  path_.string());
}

RegularFile::~RegularFile() { ::close(descriptor_); }

std::size_t RegularFile::readAt(std::uint64_t offset, void* to, std::size_t bytes) const {
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

}  // namespace maquette
