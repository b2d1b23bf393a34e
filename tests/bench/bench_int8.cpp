// Weights in 8 bits: what converting an official file costs, opening it again, and computing with
// it.
//   build/release/bin/bench_int8
// The files are made in the temporary folder, from the manifests and with bell-shaped numbers, and
// removed: 11 GB for the largest.
#include <ATen/Parallel.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>
#include <spdlog/fmt/fmt.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "neural/nn/int8_matrix.h"
#include "neural/nn/plain_block.h"
#include "neural/weights/manifest.h"
#include "neural/weights/weight_cache.h"
#include "support/weight_files.h"

namespace maquette {
namespace {

using at::Tensor;

const std::filesystem::path kManifests =
    std::filesystem::path(MAQUETTE_TEST_DATA) / "weights" / "manifests";

struct Network {
  const char* manifest;
  const char* part;  // what its names begin with
};

const std::map<std::string, Network> kNetworks{
    {"shape 2.1 denoiser", {"manifest-checkpoints", "model."}},
    {"P3-SAM", {"manifest-p3sam", ""}},
    {"X-Part denoiser", {"manifest-xpart-model", ""}},
};

/// A file as published, removed at the end.
struct Written {
  std::filesystem::path folder = std::filesystem::temp_directory_path() / "maquette-bench-int8";
  std::filesystem::path file = folder / "model.safetensors";

  explicit Written(const Network& network) {
    std::filesystem::create_directories(folder);
    std::vector<NamedShape> tensors;
    const Manifest official =
        readManifests(kManifests / (std::string(network.manifest) + ".json")).front();
    for (NamedShape one : official.tensors) {
      if (!one.name.starts_with(network.part)) continue;
      if (!one.dtype) one.dtype = Dtype::F16;
      tensors.push_back(one);
    }
    test::writeSafetensors(file, tensors, test::Fill::Bell);
  }
  ~Written() {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }
  WeightCache cache() const { return WeightCache({folder / "cache", 100'000'000'000}); }
};

void convert(benchmark::State& state, const std::string& name, bool cached) {
  const Written written(kNetworks.at(name));
  const WeightCache cache = written.cache();
  if (cached) cache.open(written.file, Conversion::int8, {});
  ConversionReport report;
  for (auto _ : state) {
    if (!cached) {
      state.PauseTiming();
      cache.clear();
      state.ResumeTiming();
    }
    report = cache.open(written.file, Conversion::int8, {}).report;
  }
  state.SetLabel(fmt::format(
      "{:.0f} MB, {:.0f} MB after; error {:.2f} % on the mean, {:.2f} % at worst, {:.2f} % of a "
      "row",
      double(report.before) / 1e6, double(report.after) / 1e6, report.meanRelative() * 100.,
      report.worst()->error.relative * 100., report.worstRow()->error.worstRow * 100.));
}

/// One block of Hunyuan3D 2.1's denoiser at its full size, over so many tokens.
void block(benchmark::State& state, c10::ScalarType dtype, std::int64_t int8) {
  const c10::InferenceMode inference;
  at::set_num_threads(2);
  neural::PlainBlockConfig shape;
  std::vector<std::pair<std::string, Tensor>> weights;
  const auto planned = neural::Parameters::planned({c10::Device(c10::kCPU), dtype});
  const neural::PlainBlock shapes(planned.at("blocks.0."), shape);
  for (const NamedShape& one : planned.wanted())
    weights.emplace_back(one.name, at::randn(one.shape, at::TensorOptions(dtype)).mul(0.02));
  const neural::Parameters p(weights, "bench", {c10::Device(c10::kCPU), dtype, int8});
  const neural::PlainBlock model(p.at("blocks.0."), shape);
  const std::int64_t tokens = state.range(0);
  const Tensor x = at::randn({1, tokens, shape.width}, at::TensorOptions(dtype));
  const auto context =
      model.look(at::randn({1, 1370, shape.contextWidth}, at::TensorOptions(dtype)));
  for (auto _ : state) {
    const Tensor y = model(x, context);
    benchmark::DoNotOptimize(y.const_data_ptr());
  }
  state.SetLabel(fmt::format("weights {:.0f} MB", double(p.bytes()) / 1e6));
}

void product(benchmark::State& state, c10::ScalarType dtype, bool int8) {
  const c10::InferenceMode inference;
  at::set_num_threads(1);
  const std::int64_t in = 2048, out = 8192;
  const Tensor full = at::randn({out, in}, at::TensorOptions(dtype)).mul(0.02);
  const neural::Int8Matrix rounded = neural::roundedMatrix(full, "w");
  const Tensor x = at::randn({state.range(0), in}, at::TensorOptions(dtype));
  for (auto _ : state) {
    const Tensor y = int8 ? neural::linearOf(x, rounded, {}) : at::linear(x, full);
    benchmark::DoNotOptimize(y.const_data_ptr());
  }
}

#define MAQUETTE_NETWORK(name)                                   \
  BENCHMARK_CAPTURE(convert, name " converted", name, false)     \
      ->Unit(benchmark::kMillisecond)                            \
      ->UseRealTime()                                            \
      ->Iterations(2);                                           \
  BENCHMARK_CAPTURE(convert, name " from the cache", name, true) \
      ->Unit(benchmark::kMillisecond)                            \
      ->UseRealTime()                                            \
      ->Iterations(3)

MAQUETTE_NETWORK("P3-SAM");
MAQUETTE_NETWORK("X-Part denoiser");
MAQUETTE_NETWORK("shape 2.1 denoiser");

#define MAQUETTE_FORWARD(what, smallest, largest)      \
  BENCHMARK_CAPTURE(what, f32, at::kFloat, 0)          \
      ->Arg(smallest)                                  \
      ->Arg(largest)                                   \
      ->Unit(benchmark::kMillisecond);                 \
  BENCHMARK_CAPTURE(what, f32_int8, at::kFloat, 1)     \
      ->Arg(smallest)                                  \
      ->Arg(largest)                                   \
      ->Unit(benchmark::kMillisecond);                 \
  BENCHMARK_CAPTURE(what, bf16, at::kBFloat16, 0)      \
      ->Arg(smallest)                                  \
      ->Arg(largest)                                   \
      ->Unit(benchmark::kMillisecond);                 \
  BENCHMARK_CAPTURE(what, bf16_int8, at::kBFloat16, 1) \
      ->Arg(smallest)                                  \
      ->Arg(largest)                                   \
      ->Unit(benchmark::kMillisecond)

MAQUETTE_FORWARD(product, 1, 1024);
MAQUETTE_FORWARD(block, 512, 4096);

}  // namespace
}  // namespace maquette

BENCHMARK_MAIN();
