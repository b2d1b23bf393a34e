#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/models/interfaces.h"
#include "core/models/memory_plan.h"

namespace maquette {

/// Where a network's weights lie.
struct Weights {
  std::vector<std::filesystem::path> files;
  std::string unavailable = {};  ///< empty, or why it cannot be used and what to do about it
};

/// One way to do one of the three jobs.
struct ModelEntry {
  /// Loads as the plan says; reports its progress.
  template <class T>
  using Make = std::function<std::unique_ptr<T>(const MemoryPlan& plan, const Context& ctx)>;
  using Factory = std::variant<Make<ShapeGenerator>, Make<PartSegmenter>, Make<PartCompleter>>;

  std::string id;       ///< "classical", "p3-sam"; unique within its job
  std::string label;    ///< for people
  Footprint footprint;  ///< with default parameters
  Factory make;
  bool neural = false;  ///< the plug-in's: computes on the graphics card where there is one
  /// Its weights as they are now, for they come and go while the program runs; empty: it has none,
  /// and can always be used.
  std::function<Weights()> weights = {};
  /// How it would do a job of this size; empty: in the one way that `footprint` says.
  std::function<Ladder(const JobSize& size)> ladder = {};
};

/// Everything that can be acquired. Filled at start, constant after.
class Registry {
 public:
  void add(ModelEntry entry);
  const std::vector<ModelEntry>& entries() const { return entries_; }

  /// The entry of this id whose factory makes a T, or null.
  template <class T>
  const ModelEntry* find(std::string_view id) const {
    for (const ModelEntry& entry : entries_)
      if (entry.id == id && std::holds_alternative<ModelEntry::Make<T>>(entry.make)) return &entry;
    return nullptr;
  }

 private:
  std::vector<ModelEntry> entries_;
};

}  // namespace maquette
