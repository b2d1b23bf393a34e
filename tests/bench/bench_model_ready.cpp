// From a large fp16 checkpoint in the page cache to a model whose every weight is a tensor where it
// computes, beside reading the file once and beside PyTorch (bench_model_ready.py):
//   MAQUETTE_BENCH_GB=4.6 build/release/bin/bench_model_ready
//   python tests/bench/bench_model_ready.py /tmp/maquette-bench.ckpt
#include <ATen/ops/from_blob.h>
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

#include "neural/counting_allocator.h"
#include "neural/staging.h"
#include "neural/weights/weight_file.h"
#include "support/weight_files.h"

namespace maquette {
namespace {

double gigabytes() {
  const char* wanted = std::getenv("MAQUETTE_BENCH_GB");
  return wanted != nullptr ? std::atof(wanted) : 1.;
}

/// Blocks as a denoiser of width 2048 has them, as many as fit the size.
std::vector<NamedShape> tensors() {
  std::vector<NamedShape> all;
  const auto blocks = static_cast<int>(gigabytes() * 1e9 / (12. * 2048 * 2048 * 2));
  for (int i = 0; i < std::max(1, blocks); ++i) {
    const std::string block = "model.blocks." + std::to_string(i) + ".";
    for (const char* name : {"to_q", "to_k", "to_v", "out_proj"})
      all.push_back({block + "attn1." + name + ".weight", {2048, 2048}, Dtype::F16});
    all.push_back({block + "mlp.fc1.weight", {8192, 2048}, Dtype::F16});
    all.push_back({block + "mlp.fc2.weight", {2048, 8192}, Dtype::F16});
  }
  return all;
}

std::filesystem::path file() {
  const auto path = std::filesystem::temp_directory_path() / "maquette-bench.ckpt";
  std::error_code error;
  const auto there = static_cast<double>(std::filesystem::file_size(path, error));
  if (error || std::abs(there - gigabytes() * 1e9) > 2e8)
    test::writeCheckpoint(path, tensors(), test::Fill::Halves);
  return path;
}

at::Tensor stored(const TensorView& view) {
  return at::for_blob(const_cast<std::byte*>(view.data()), view.shape)
      .strides(view.strides)
      .deleter([owner = view.owner](void*) mutable { owner.reset(); })
      .options(at::TensorOptions(at::kHalf))
      .make_tensor();
}

/// Every page once, as the first forward pass does.
void touch(const at::Tensor& tensor) {
  const auto* bytes = static_cast<const char*>(tensor.const_data_ptr());
  char sum = 0;
  for (std::size_t at = 0; at < tensor.nbytes(); at += 4096) sum ^= bytes[at];
  benchmark::DoNotOptimize(sum);
}

void ready(benchmark::State& state, c10::ScalarType dtype, bool touched) {
  neural::countTensors();
  const std::filesystem::path path = file();
  const c10::InferenceMode inference;
  for (auto _ : state) {
    std::vector<at::Tensor> model;
    const WeightFile weights = openWeights(path);
    for (const TensorView& view : weights.tensors())
      model.push_back(neural::broughtTo(stored(view), c10::Device(c10::kCPU), dtype));
    if (touched)
      for (const at::Tensor& tensor : model) touch(tensor);
    benchmark::DoNotOptimize(model.data());
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
