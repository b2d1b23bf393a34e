#include "neural/weights/mapped_file.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <sys/mman.h>

#include <cerrno>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/regular_file.h"

namespace maquette {
namespace {

struct Mapping {
  void* at;
  std::size_t bytes;
  ~Mapping() { ::munmap(at, bytes); }
};

}  // namespace

SharedBytes mapFile(const std::filesystem::path& file) {
  const RegularFile open(file);
  if (open.size() == 0)
    throw FileError(shownName(file) + " is empty. Download it again, or use another copy.",
                    file.string());
  const auto bytes = static_cast<std::size_t>(open.size());
  void* at = ::mmap(nullptr, bytes, PROT_READ, MAP_PRIVATE, open.descriptor(), 0);
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
  try {
    const RegularFile open(file);
    ::posix_fadvise(open.descriptor(), 0, 0, POSIX_FADV_WILLNEED);
  } catch (const FileError&) {  // whoever reads it will say so
  }
}

void throwDamagedWeights(const std::filesystem::path& file, const std::string& what,
                         const std::string& detail) {
  throw FileError(
      fmt::format("{} {}. Download it again, or use another copy.", shownName(file), what),
      detail.empty() ? file.string() : fmt::format("{}: {}", file.string(), detail));
}

}  // namespace maquette
