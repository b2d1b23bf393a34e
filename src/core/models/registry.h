#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/models/interfaces.h"

namespace maquette {

/// One way to do one of the three jobs.
struct ModelEntry {
  using Factory = std::variant<std::function<std::unique_ptr<ShapeGenerator>(const Context&)>,
                               std::function<std::unique_ptr<PartSegmenter>(const Context&)>,
                               std::function<std::unique_ptr<PartCompleter>(const Context&)>>;

  std::string id;           ///< "classical", "p3-sam"; unique within its job
  std::string label;        ///< for people
  Footprint footprint;      ///< with default parameters
  Factory make;             ///< loads; reports its progress
  std::string unavailable;  ///< empty, or why it cannot be used here and what to do about it
};

/// Everything that can be acquired. Filled at start, constant after.
class Registry {
 public:
  void add(ModelEntry entry);
  const std::vector<ModelEntry>& entries() const { return entries_; }

  /// The entry of this id whose factory makes a T, or null.
  template <class T>
  const ModelEntry* find(std::string_view id) const {
    using Make = std::function<std::unique_ptr<T>(const Context&)>;
    for (const ModelEntry& entry : entries_)
      if (entry.id == id && std::holds_alternative<Make>(entry.make)) return &entry;
    return nullptr;
  }

 private:
  std::vector<ModelEntry> entries_;
};

}  // namespace maquette
