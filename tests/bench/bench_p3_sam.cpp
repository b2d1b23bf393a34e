// P3-SAM of the official size, with random weights that are written to /tmp once (451 MB): looking
// at a mesh, clicks, prompts by the batch, at about 30k, 160k and 600k triangles; what every stage
// took, and the most that was held beside what the plan says.
//   build/dev/bin/bench_p3_sam --benchmark_filter=/160
//   build/dev/bin/bench_p3_sam --benchmark_filter=automatic/160/400
// The second asks all 400 prompts and takes ten minutes.
//
//   build/dev/bin/bench_p3_sam --compare FOLDER [THOUSANDS]
// computes step by step on one mesh, says what each step took, and leaves what it saw and found for
// bench_p3_sam_official.py.
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "comparing.h"
#include "core/device/peak_memory.h"
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

/// The network as the product opens it, for so many prompts, and what it used.
class Model {
 public:
  explicit Model(std::int64_t prompts) {
    size_.prompts = prompts;
    neural::countTensors();
    const WeightFile file = openWeights(weights());
    MemoryPlan plan;
    plan.model = plan.label = "p3-sam";
    plan.ladder = p3SamLadder(size_, p3SamSizesOf(file));
    rung_ = plan.ladder.front();
    made_ = neural::makeP3Sam(weights(), plan, {});
  }

  PartSegmenter& operator*() const { return *made_; }
  PartSegmenter* operator->() const { return made_.get(); }

  double secondsOf(const std::string& stage) const {
    for (const StageUse& one : used().stages)
      if (one.name == stage) return one.seconds;
    return 0.;
  }

  /// Every stage's seconds, and its peak beside the plan; both with the weights.
  void say(benchmark::State& state) const {
    for (const StageUse& stage : used().stages) {
      state.counters[stage.name + " s"] = stage.seconds;
      state.counters[stage.name + " MB"] = double(stage.measured) / 1e6;
      for (const PlanStage& plan : rung_.stages)
        if (plan.name == stage.name)
          state.counters[stage.name + " plan MB"] = double(plan.bytes()) / 1e6;
    }
    state.counters["triangles"] = double(mesh(state.range(0))->triangles.size());
    // Of the whole process: its caches, the mesh and the file's pages, too.
    state.counters["process MB"] = double(peak_.growth()) / 1e6;
  }

 private:
  MemoryUse used() const { return dynamic_cast<PlannedModel&>(*made_).used(); }

  PeakResident peak_;
  JobSize size_;
  Rung rung_;
  std::unique_ptr<PartSegmenter> made_;
};

void open(benchmark::State& state) {
  const MeshPtr on = mesh(state.range(0));
  const Model model(1);
  for (auto step : state) benchmark::DoNotOptimize(model->open(on, {}, {}));
  model.say(state);
}

void click(benchmark::State& state) {
  const MeshPtr on = mesh(state.range(0));
  const Model model(1);
  const auto session = model->open(on, {}, {});
  std::uint32_t face = 0;
  const auto ask = [&] {
    face = std::uint32_t((face + 7919) % on->triangles.size());
    benchmark::DoNotOptimize(
        session->query({{Click{face, faceCentre(*on, on->triangles[face]), true}}}, {}));
  };
  const auto begin = std::chrono::steady_clock::now();
  ask();
  state.counters["first click s"] =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  for (auto step : state) ask();
  model.say(state);
}

/// All of an automatic run, with so many prompts.
void automatic(benchmark::State& state) {
  const MeshPtr on = mesh(state.range(0));
  const Model model(state.range(1));
  AutoParams params;
  params.prompts = int(state.range(1));
  params.seed = 42;
  for (auto step : state) benchmark::DoNotOptimize(model->automatic(on, params, {}));
  model.say(state);
  state.counters["s a prompt"] = model.secondsOf("masks") / double(params.prompts);
}

benchmark::internal::Benchmark* timed(benchmark::internal::Benchmark* bench) {
  return bench->Unit(benchmark::kSecond)->UseRealTime()->MeasureProcessCPUTime();
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (const int thousands : {30, 160, 600}) timed(bench)->Arg(thousands);
}

void promptCounts(benchmark::internal::Benchmark* bench) {
  for (const int thousands : {30, 160, 600}) timed(bench)->Args({thousands, 16});
  for (const int prompts : {64, 400}) bench->Args({160, prompts});
}

BENCHMARK(open)->Apply(sizes)->Iterations(1);
BENCHMARK(click)->Apply(sizes)->Iterations(3);
BENCHMARK(automatic)->Apply(promptCounts)->Iterations(1);

template <class T>
void writeTensor(const std::filesystem::path& file, const at::Tensor& tensor) {
  const at::Tensor all = tensor.contiguous();
  writeRaw(file, std::span(all.const_data_ptr<T>(), std::size_t(all.numel())));
}

/// From a mesh to the masks of four prompts, with the choices of seed 42. What is left is in the
/// units and types that its name ends in.
void compare(const std::filesystem::path& to, std::int64_t thousands) {
  constexpr std::int64_t kPrompts = 400, kAsked = 4;
  const c10::InferenceMode inference;
  const MaskedSurfacePtr surface = maskedSurfaceOf(mesh(thousands), {});
  const neural::P3Sam network(openWeights(weights()), {}, false);
  SurfaceSamples samples;
  std::vector<double> places, normals;
  sayTimeOf("sampling", [&] {
    samples = samplesOn(surface->surface, kP3SamPoints, 42, {});
    places = insideFrame(frameOf(samples.places), samples.places);
    normals = sampleNormals(surface->surface, samples);
  });
  neural::Voxels voxels;
  neural::P3SamDraws draws;
  sayTimeOf("voxels", [&] {
    voxels = neural::voxelsOf(places, neural::kCellEdge);
    draws = neural::drawnFrom(42, voxels);
  });
  neural::HeadPoints points;
  sayTimeOf("encoder", [&] { points = network.features({places, normals}, voxels, draws, {}); });
  at::Tensor far;
  sayTimeOf("prompts", [&] { far = network.farApart(points, kPrompts, draws.start); });
  sayTimeOf("first layers", [&] { network.keepFirstLayers(points, {}); });
  const at::Tensor asked = points.places.index_select(0, far.narrow(0, 0, kAsked));
  neural::MaskBatch masks;
  sayTimeOf("heads", [&] { masks = network.masks(points, asked, 1 << 16, {}); });
  std::filesystem::create_directories(to);
  writeRaw(to / "vertices.f64", surface->surface.vertices);
  writeRaw(to / "faces.u32", surface->surface.faces);
  writeRaw(to / "samples.f64", samples.places);
  writeRaw(to / "sample-faces.u32", samples.faces);
  writeRaw(to / "places.f64", places);
  writeRaw(to / "cell-of.i32", voxels.inverse);
  writeRaw(to / "representatives.i64", draws.representatives);
  writeRaw(to / "masks.u64", masks.bits);
  writeRaw(to / "quality.f32", masks.quality);
  writeTensor<float>(to / "features.f32", points.cells);
  writeTensor<std::int64_t>(to / "prompts.i64", far);
}

}  // namespace
}  // namespace maquette

int main(int count, char** arguments) {
  if (count >= 3 && std::string(arguments[1]) == "--compare") {
    maquette::compare(arguments[2], count > 3 ? std::stoi(arguments[3]) : 160);
    return 0;
  }
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
