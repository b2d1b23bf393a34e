#pragma once

#include "core/models/model_manager.h"
#include "neural/facts.h"
#include "neural/small_p3_sam.h"

// The program around P3-SAM, as small as it goes, with the small network of fixture 28.

namespace maquette::test {

class RoomyMachine : public MemoryMonitor {
 public:
  MemorySample sample() override {
    MemorySample now;
    now.host = {64 * kGB, 32 * kGB, 0};
    return now;
  }
};

/// A program in small, with the small network.
struct House {
  Registry registry;
  RoomyMachine machine;
  NeuralPlugin plugin{*maquetteNeural(), {NeuralStart::Cuda::never, 2}};
  ModelManager manager{registry, machine, nullptr, &plugin};
  std::int64_t before = 0;

  House() {
    setLogLevel(0);
    plugin.table();
    before = held();
    ModelEntry entry;
    entry.id = entry.label = "p3-sam";
    entry.neural = true;
    entry.ladder = [](const JobSize& size) {
      return p3SamLadder(size, p3SamSizesOf(openWeights(network())));
    };
    const Ladder ladder = entry.ladder({});
    entry.footprint = {ladder.front().weightBytes(), ladder.front().peak()};
    entry.make =
        ModelEntry::Make<PartSegmenter>([this](const MemoryPlan& plan, const Context& ctx) {
          return plugin.table().partSegmenter(network(), plan, ctx);
        });
    registry.add(entry);
  }
  ~House() {
    manager.unloadAll("the end");
    EXPECT(held() == before);  // to the byte
  }
  std::int64_t held() { return plugin.table().hostMemory().allocated; }
  bool loaded() { return manager.state().phase == ModelManager::State::Phase::loaded; }

  PartsResult automatic(const MeshPtr& mesh, const AutoParams& params) {
    auto model = manager.acquire<PartSegmenter>("p3-sam", {});
    return model.run([&](PartSegmenter& m) { return m.automatic(mesh, params, {}); });
  }
  /// One click in the middle of a triangle.
  Candidates click(const MeshPtr& mesh, std::uint32_t face, const AutoParams& params) {
    auto model = manager.acquire<PartSegmenter>("p3-sam", {});
    const Click at{face, faceCentre(*mesh, mesh->triangles.at(face)), true};
    return model.run([&](PartSegmenter& m) {
      return m.open(mesh, clickParamsOf(params), {})->query({{at}}, {});
    });
  }
};

inline AutoParams quick() {
  AutoParams params;
  params.prompts = 12;
  params.points = 1500;
  return params;
}

inline MeshPtr shared(Mesh mesh) { return std::make_shared<const Mesh>(std::move(mesh)); }

}  // namespace maquette::test
