#include "core/files/system_calls.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace maquette {

SystemCalls& systemCalls() {
  static SystemCalls calls{&::pwrite, &::fsync, &::close, &std::rename};
  return calls;
}

int writeAll(int descriptor, std::span<const std::byte> data, std::uint64_t& offset) {
  while (!data.empty()) {
    const ssize_t done =
        systemCalls().pwrite(descriptor, data.data(), data.size(), static_cast<off_t>(offset));
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    if (done == 0) return ENOSPC;  // a device that takes nothing and names no reason
    data = data.subspan(static_cast<std::size_t>(done));
    offset += static_cast<std::uint64_t>(done);
  }
  return 0;
}

int takePlace(const std::filesystem::path& file, const std::filesystem::path& target,
              bool forGood) {
  if (systemCalls().rename(file.c_str(), target.c_str()) != 0) return errno;
  if (!forGood) return 0;
  const std::filesystem::path parent = target.parent_path();
  const int folder =
      ::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    (void)::fsync(folder);
    ::close(folder);
  }
  return 0;
}

}  // namespace maquette
