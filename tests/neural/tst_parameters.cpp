#include <ATen/ops/equal.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <vector>

#include "core/base/error.h"
#include "neural/facts.h"
#include "neural/nn/layers.h"
#include "neural/nn/parameters.h"

using namespace maquette;
using namespace maquette::neural;
using at::Tensor;

namespace {

const std::filesystem::path kLayouts =
    std::filesystem::path(MAQUETTE_TEST_DATA) / "weights" / "28-checkpoint-layouts.ckpt";

/// A safetensors file in memory: floats "a.weight" [2, 3], "a.bias" [2], halves "b" [2], whole
/// numbers "c" [1]. `shift` bytes are put before it, so that its tensors begin at odd addresses.
WeightFile smallFile(std::size_t shift = 0) {
  std::string header = R"({"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                       R"("a.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},)"
                       R"("b":{"dtype":"F16","shape":[2],"data_offsets":[32,36]},)"
                       R"("c":{"dtype":"I32","shape":[1],"data_offsets":[36,40]}})";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  const float floats[] = {1, 2, 3, 4, 5, 6, 7, 8};
  const std::uint16_t halves[] = {0x3c00, 0x4000};  // 1, 2
  const std::int32_t whole = 9;
  auto bytes = std::make_shared<std::vector<std::byte>>(shift + 8 + header.size() + 40);
  std::byte* at = bytes->data() + shift;
  const std::uint64_t length = header.size();
  const auto put = [&](const void* from, std::size_t count) {
    std::memcpy(at, from, count);
    at += count;
  };
  put(&length, 8);
  put(header.data(), header.size());
  put(floats, 32);
  put(halves, 4);
  put(&whole, 4);
  return readWeights("small.safetensors", {std::span(*bytes).subspan(shift), bytes});
}

Parameters small(Placement placement = {}) { return Parameters(smallFile(), placement); }

}  // namespace

FACT(nothingIsCopied) {
  const WeightFile file = smallFile();
  const Parameters p(file, {});
  const Tensor weight = p.take("a.weight", {2, 3});
  EXPECT(weight.const_data_ptr() == static_cast<const void*>(file.at("a.weight").data()));
  EXPECT(weight[1][2].item<float>() == 6.f);
}

FACT(theBytesStayWhileATensorLives) {
  std::weak_ptr<const void> owner;
  Tensor bias;
  {
    const WeightFile file = smallFile();
    owner = file.at("a.bias").owner;
    bias = Parameters(file, {}).take("a.bias", {2});
  }
  EXPECT(!owner.expired());
  EXPECT(bias[1].item<float>() == 8.f);
  bias.reset();
  EXPECT(owner.expired());
}

FACT(fractionsAreConvertedAndWholeNumbersAreNot) {
  const Parameters p = small({c10::Device(c10::kCPU), c10::kBFloat16});
  EXPECT(p.take("a.bias", {2}).scalar_type() == c10::kBFloat16);
  EXPECT(p.take("b", {2}).scalar_type() == c10::kBFloat16);
  EXPECT(p.take("b", {2}, c10::kFloat)[1].item<float>() == 2.f);
  EXPECT(p.take("c", {1}).scalar_type() == c10::kInt);
}

FACT(oddAddressesAreCopied) {
  const WeightFile file = smallFile(1);
  EXPECT(!file.at("a.weight").aligned());
  EXPECT(tensorOf(file.at("a.weight"))[0][1].item<float>() == 2.f);
}

FACT(viewsOfACheckpointAreWhatTheyAre) {
  const WeightFile file = openWeights(kLayouts);
  for (const TensorView& view : file.tensors()) {
    const Tensor tensor = tensorOf(view).to(c10::kFloat).contiguous();
    const std::vector<float> expected = floatsOf(view);
    EXPECT(tensor.sizes() == at::IntArrayRef(view.shape));
    EXPECT(std::equal(expected.begin(), expected.end(), tensor.const_data_ptr<float>(),
                      tensor.const_data_ptr<float>() + tensor.numel()));
  }
}

FACT(aLayerTakesItsWeights) {
  const Parameters p = small();
  const Linear linear(inside(p, "a"), 3, 2);
  const Tensor y = linear(at::ones({1, 3}));
  EXPECT(y.equal(at::tensor({13.f, 23.f}).view({1, 2})));
  EXPECT((p.report().unexpected == std::vector<std::string>{"b", "c"}));
  EXPECT(p.report().consumed == 2);
  EXPECT(p.bytes() == 32);
  inside(p, "a").requireComplete();  // inside, nothing is left over
  MESSAGE_OF(FileError, p.requireComplete());
  p.requireComplete(Unexpected::Warned);
  p.ignore("b");
  p.ignore("c");
  p.requireComplete();
  EXPECT(p.report().unused == 2);
}

FACT(allThatIsWrongIsReportedAtOnce) {
  const Parameters p = small();
  const Linear absent(inside(p, "x"), 3, 2);
  const Linear misshapen(inside(p, "a"), 5, 2);
  EXPECT(absent.weight.is_meta());
  EXPECT((absent.weight.sizes() == at::IntArrayRef{2, 3}));
  const NameReport report = p.report();
  EXPECT((report.missing == std::vector<std::string>{"x.bias", "x.weight"}));
  EXPECT((report.misshapen == std::vector<std::string>{"a.weight: [2, 3] instead of [2, 5]"}));
  EXPECT((report.unexpected == std::vector<std::string>{"b", "c"}));
  EXPECT(report.consumed == 1);  // a.bias
  const std::string message = MESSAGE_OF(FileError, p.requireComplete());
  EXPECT(message.find("“x.bias”") != std::string::npos);
  EXPECT(message.find("small.safetensors") != std::string::npos);
}

FACT(aNetworkIsPlannedWithoutAFile) {
  const Parameters p = Parameters::planned({c10::Device(c10::kCPU), c10::kHalf});
  const Mlp mlp(inside(p, "mlp"), 1024, 4096, "fc1", "fc2");
  EXPECT(p.wanted().size() == 4);
  EXPECT(p.wanted()[0].name == "mlp.fc1.weight");
  EXPECT((p.wanted()[0].shape == std::vector<std::int64_t>{4096, 1024}));
  EXPECT(p.bytes() == 2 * (2 * 4096 * 1024 + 4096 + 1024));
  EXPECT(p.report().complete());
}

FACT(configurationsAreReadOffShapes) {
  const Parameters p = small();
  EXPECT(p.size("a.weight", 1) == 3);
  MESSAGE_OF(FileError, p.size("a.weight", 2));
  MESSAGE_OF(FileError, p.size("d", 0));
  const Tensor some = at::ones({1});
  const Parameters layers({{"blocks.0.w", some}, {"blocks.1.w", some}, {"blocks.10.w", some}},
                          "layers", {});
  EXPECT(layers.layers("blocks") == 2);
  EXPECT(layers.layers("stem") == 0);
}

FACT_MAIN
