#include "models/places.h"

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>

namespace maquette {
namespace {

using Path = std::filesystem::path;

Path variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? Path(value) : Path();
}

Path home() {
  if (const Path path = variable("HOME"); path.is_absolute()) return path;
  const passwd* entry = ::getpwuid(::getuid());
  return entry && entry->pw_dir ? Path(entry->pw_dir) : Path("/");
}

/// XDG base directories: a relative path in the variable is to be ignored.
Path base(const char* name, const char* otherwise) {
  const Path path = variable(name);
  return path.is_absolute() ? path : home() / otherwise;
}

}  // namespace

ModelPlaces modelPlaces(const Path& store) {
  const Path data = base("XDG_DATA_HOME", ".local/share") / "maquette";
  const Path cache = base("XDG_CACHE_HOME", ".cache");
  ModelPlaces places;
  places.store = !store.empty() ? store : variable("MAQUETTE_MODELS");
  if (places.store.empty()) places.store = data / "models";
  std::error_code error;
  if (const Path whole = std::filesystem::absolute(places.store, error); !error)
    places.store = whole.lexically_normal();
  if (!places.store.has_filename()) places.store = places.store.parent_path();
  places.licences = data / "licences.json";

  if (const Path hub = variable("HF_HUB_CACHE"); !hub.empty())
    places.hubs.push_back(hub);
  else if (const Path whole = variable("HF_HOME"); !whole.empty())
    places.hubs.push_back(whole / "hub");
  else
    places.hubs.push_back(cache / "huggingface" / "hub");

  if (const Path tree = variable("HY3DGEN_MODELS"); !tree.empty())
    places.trees.push_back(tree);
  else
    places.trees = {home() / ".cache/hy3dgen", home() / ".cache/xpart"};
  return places;
}

}  // namespace maquette
