// P3-SAM with the weights of its encoder in 8 bits, in the sizes of the official file by half.

#include <ATen/Parallel.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "masks/p3_sam_plan.h"
#include "neural/counting_allocator.h"
#include "neural/facts.h"
#include "neural/scratch_folder.h"
#include "neural/segment/p3_sam_segmenter.h"
#include "neural/weights/weight_file.h"
#include "support/p3_sam_files.h"

using namespace maquette;
using namespace maquette::neural;

namespace {

const std::filesystem::path kData = std::filesystem::path(MAQUETTE_TEST_DATA);

/// Tensors are counted before there is one.
const bool counting = (countTensors(), true);

}  // namespace

FACT(inEightBitsP3SamHoldsAQuarterAndSeesNearlyTheSame) {
  at::set_num_threads(1);
  const test::ScratchFolder folder("p3sam8");
  const auto file = folder / "narrow.safetensors";
  test::writeRandomP3Sam(file, kData / "weights" / "manifests" / "manifest-p3sam.json", 2);
  ::setenv("MAQUETTE_WEIGHT_CACHE", (folder / "cache").c_str(), 1);
  const auto mesh = std::make_shared<const Mesh>(
      test::fourBodies(kData / "neural" / "28-end-to-end.safetensors"));
  AutoParams params;
  params.points = 1500;
  params.prompts = 12;
  MemoryPlan plan;
  plan.model = plan.label = "p3-sam";
  plan.ladder = p3SamLadder({}, p3SamSizesOf(openWeights(file)));
  plan.room = std::int64_t{1} << 34;
  const auto masks = [&](bool int8) {
    const MemoryPlan asked = planMemory(plan, plan.ladder, nullptr, int8);
    EXPECT((asked.chosen().weights == WeightForm::int8) == int8);
    const auto segmenter = makeP3Sam(file, asked, {});
    const PartsResult result = segmenter->automatic(mesh, params, {});
    EXPECT(int8 == !asked.chosen().loss.empty());
    EXPECT(int8 == (std::ranges::find(result.notes, asked.chosen().loss) != result.notes.end()));
    // What was planned for the weights is there, and not more.
    const auto& used = dynamic_cast<PlannedModel&>(*segmenter).used();
    EXPECT(used.rung == asked.rung && used.peak() > 0);
    return result.masks;
  };
  const MaskSetPtr full = masks(false), rounded = masks(true);
  const auto weights = [&](std::size_t rung) { return plan.ladder[rung].weightBytes(); };
  EXPECT(double(weights(plan.ladder.size() / 2)) < 0.35 * double(weights(0)));
  EXPECT(full->places == rounded->places && full->prompts == rounded->prompts);
  std::size_t other = 0;
  for (std::size_t i = 0; i < full->bits.size(); ++i)
    other += std::size_t(std::popcount(full->bits[i] ^ rounded->bits[i]));
  const double share = double(other) / double(full->masks() * full->samples());
  std::cout << "      " << weights(0) << " bytes of weights, " << weights(plan.ladder.size() / 2)
            << " in 8 bits; " << 100. * share << " % of what masks hold differs" << std::endl;
  EXPECT(share > 0. && share < 0.1);
}

FACT_MAIN
