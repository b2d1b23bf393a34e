#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "core/base/log.h"
#include "core/models/neural_plugin.h"
#include "masks/p3_sam_plan.h"
#include "neural/scratch_folder.h"
#include "neural/weights/weight_file.h"
#include "support/p3_sam_files.h"

extern "C" const maquette::NeuralTable* maquetteNeural();

// A small network that was fitted to four bodies, through the plug-in's own table.

namespace maquette::test {

inline const std::filesystem::path kData = MAQUETTE_TEST_DATA;
inline const std::filesystem::path kFixture = kData / "neural" / "28-end-to-end.safetensors";
inline constexpr std::int64_t kGB = 1'000'000'000;

inline const NeuralTable& table() {
  static NeuralPlugin plugin(*maquetteNeural(), {NeuralStart::Cuda::never, 2});
  setLogLevel(1);
  return plugin.table();
}

inline const ScratchFolder& folder() {
  static const ScratchFolder made("p3sam");
  return made;
}

/// The small network as a file; changed, under another name.
inline std::filesystem::path network(const std::string& name = "small", const Change& change = {}) {
  const auto file = folder() / (name + ".safetensors");
  if (!std::filesystem::exists(file)) writeSmallP3Sam(file, kFixture, change);
  return file;
}

inline MeshPtr bodies() {
  static const MeshPtr mesh = std::make_shared<const Mesh>(fourBodies(kFixture));
  return mesh;
}

inline MemoryPlan planOn(std::size_t rung, const std::filesystem::path& file,
                         const JobSize& size = {}) {
  MemoryPlan plan;
  plan.model = plan.label = "p3-sam";
  plan.ladder = p3SamLadder(size, p3SamSizesOf(openWeights(file)));
  plan.rung = rung;
  return plan;
}

inline std::unique_ptr<PartSegmenter> segmenter(std::size_t rung = 0,
                                                const std::filesystem::path& file = network()) {
  return table().partSegmenter(file, planOn(rung, file), {});
}

inline AutoParams small() {
  AutoParams params;
  params.prompts = 40;  // and as many samples as it is used to, 4,001
  params.seed = 42;
  return params;
}

inline std::int64_t held() { return table().hostMemory().allocated; }

}  // namespace maquette::test
