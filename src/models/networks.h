#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/models/neural_plugin.h"
#include "core/models/registry.h"
#include "models/store.h"

namespace maquette {

/// Where the networks' weights come from: the store, or files that somebody named in their place.
///
/// Any thread; changes are seen the next time a model is asked for.
class NetworkWeights {
 public:
  explicit NetworkWeights(ModelStore store);

  /// Another folder, another catalogue.
  void setStore(ModelStore store);

  /// Uses another file for a network, another one of its family: "p3-sam=FILE".
  ///
  /// @throws InvalidInput  not of this form, or no network has this id
  void choose(std::string_view idAndFile);

  /// @param path  which of its files, as ModelStore::find
  Weights find(const std::string& id, std::string_view path = {}) const;

 private:
  mutable std::mutex mutex_;  // guards the rest
  std::shared_ptr<const ModelStore> store_;
  std::map<std::string, std::filesystem::path, std::less<>> chosen_;
};

/// Adds the networks that this version runs. They are always in the registry; whether they can be
/// used now, their weights() say.
///
/// @param weights, plugin  must outlive the registry
void registerNetworks(Registry& registry, const NetworkWeights& weights, NeuralPlugin& plugin);

}  // namespace maquette
