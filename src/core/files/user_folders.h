#pragma once

#include <filesystem>

namespace maquette {

/// $HOME, or the home that the system's list of users names; "/" for a user without one, where
/// nothing can be written.
std::filesystem::path homeFolder();

/// What programs keep for the user: $XDG_DATA_HOME, or ~/.local/share.
std::filesystem::path userDataFolder();

/// What programs can make anew: $XDG_CACHE_HOME, or ~/.cache.
std::filesystem::path userCacheFolder();

}  // namespace maquette
