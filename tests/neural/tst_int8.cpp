// Weights in 8 bits where they are computed with.

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "core/base/error.h"
#include "neural/check/fixture.h"
#include "neural/complete/part_denoiser.h"
#include "neural/counting_allocator.h"
#include "neural/facts.h"
#include "neural/planned_weights.h"
#include "neural/scratch_folder.h"
#include "neural/segment/sonata.h"
#include "neural/segment/voxels.h"
#include "neural/shape/plain_denoiser.h"
#include "neural/shape/stream_denoiser.h"
#include "neural/weights/manifest.h"
#include "neural/weights/weight_cache.h"
#include "support/weight_files.h"

using namespace maquette;
using namespace maquette::neural;
using at::Tensor;

namespace {

const std::filesystem::path kData = std::filesystem::path(MAQUETTE_TEST_DATA);
const c10::Device kCpu(c10::kCPU);

/// Tensors are counted before there is one.
const bool counting = (countTensors(), true);

double relative(const Tensor& a, const Tensor& b) {
  return (at::linalg_vector_norm(a.to(c10::kDouble).sub(b.to(c10::kDouble))) /
          at::linalg_vector_norm(b.to(c10::kDouble)))
      .item<double>();
}

Tensor numbers(at::IntArrayRef shape, c10::ScalarType dtype = c10::kFloat) {
  return at::randn(shape, at::TensorOptions(c10::kFloat)).to(dtype);
}

/// A denoiser of Hunyuan3D 2.1's kind, large enough for 8 bits to be worth it.
PlainDenoiserConfig small() {
  PlainDenoiserConfig config;
  config.width = 256;
  config.heads = 4;
  config.contextWidth = 256;
  config.latentChannels = 16;
  config.depth = 5;
  config.expertBlocks = 2;
  return config;
}

std::filesystem::path writtenDenoiser(const test::ScratchFolder& folder) {
  const auto all = Parameters::planned({kCpu, c10::kHalf});
  const PlainDenoiser model(all, small());
  std::vector<NamedShape> wanted = all.wanted();
  for (NamedShape& one : wanted) one.dtype = Dtype::F16;
  const auto file = folder / "denoiser.safetensors";
  test::writeSafetensors(file, wanted, test::Fill::Bell);
  return file;
}

std::vector<Manifest> manifests(const std::string& name) {
  return readManifests(kData / "weights" / "manifests" / (name + ".json"));
}

}  // namespace

FACT(aProductIsThatOfTheMatrixItStandsFor) {
  const c10::InferenceMode inference;
  for (const auto& [out, in] :
       {std::pair<std::int64_t, std::int64_t>{7, 33}, {256, 64}, {600, 128}})
    for (const std::int64_t rows : {1, 2, 50}) {
      const Int8Matrix matrix = roundedMatrix(numbers({out, in}), "w");
      const Tensor x = numbers({2, rows, in}), bias = numbers({out});
      for (const Tensor& b : {bias, Tensor()}) {
        const Tensor whole = at::linear(x, unrounded(matrix, c10::kFloat),
                                        b.defined() ? std::optional<Tensor>(b) : std::nullopt);
        const Tensor ours = linearOf(x, matrix, b);
        EXPECT(ours.sizes() == whole.sizes());
        EXPECT(relative(ours, whole) < 1e-6);
      }
      for (const c10::ScalarType dtype : {c10::kHalf, c10::kBFloat16}) {
        const Tensor ours = linearOf(x.to(dtype), matrix, bias.to(dtype));
        EXPECT(ours.scalar_type() == dtype);
        EXPECT(relative(ours, at::linear(x, unrounded(matrix, c10::kFloat), bias)) <
               (dtype == c10::kHalf ? 2e-3 : 1e-2));
      }
    }
}

FACT(threadsDoNotMatter) {
  const c10::InferenceMode inference;
  const Int8Matrix matrix = roundedMatrix(numbers({777, 130}), "w");
  const Tensor x = numbers({40, 130});
  at::set_num_threads(1);
  const Tensor one = linearOf(x, matrix, {});
  at::set_num_threads(2);
  EXPECT(at::equal(linearOf(x, matrix, {}), one));
  at::set_num_threads(1);
}

FACT(aMatrixLosesHalfAStepAtMost) {
  const c10::InferenceMode inference;
  for (const c10::ScalarType dtype : {c10::kFloat, c10::kHalf, c10::kBFloat16, c10::kDouble}) {
    const Tensor matrix = numbers({33, 200}, dtype);
    const Int8Matrix rounded = roundedMatrix(matrix, "w");
    const Tensor off = (unrounded(rounded, c10::kFloat) - matrix.to(c10::kFloat)).abs();
    EXPECT((off <= rounded.scales.unsqueeze(1).mul(0.5001)).all().item<bool>());
    // A matrix lying the other way in memory is the same matrix.
    const Tensor turned = matrix.t().contiguous().t();
    EXPECT(at::equal(roundedMatrix(turned, "w").codes, rounded.codes));
  }
  EXPECT(!MESSAGE_OF(FileError, roundedMatrix(numbers({4, 40}).div(0.), "w")).empty());
}

FACT(aFileOfTheCacheAndRoundingOnTheWayAreOneNetwork) {
  const c10::InferenceMode inference;
  const test::ScratchFolder folder("int8");
  const auto file = writtenDenoiser(folder);
  const WeightCache cache({folder / "cache", 1'000'000'000});
  const Tensor x = numbers({1, 30, 16}), t = at::zeros({1}).add(0.3), c = numbers({1, 20, 256});
  const auto run = [&](const Parameters& p) {
    const PlainDenoiser model(p, small());
    p.requireComplete();
    return model(x, t, model.look(c));
  };
  const Tensor full = run(Parameters(openWeights(file), {kCpu, c10::kFloat}));
  const Tensor way = run(Parameters(openWeights(file), {kCpu, c10::kFloat, kInt8Numbers}));
  for (const bool first : {true, false}) {
    const auto opened = cache.open(file, Conversion::int8, {});
    EXPECT((opened.origin == WeightCache::Origin::converted) == first);
    EXPECT(at::equal(run(Parameters(opened.file, {kCpu, c10::kFloat})), way));
  }
  EXPECT(relative(way, full) > 1e-5 && relative(way, full) < 0.05);
  std::cout << "      a denoiser of 5 blocks is off by " << relative(way, full) << std::endl;
}

FACT(whatIsSavedIsWhatIsNotHeld) {
  const c10::InferenceMode inference;
  const test::ScratchFolder folder("int8");
  const auto file = writtenDenoiser(folder);
  const auto held = [&](std::int64_t int8) {
    const std::int64_t before = tensorMemory().allocated;
    const Parameters p(openWeights(file), {kCpu, c10::kFloat, int8});
    const PlainDenoiser model(p, small());
    const std::int64_t bytes = tensorMemory().allocated - before;
    EXPECT(bytes == p.bytes());
    // A plan without the file says the same.
    const auto planned = Parameters::planned({kCpu, c10::kFloat, int8});
    const PlainDenoiser shape(planned, small());
    EXPECT(planned.bytes() == bytes);
    return bytes;
  };
  const std::int64_t full = held(0), rounded = held(kInt8Numbers);
  EXPECT(double(rounded) < 0.35 * double(full));
  // Out of the cache even those are the file's pages, and not ours.
  const WeightCache cache({folder / "cache", 1'000'000'000});
  const auto opened = cache.open(file, Conversion::int8, {});
  const std::int64_t before = tensorMemory().allocated;
  const Parameters p(opened.file, {kCpu, c10::kFloat});
  const PlainDenoiser model(p, small());
  EXPECT(p.bytes() == rounded);
  EXPECT(tensorMemory().allocated - before < rounded / 4);
  std::cout << "      " << full << " bytes in single precision, " << rounded << " in 8 bits, "
            << tensorMemory().allocated - before << " beside the cache's file" << std::endl;
}

FACT(whatARungWantsIsBroughtAndCountedWhereItCannotBeKept) {
  const c10::InferenceMode inference;
  const test::ScratchFolder folder("int8");
  const auto file = writtenDenoiser(folder);
  Rung rung;
  EXPECT(weightsFor(rung, file, {}).tensors().size() == openWeights(file).tensors().size());
  rung.weights = WeightForm::int8;
  ::setenv("MAQUETTE_WEIGHT_CACHE", (folder / "cache").c_str(), 1);
  const std::int64_t before = tensorMemory().allocated;
  {
    const WeightFile kept = weightsFor(rung, file, {});
    EXPECT(kept.find("blocks.0.mlp.fc1.weight")->dtype == Dtype::I8);
    EXPECT(tensorMemory().allocated == before);
    EXPECT(WeightCache().entries().size() == 1);
  }
  ::setenv("MAQUETTE_WEIGHT_CACHE_LIMIT", "0", 1);
  std::filesystem::remove_all(folder / "cache");
  {
    const WeightFile held = weightsFor(rung, file, {});
    EXPECT(tensorMemory().allocated - before == std::int64_t(held.fileBytes()));
  }
  EXPECT(tensorMemory().allocated == before);
  setTensorLimit(before + 1'000'000);
  EXPECT(!MESSAGE_OF(OutOfMemory, weightsFor(rung, file, {})).empty());
  setTensorLimit(0);
  ::unsetenv("MAQUETTE_WEIGHT_CACHE_LIMIT");
  ::unsetenv("MAQUETTE_WEIGHT_CACHE");
}

FACT(blocksThatAreStreamedGiveTheSameResult) {
  const c10::InferenceMode inference;
  const test::ScratchFolder folder("int8");
  const auto file = writtenDenoiser(folder);
  const Tensor x = numbers({2, 30, 16}), t = at::zeros({2}).add(0.3), c = numbers({2, 20, 256});
  for (const std::int64_t int8 : {std::int64_t{0}, kInt8Numbers}) {
    Tensor results[2];
    std::int64_t peaks[2] = {};
    for (const bool streamed : {false, true}) {
      const Parameters p(openWeights(file), {kCpu, c10::kFloat, int8});
      const std::int64_t before = tensorMemory().allocated;
      resetTensorPeak();
      const PlainDenoiser model(p, small(), streamed);
      p.requireComplete();
      EXPECT(model.blocks.streamed() == streamed);
      const auto contexts = model.look(c);
      for (int step = 0; step < 2; ++step) results[streamed] = model(x, t, contexts);
      peaks[streamed] = tensorMemory().allocatedPeak - before;
    }
    EXPECT(at::equal(results[0], results[1]));
    EXPECT(peaks[1] < peaks[0]);
    std::cout << "      peak " << peaks[0] << " bytes, streamed " << peaks[1]
              << (int8 ? ", in 8 bits" : "") << std::endl;
  }
}

FACT(whatAStreamedNetworkLacksIsToldAtOnce) {
  const c10::InferenceMode inference;
  const test::ScratchFolder folder("int8");
  const auto file = writtenDenoiser(folder);
  PlainDenoiserConfig larger = small();
  larger.depth = 6;
  const Parameters p(openWeights(file), {kCpu, c10::kFloat});
  const PlainDenoiser model(p, larger, true);
  EXPECT(p.report().missing.size() > 10);
  EXPECT(!MESSAGE_OF(FileError, p.requireComplete()).empty());
}

namespace {

/// Builds a network of an official file without a number, as it is and in 8 bits: the share of its
/// numbers that are then held in one byte, which has to be all that is worth it.
template <class Build>
double shareInEightBits(const Manifest& manifest, const std::string& prefix, Build&& build) {
  std::vector<std::pair<std::string, Tensor>> tensors;
  std::int64_t worth = 0, scales = 0, numbers = 0, bytes[2] = {};
  for (const NamedShape& one : manifest.tensors) {
    if (!one.name.starts_with(prefix)) continue;
    tensors.emplace_back(one.name,
                         at::empty(one.shape, at::TensorOptions(c10::kMeta).dtype(c10::kHalf)));
    const std::int64_t count = tensors.back().second.numel();
    numbers += count;
    if (!worthInt8(one.name, one.shape)) continue;
    worth += count;
    scales += count / one.shape.back();
  }
  for (const bool int8 : {false, true}) {
    const Parameters all(tensors, manifest.name,
                         {c10::Device(c10::kMeta), c10::kHalf, int8 ? kInt8Numbers : 0});
    build(all.at(prefix));
    EXPECT(all.report().complete());
    bytes[int8] = all.bytes();
  }
  EXPECT(bytes[0] - bytes[1] == worth - 4 * scales);
  std::cout << "      " << manifest.name << ": " << 100 * worth / numbers << " %" << std::endl;
  return double(worth) / double(numbers);
}

}  // namespace

// What is worth it by its name and shape is taken in 8 bits by every network that has it.
FACT(onlyWhatRepeatsIsEverRounded) {
  for (const Manifest& manifest : manifests("manifest-checkpoints")) {
    const auto isDenoisers = [](const NamedShape& one) { return one.name.starts_with("model."); };
    if (std::ranges::none_of(manifest.tensors, isDenoisers)) continue;
    EXPECT(shareInEightBits(manifest, "model.", [](const Parameters& p) {
             if (p.has("latent_in.weight"))
               const StreamDenoiser model(p, StreamConfig::of(p));
             else
               const PlainDenoiser model(p, PlainDenoiserConfig::of(p));
           }) > 0.9);
  }
  EXPECT(shareInEightBits(manifests("manifest-xpart-model").at(0), "", [](const Parameters& p) {
           const PartDenoiser model(p, PartDenoiserConfig::of(p));
         }) > 0.9);
  EXPECT(shareInEightBits(manifests("manifest-p3sam").at(1), "", [](const Parameters& p) {
           const Sonata model(p, SonataConfig::of(p));
         }) > 0.9);
}

FACT(aConvolutionIsThatOfTheWeightsItStandsFor) {
  const c10::InferenceMode inference;
  const std::vector<Cell> cells{{0, 0, 0}, {0, 0, 1}, {0, 1, 1}, {3, 3, 3}, {3, 3, 4}, {4, 4, 4}};
  const SparseNeighbours neighbours(neighboursOf(cells), kCpu);
  const Tensor weight = numbers({24, 3, 3, 3, 20}), bias = numbers({24}), x = numbers({6, 20});
  const Int8Matrix rounded = roundedMatrix(weight, "weight");
  const auto of = [&](std::vector<std::pair<std::string, Tensor>> tensors) {
    const Parameters p(tensors, "file", {kCpu, c10::kFloat});
    const SparseConvolution convolution(p, 20, 24);
    p.requireComplete();
    return convolution(x, neighbours);
  };
  const Tensor whole = of({{"weight", weight}, {"bias", bias}});
  const Tensor unroundedOne =
      of({{"weight", unrounded(rounded, c10::kFloat).view(weight.sizes())}, {"bias", bias}});
  const Tensor ours = of({{"weight", rounded.codes.view(weight.sizes())},
                          {"weight.int8_scale", rounded.scales},
                          {"bias", bias}});
  EXPECT(relative(ours, unroundedOne) < 1e-6);
  EXPECT(relative(ours, whole) > 1e-4 && relative(ours, whole) < 0.02);
}

FACT(takenAsNumbersAMatrixIsUnrounded) {
  const c10::InferenceMode inference;
  const Int8Matrix matrix = roundedMatrix(numbers({20, 40}), "w");
  const Parameters p({{"w", matrix.codes}, {"w.int8_scale", matrix.scales}}, "file",
                     {kCpu, c10::kFloat});
  EXPECT(p.report().unexpected == std::vector<std::string>{"w"});
  EXPECT(at::equal(p.take("w", {20, 40}), unrounded(matrix, c10::kFloat)));
  p.requireComplete();
}

FACT(fixturesStayWithinTheirLimitInEightBits) {
  const std::filesystem::path folder[] = {kData / "neural"};
  double worst = 0.;
  std::string name;
  at::set_num_threads(1);
  for (const c10::ScalarType dtype : {c10::kFloat, c10::kBFloat16})
    for (const std::filesystem::path& file : fixtureFiles(folder)) {
      if (file.stem().string().starts_with("33-wide") && dtype != c10::kFloat) continue;  // slow
      const FixtureReport report =
          runFixture(file, {kCpu, dtype, kInt8NumbersOfFixtures}, Context());
      if (report.state != FixtureReport::State::passed) std::cout << shownReport(report, false);
      EXPECT(report.state == FixtureReport::State::passed);
      if (const FixtureOutput* output = report.worst();
          dtype == c10::kFloat && output && output->relativeError > worst) {
        worst = output->relativeError;
        name = file.stem().string() + ", " + output->name;
      }
    }
  EXPECT(worst > 1e-4);  // it is really done
  std::cout << "      worst in single precision: " << worst << " (" << name << ")" << std::endl;
}

FACT_MAIN
