#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "core/files/user_folders.h"
#include "probe/teller.h"

namespace maquette {
namespace {

namespace fs = std::filesystem;

/// Writes a small file and takes it away again; @return what is wrong, or empty.
std::string triedIn(const fs::path& folder) {
  std::string name = (folder / ".maquette-XXXXXX").string();
  const int file = ::mkstemp(name.data());
  if (file < 0) return std::strerror(errno);
  const std::array<char, 4096> bytes{};
  const bool written =
      ::write(file, bytes.data(), bytes.size()) == ssize_t(bytes.size()) && ::fsync(file) == 0;
  const std::string wrong = written ? "" : std::strerror(errno);
  ::close(file);
  ::unlink(name.c_str());
  return wrong;
}

void tellFolder(const std::string& name, const fs::path& folder) {
  tellDoing(fmt::format("looking at the {} folder", name));
  tell(name + ".path", folder.string());
  // It is made when something is first kept there: until then the nearest that exists tells.
  fs::path there = folder;
  std::error_code error;
  while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
  if (!fs::is_directory(there, error))
    return tell(name + ".error", fmt::format("{} is not a folder", there.string()));
  if (const std::string wrong = triedIn(there); !wrong.empty()) tell(name + ".error", wrong);
  if (const fs::space_info space = fs::space(there, error); !error)
    tell(name + ".free", double(space.available));
}

}  // namespace

void tellFolders() {
  tellFolder("data", userDataFolder() / "maquette");
  tellFolder("cache", userCacheFolder() / "maquette");
  std::error_code error;
  tellFolder("temporary", fs::temp_directory_path(error));
}

}  // namespace maquette
