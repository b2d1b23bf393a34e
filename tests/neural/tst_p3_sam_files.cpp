// Files of P3-SAM's weights: what is planned for them, and what is wrong with one is told.

#include <algorithm>
#include <filesystem>
#include <limits>
#include <map>
#include <string>

#include "core/base/error.h"
#include "core/device/memory_budget.h"
#include "neural/facts.h"
#include "neural/small_p3_sam.h"

using namespace maquette;
using namespace maquette::test;

FACT(thePublishedSizeIsPlannedWithinItsLimits) {
  JobSize size;
  size.points = 100'000;
  size.prompts = 400;
  const Ladder ladder = p3SamLadder(size, {});
  requireLadder(ladder);
  EXPECT(ladder.front().peak() - ladder.front().weightBytes() <= 3 * kGB);
  const auto fits = std::ranges::find_if(
      ladder, [](const Rung& rung) { return rung.peak() <= 4 * kGB - kGB / 3; });
  EXPECT(fits != ladder.end() && fits->loss.empty());
  // Each less than the one before; then all of them again in 8 bits, which is said.
  for (std::size_t i = 1; i < ladder.size(); ++i)
    EXPECT(ladder[i].peak() < ladder[i - 1].peak() || 2 * i == ladder.size());
  for (std::size_t i = 0; i < ladder.size(); ++i)
    EXPECT(ladder[i].loss.empty() == (2 * i < ladder.size()));
  std::cout << "      400 prompts on 100,000 points: " << shownBytes(ladder.front().peak())
            << " to " << shownBytes(ladder.back().peak()) << std::endl;
}

FACT(sizesAreReadOffAFile) {
  const P3SamSizes sizes = p3SamSizesOf(openWeights(network()));
  EXPECT((sizes.channels == std::vector<std::int64_t>{16, 32, 32, 16, 48}));
  EXPECT(sizes.features == 32 && sizes.firstInner == 32 && sizes.secondInner == 16);
  EXPECT(sizes.encoderBytes < sizes.weightBytes && sizes.blockBytes < sizes.encoderBytes);
}

// --- What is wrong is told, and nothing stays behind

namespace {

void refuses(const std::filesystem::path& file, const std::string& word) {
  const std::int64_t before = held();
  const std::string said =
      MESSAGE_OF(FileError, table().partSegmenter(file, planOn(0, network()), {}));
  std::cout << "      " << said << std::endl;
  EXPECT(said.find(word) != std::string::npos);
  EXPECT(held() == before);
}

}  // namespace

FACT(missingAndUnknownNamesAreToldInFull) {
  const auto file = network("renamed", [](std::string& name, std::vector<float>&) {
    if (name == "iou_mlp.2.bias") name = "iou_mlp.2.bean";
    if (name == "sonata.enc.enc3.block4.norm2.0.weight") name.clear();
  });
  try {
    table().partSegmenter(file, planOn(0, file), {});
    EXPECT(false);
  } catch (const FileError& error) {
    const std::string all = std::string(error.what()) + error.detail();
    for (const char* name :
         {"iou_mlp.2.bias", "iou_mlp.2.bean", "sonata.enc.enc3.block4.norm2.0.weight"})
      EXPECT(all.find(name) != std::string::npos);
  }
}

FACT(anotherNetworkIsRefused) {
  refuses(kData / "neural" / "09-v21-denoiser.safetensors", "P3-SAM");
  refuses(network("encoder only",
                  [](std::string& name, std::vector<float>&) {
                    name = name.starts_with("sonata.") ? name.substr(7) : "";
                  }),
          "only the encoder");
}

FACT(aTruncatedFileIsRefused) {
  const auto file = folder() / "short.safetensors";
  std::filesystem::copy_file(network(), file);
  std::filesystem::resize_file(file, std::filesystem::file_size(file) / 2);
  refuses(file, "short.safetensors");
  refuses(folder() / "none.safetensors", "none.safetensors");
}

FACT(weightsThatAreNoNumbersNameTheirStage) {
  const auto spoilt = [](const std::string& where) {
    return network("nan " + where, [&](std::string& name, std::vector<float>& values) {
      if (name == where) values.at(values.size() / 2) = std::numeric_limits<float>::quiet_NaN();
    });
  };
  for (const auto& [name, stage] : std::map<std::string, std::string>{
           {"sonata.embedding.stem.linear.bias", "first layer of its encoder"},
           {"sonata.enc.enc3.block2.mlp.0.fc2.bias", "in block 3 of stage 4 of its encoder"},
           {"mlp.2.bias", "merges the stages"},
           {"seg_mlp_2.2.bias", "first half of its mask heads"},
           {"iou_mlp.0.bias", "second half of its mask heads"}}) {
    spoilt(name);
    const std::int64_t before = held();
    {
      const auto model = segmenter(0, spoilt(name));
      const std::string said = MESSAGE_OF(Error, model->automatic(bodies(), small(), {}));
      EXPECT(said.find(stage) != std::string::npos);
    }
    EXPECT(held() == before);
  }
}

FACT_MAIN
