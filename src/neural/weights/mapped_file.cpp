#include "neural/weights/mapped_file.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "core/base/error.h"
#include "core/base/file_error.h"

namespace maquette {
namespace {

class Descriptor {
 public:
  // Without O_NONBLOCK, opening a pipe would wait for somebody to write into it.
  explicit Descriptor(const std::filesystem::path& file)
      : value_(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) {}
  ~Descriptor() {
    if (value_ >= 0) ::close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  operator int() const { return value_; }  // NOLINT: for system calls

 private:
  int value_;
};

struct Mapping {
  void* at;
  std::size_t bytes;
  ~Mapping() { ::munmap(at, bytes); }
};

}  // namespace

SharedBytes mapFile(const std::filesystem::path& file) {
  const Descriptor descriptor(file);
  if (descriptor < 0) throwCannotRead(file, errno == ENXIO ? ESPIPE : errno);
  struct stat info {};
  if (::fstat(descriptor, &info) != 0) throwCannotRead(file, errno);
  if (S_ISDIR(info.st_mode)) throwCannotRead(file, EISDIR);
  if (!S_ISREG(info.st_mode))
    throw FileError(shownName(file) + " cannot be read: it is a device or a pipe, not a file.",
                    file.string());
  if (info.st_size <= 0)
    throw FileError(shownName(file) + " is empty. Download it again, or use another copy.",
                    file.string());
  const auto bytes = static_cast<std::size_t>(info.st_size);
  void* at = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (at == MAP_FAILED) throwCannotRead(file, errno);
  std::shared_ptr<const Mapping> owner;
  try {
    owner.reset(new Mapping{at, bytes});
  } catch (...) {
    ::munmap(at, bytes);
    throw;
  }
  return {{static_cast<const std::byte*>(at), bytes}, owner};
}

void prefetchFile(const std::filesystem::path& file) {
  const Descriptor descriptor(file);
  if (descriptor >= 0) ::posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED);
}

void throwDamagedWeights(const std::filesystem::path& file, const std::string& what,
                         const std::string& detail) {
  throw FileError(
      fmt::format("{} {}. Download it again, or use another copy.", shownName(file), what),
      detail.empty() ? file.string() : fmt::format("{}: {}", file.string(), detail));
}

}  // namespace maquette
