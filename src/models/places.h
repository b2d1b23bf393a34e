#pragma once

#include <filesystem>
#include <vector>

namespace maquette {

/// Where weight files are looked for, and where ours go.
struct ModelPlaces {
  std::filesystem::path store;               ///< ours: STORE/org/name/path
  std::filesystem::path licences;            ///< the file that says what was agreed to, and when
  std::vector<std::filesystem::path> hubs;   ///< HUB/models--org--name/snapshots/*/path, read only
  std::vector<std::filesystem::path> trees;  ///< TREE/org/name/path, read only
};

/// From the environment: MAQUETTE_MODELS or XDG_DATA_HOME/maquette/models for ours, HF_HUB_CACHE,
/// HF_HOME or XDG_CACHE_HOME/huggingface for the Hugging Face cache, HY3DGEN_MODELS or
/// ~/.cache/hy3dgen and ~/.cache/xpart, where the models' own programs keep them.
///
/// @param store  a chosen folder for ours; "" for the usual one
ModelPlaces modelPlaces(const std::filesystem::path& store = {});

}  // namespace maquette
