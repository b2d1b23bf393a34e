#include "models/places.h"

#include <cstdlib>

#include "core/files/user_folders.h"

namespace maquette {
namespace {

using Path = std::filesystem::path;

Path variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? Path(value) : Path();
}

}  // namespace

ModelPlaces modelPlaces(const Path& store) {
  const Path data = userDataFolder() / "maquette";
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
    places.hubs.push_back(userCacheFolder() / "huggingface" / "hub");

  if (const Path tree = variable("HY3DGEN_MODELS"); !tree.empty())
    places.trees.push_back(tree);
  else
    places.trees = {homeFolder() / ".cache/hy3dgen", homeFolder() / ".cache/xpart"};
  return places;
}

}  // namespace maquette
