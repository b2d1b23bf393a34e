// From a large fp16 checkpoint in the page cache to a denoiser ready for its first forward pass,
// beside reading the file once and beside PyTorch (bench_model_ready.py):
//   MAQUETTE_BENCH_GB=4.6 build/release/bin/bench_model_ready
//   python tests/bench/bench_model_ready.py /tmp/maquette-bench.ckpt
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "neural/nn/parameters.h"
#include "neural/shape/plain_denoiser.h"
#include "neural/weights/weight_file.h"
#include "support/weight_files.h"

namespace maquette {
namespace {

const neural::Placement kHalves{c10::Device(c10::kCPU), c10::kHalf};

double gigabytes() {
  const char* wanted = std::getenv("MAQUETTE_BENCH_GB");
  return wanted != nullptr ? std::atof(wanted) : 1.;
}

/// Hunyuan3D 2.1's denoiser, by its official names, as many of its blocks as fit the size.
std::vector<NamedShape> tensors() {
  std::vector<NamedShape> wanted;
  neural::PlainDenoiserConfig config;
  for (config.depth = 7; config.depth <= 21; ++config.depth) {
    config.expertBlocks = config.depth * 6 / 21;
    const auto all = neural::Parameters::planned(kHalves);
    const neural::PlainDenoiser model(all, config);
    if (!wanted.empty() && static_cast<double>(all.bytes()) > gigabytes() * 1e9) break;
    wanted = all.wanted();
  }
  for (NamedShape& one : wanted) one.dtype = Dtype::F16;
  return wanted;
}

std::filesystem::path file() {
  const auto path = std::filesystem::temp_directory_path() / "maquette-bench.ckpt";
  std::error_code error;
  const auto there = static_cast<double>(std::filesystem::file_size(path, error));
  if (error || std::abs(there - gigabytes() * 1e9) > 5e8)
    test::writeCheckpoint(path, tensors(), test::Fill::Halves);
  return path;
}

/// Every page once, as the first forward pass does.
void touch(const at::Tensor& tensor) {
  const auto* bytes = static_cast<const char*>(tensor.const_data_ptr());
  char sum = 0;
  for (std::size_t at = 0; at < tensor.nbytes(); at += 4096) sum ^= bytes[at];
  benchmark::DoNotOptimize(sum);
}

/// A denoiser that could compute now: every weight found, of the right shape, none left over.
void ready(benchmark::State& state, c10::ScalarType dtype, bool touched) {
  const std::filesystem::path path = file();
  const c10::InferenceMode inference;
  for (auto _ : state) {
    const neural::Parameters all(openWeights(path), {c10::Device(c10::kCPU), dtype});
    const neural::PlainDenoiser model(all, neural::PlainDenoiserConfig::of(all));
    all.requireComplete();
    if (touched)
      for (const NamedShape& one : all.wanted()) touch(all.take(one.name, one.shape));
    benchmark::DoNotOptimize(&model);
  }
  state.SetBytesProcessed(std::int64_t(state.iterations()) *
                          std::int64_t(std::filesystem::file_size(path)));
}

void readOnce(benchmark::State& state) {
  const std::filesystem::path path = file();
  constexpr std::size_t kSlice = std::size_t{1} << 20;
  const std::unique_ptr<char[]> buffer(new char[kSlice]);
  for (auto _ : state) {
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) throw std::runtime_error("cannot open " + path.string());
    while (::read(descriptor, buffer.get(), kSlice) > 0) benchmark::DoNotOptimize(buffer[0]);
    ::close(descriptor);
  }
  state.SetBytesProcessed(std::int64_t(state.iterations()) *
                          std::int64_t(std::filesystem::file_size(path)));
}

BENCHMARK(readOnce)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(ready, fp16, at::kHalf, false)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK_CAPTURE(ready, fp16_and_every_page, at::kHalf, true)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();
BENCHMARK_CAPTURE(ready, fp32, at::kFloat, false)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace maquette

BENCHMARK_MAIN();
