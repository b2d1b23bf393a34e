// A large fp16 file from the page cache to its last number, as safetensors and as a PyTorch
// archive, beside reading it once:
//   build/release/bin/bench_weights                        about 1 GB, twice, below the temporary
//   folder MAQUETTE_BENCH_GB=4.6 build/release/bin/bench_weights  as large as the largest official
//   ones
//
// The files stay for the next run, and for PyTorch on the same file; delete them by hand
// (maquette-bench.safetensors, maquette-bench.ckpt).
#include <benchmark/benchmark.h>
#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "neural/weights/weight_file.h"
#include "support/weight_files.h"

namespace maquette {
namespace {

constexpr std::size_t kSlice = std::size_t{1} << 20;

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
    for (const char* name : {"norm1.weight", "norm1.bias", "mlp.fc2.bias"})
      all.push_back({block + name, {2048}, Dtype::F16});
  }
  return all;
}

/// Written once, brought into the page cache.
std::filesystem::path fileOf(const std::string& extension) {
  const auto path = std::filesystem::temp_directory_path() / ("maquette-bench." + extension);
  std::error_code error;
  const auto there = static_cast<double>(std::filesystem::file_size(path, error));
  if (error || std::abs(there - gigabytes() * 1e9) > 2e8) {
    if (extension == "ckpt")
      test::writeCheckpoint(path, tensors(), test::Fill::Halves);
    else
      test::writeSafetensors(path, tensors(), test::Fill::Halves);
  }
  return path;
}

/// Reads the file once, through a small buffer or into memory of its own size.
std::uint64_t readOnce(const std::filesystem::path& path, bool whole) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) throw std::runtime_error("cannot open " + path.string());
  const std::size_t size = std::filesystem::file_size(path);
  const std::unique_ptr<char[]> buffer(new char[whole ? size : kSlice]);
  std::uint64_t done = 0;
  for (ssize_t got = 1; got > 0; done += static_cast<std::uint64_t>(std::max<ssize_t>(got, 0)))
    got = ::read(file, buffer.get() + (whole ? done : 0),
                 whole ? std::min(size - done, std::size_t{1} << 30) : kSlice);
  benchmark::DoNotOptimize(buffer[0]);
  ::close(file);
  return done;
}

/// The sum of all words: every byte is looked at.
std::uint64_t sumOf(const TensorView& tensor) {
  std::uint64_t sum = 0;
  const std::byte* at = tensor.data();
  for (std::uint64_t left = tensor.bytes() / 8; left > 0; --left, at += 8) {
    std::uint64_t word;
    std::memcpy(&word, at, sizeof word);
    sum += word;
  }
  return sum;
}

void count(benchmark::State& state, const std::filesystem::path& path) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(std::filesystem::file_size(path)));
}

void read(benchmark::State& state, const std::string& extension, bool whole) {
  const auto path = fileOf(extension);
  readOnce(path, false);
  for (auto _ : state) benchmark::DoNotOptimize(readOnce(path, whole));
  count(state, path);
}

void open(benchmark::State& state, const std::string& extension) {
  const auto path = fileOf(extension);
  readOnce(path, false);
  std::size_t found = 0;
  for (auto _ : state) found = openWeights(path).tensors().size();
  state.counters["tensors"] = static_cast<double>(found);
}

void openAndTouch(benchmark::State& state, const std::string& extension) {
  const auto path = fileOf(extension);
  readOnce(path, false);
  for (auto _ : state) {
    const WeightFile file = openWeights(path);
    std::uint64_t sum = 0;
    for (const TensorView& tensor : file.tensors()) sum += sumOf(tensor);
    benchmark::DoNotOptimize(sum);
  }
  count(state, path);
}

/// As a loader does that changes the layout or sends to a device: through one buffer.
void openAndCopy(benchmark::State& state, const std::string& extension) {
  const auto path = fileOf(extension);
  readOnce(path, false);
  std::vector<std::byte> buffer;
  for (auto _ : state) {
    const WeightFile file = openWeights(path);
    for (const TensorView& tensor : file.tensors()) {
      buffer.resize(std::max(buffer.size(), static_cast<std::size_t>(tensor.bytes())));
      copyContiguous(tensor, std::span(buffer).first(tensor.bytes()));
    }
  }
  count(state, path);
}

}  // namespace
}  // namespace maquette

int main(int argc, char** argv) {
  using namespace maquette;
  for (const std::string extension : {"safetensors", "ckpt"}) {
    const auto add = [&](const char* name, auto&& work) {
      benchmark::RegisterBenchmark((name + (" " + extension)).c_str(), work)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    };
    add("read once", [=](auto& state) { read(state, extension, false); });
    add("read into memory", [=](auto& state) { read(state, extension, true); });
    add("open", [=](auto& state) { open(state, extension); });
    add("open and touch", [=](auto& state) { openAndTouch(state, extension); });
    add("open and copy", [=](auto& state) { openAndCopy(state, extension); });
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
