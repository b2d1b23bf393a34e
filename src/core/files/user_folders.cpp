#include "core/files/user_folders.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace maquette {
namespace {

/// XDG base directories: a relative path in the variable is to be ignored.
std::filesystem::path named(const char* variable) {
  const char* value = std::getenv(variable);
  return value && *value == '/' ? value : std::filesystem::path();
}

}  // namespace

std::filesystem::path homeFolder() {
  if (const std::filesystem::path home = named("HOME"); !home.empty()) return home;
  const passwd* entry = ::getpwuid(::getuid());
  return entry && entry->pw_dir && *entry->pw_dir ? entry->pw_dir : "/";
}

std::filesystem::path userDataFolder() {
  const std::filesystem::path chosen = named("XDG_DATA_HOME");
  return chosen.empty() ? homeFolder() / ".local" / "share" : chosen;
}

std::filesystem::path userCacheFolder() {
  const std::filesystem::path chosen = named("XDG_CACHE_HOME");
  return chosen.empty() ? homeFolder() / ".cache" : chosen;
}

}  // namespace maquette
