// P3-SAM of the official size, with random weights that are written to /tmp once (451 MB): looking
// at a mesh, one click, prompts by the batch; what every stage took and held beside its plan.
//   build/release/bin/bench_p3_sam
//   MAQUETTE_BENCH_DUMP=/tmp/p3sam-input build/release/bin/bench_p3_sam
//   --benchmark_filter=onlyNetwork python tests/bench/bench_p3_sam.py
//   /tmp/maquette-bench-p3-sam.safetensors /tmp/p3sam-input
// The second pair computes the same with PyTorch operations, arranged as the official program
// arranges them; see there.
#include <ATen/ops/from_blob.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/jobs/parallel.h"
#include "masks/masked_surface.h"
#include "masks/p3_sam_plan.h"
#include "masks/surface_samples.h"
#include "neural/counting_allocator.h"
#include "neural/segment/p3_sam.h"
#include "neural/segment/p3_sam_segmenter.h"
#include "neural/weights/weight_file.h"
#include "support/assemblies.h"
#include "support/p3_sam_files.h"

namespace maquette {
namespace {

constexpr int kPrompts = 16;

std::filesystem::path weights() {
  const auto file = std::filesystem::temp_directory_path() / "maquette-bench-p3-sam.safetensors";
  std::error_code error;
  if (std::filesystem::file_size(file, error) < 400'000'000 || error)
    test::writeRandomP3Sam(file, std::filesystem::path(MAQUETTE_TEST_DATA) / "weights" /
                                     "manifests" / "manifest-p3sam.json");
  return file;
}

/// An assembly of about so many thousand triangles.
MeshPtr mesh(std::int64_t thousands) {
  static std::map<std::int64_t, MeshPtr> known;
  MeshPtr& made = known[thousands];
  if (!made) {
    test::AssemblyParams params;
    params.primitives = 5;
    params.cells = int(8.9 * std::sqrt(double(thousands)));
    made = std::make_shared<const Mesh>(test::makeAssembly(3, params).mesh);
  }
  return made;
}

std::unique_ptr<PartSegmenter> segmenter(const JobSize& size) {
  neural::countTensors();
  MemoryPlan plan;
  plan.model = plan.label = "p3-sam";
  plan.ladder = p3SamLadder(size, p3SamSizesOf(openWeights(weights())));
  return neural::makeP3Sam(weights(), plan, {});
}

double secondsOf(const MemoryUse& use, const std::string& stage) {
  for (const StageUse& one : use.stages)
    if (one.name == stage) return one.seconds;
  return 0.;
}

void say(benchmark::State& state, PartSegmenter& model, const JobSize& size) {
  const MemoryUse use = dynamic_cast<PlannedModel&>(model).used();
  const Rung rung = p3SamLadder(size, {}).front();
  for (const StageUse& stage : use.stages) {
    state.counters[stage.name + " s"] = stage.seconds;
    state.counters[stage.name + " MB"] = double(stage.measured) / 1e6;
    for (const PlanStage& plan : rung.stages)
      if (plan.name == stage.name)
        state.counters[stage.name + " plan MB"] = double(plan.bytes()) / 1e6;
  }
  state.counters["triangles"] = double(mesh(state.range(0))->triangles.size());
}

void open(benchmark::State& state) {
  const JobSize size{};
  for (auto step : state) {
    state.PauseTiming();
    auto model = segmenter(size);
    const MeshPtr on = mesh(state.range(0));
    state.ResumeTiming();
    benchmark::DoNotOptimize(model->open(on, {}, {}));
    state.PauseTiming();
    say(state, *model, size);
    state.ResumeTiming();
  }
}
BENCHMARK(open)
    ->Arg(30)
    ->Arg(160)
    ->Arg(600)
    ->Unit(benchmark::kSecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Iterations(1);

void click(benchmark::State& state) {
  JobSize size;
  size.prompts = 1;
  auto model = segmenter(size);
  const MeshPtr on = mesh(state.range(0));
  const auto session = model->open(on, {}, {});
  std::uint32_t face = 0;
  const auto ask = [&] {
    face = std::uint32_t((face + 7919) % on->triangles.size());
    benchmark::DoNotOptimize(
        session->query({{Click{face, faceCentre(*on, on->triangles[face]), true}}}, {}));
  };
  const auto begin = std::chrono::steady_clock::now();
  ask();  // and keeps the first layers
  state.counters["first click s"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (auto step : state) ask();
  say(state, *model, size);
}
BENCHMARK(click)
    ->Arg(30)
    ->Arg(160)
    ->Arg(600)
    ->Unit(benchmark::kSecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Iterations(3);

void prompts(benchmark::State& state) {
  JobSize size;
  size.prompts = 400;
  auto model = segmenter(size);
  const MeshPtr on = mesh(state.range(0));
  AutoParams params;
  params.prompts = 1;
  params.seed = 42;
  model->automatic(on, params, {});  // features
  params.prompts = kPrompts;
  for (auto step : state) benchmark::DoNotOptimize(model->automatic(on, params, {}));
  say(state, *model, size);
  state.counters["s a prompt"] =
      secondsOf(dynamic_cast<PlannedModel&>(*model).used(), "masks") / kPrompts;
}
BENCHMARK(prompts)
    ->Arg(30)
    ->Arg(160)
    ->Arg(600)
    ->Unit(benchmark::kSecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Iterations(1);

void write(const std::filesystem::path& file, const void* data, std::size_t bytes) {
  std::ofstream(file, std::ios::binary)
      .write(static_cast<const char*>(data), std::streamsize(bytes));
}

/// The network alone: from the rows of its encoder to features, and four prompts.
void onlyNetwork(benchmark::State& state) {
  const c10::InferenceMode inference;
  neural::countTensors();
  const neural::P3Sam network(openWeights(weights()), {}, false);
  const MaskedSurfacePtr surface = maskedSurfaceOf(mesh(160), {});
  const SurfaceSamples samples = samplesOn(surface->surface, kP3SamPoints, 42, {});
  const auto places = insideFrame(frameOf(samples.places), samples.places);
  const std::vector<double> ofFaces = flatNormals(surface->surface);
  std::vector<double> normals;
  for (const std::uint32_t face : samples.faces)
    normals.insert(normals.end(), ofFaces.begin() + 3 * std::ptrdiff_t(face),
                   ofFaces.begin() + 3 * std::ptrdiff_t(face) + 3);
  const neural::Voxels voxels = neural::voxelsOf(places, neural::kCellEdge);
  const neural::P3SamDraws draws = neural::drawnFrom(42, voxels);
  if (const char* folder = std::getenv("MAQUETTE_BENCH_DUMP")) {
    const std::filesystem::path to = folder;
    std::filesystem::create_directories(to);
    write(to / "places.f64", places.data(), places.size() * 8);
    write(to / "normals.f64", normals.data(), normals.size() * 8);
    write(to / "cells.i32", voxels.cells.data(), voxels.cells.size() * 12);
    write(to / "inverse.i32", voxels.inverse.data(), voxels.inverse.size() * 4);
    write(to / "representatives.i64", draws.representatives.data(),
          draws.representatives.size() * 8);
  }
  const auto timed = [&](const char* name, auto&& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    state.counters[name] =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  for (auto step : state) {
    neural::HeadPoints points;
    timed("features s", [&] { points = network.features({places, normals}, voxels, draws, {}); });
    timed("first layers s", [&] { network.keepFirstLayers(points, {}); });
    const at::Tensor asked = points.places.narrow(0, 0, 4);
    timed("4 prompts s", [&] { network.masks(points, asked, 1 << 16, {}); });
    const auto sum = points.cells.abs().mean().item<double>();
    state.counters["mean |feature|"] = sum;
  }
}
BENCHMARK(onlyNetwork)
    ->Unit(benchmark::kSecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime()
    ->Iterations(1);

}  // namespace
}  // namespace maquette

BENCHMARK_MAIN();
