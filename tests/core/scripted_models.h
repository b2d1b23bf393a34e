#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "core/device/memory_monitor.h"
#include "core/models/registry.h"
#include "support/shapes.h"

namespace maquette::test {

/// A machine of 16 GB, 8 of them free, unless told otherwise. Set before threads start.
class ScriptedMonitor : public MemoryMonitor {
 public:
  MemorySample sample() override { return now; }
  MemorySample now{{16'000'000'000, 8'000'000'000, 100'000'000}, std::nullopt, {}};
};

/// Models that make cubes, and how many of them there are.
class Cubes : public ShapeGenerator {
 public:
  static inline std::atomic<int> alive{0};

  Cubes() { ++alive; }
  ~Cubes() override { --alive; }
  Footprint footprint(const ShapeParams&) const override { return {}; }
  ShapeResult generate(const ImageSet&, const ShapeParams& params, const Context&) override {
    return {std::make_shared<Mesh>(makeCube(params.sizeMm)), {}};
  }
};

inline ModelEntry cubes(std::string id, std::int64_t weights = 1'000'000, std::int64_t peak = 0) {
  ModelEntry entry;
  entry.id = std::move(id);
  entry.label = "Cubes";
  entry.footprint = {weights, std::max(weights, peak)};
  entry.make = ModelEntry::Make<ShapeGenerator>(
      [](const MemoryPlan&, const Context&) { return std::make_unique<Cubes>(); });
  return entry;
}

/// A rung of one stage.
inline Rung rung(std::string name, std::int64_t weights, std::int64_t activations,
                 Precision precision = Precision::f32, std::string loss = {}) {
  Rung made;
  made.name = std::move(name);
  made.precision = precision;
  made.loss = std::move(loss);
  made.stages = {{"step", weights, activations, 0}};
  return made;
}

}  // namespace maquette::test
