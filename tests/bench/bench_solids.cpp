// Cutting about 600k triangles into solids; wall and CPU time, and the peak of the process's
// memory; and how long a cut that is called off goes on:
//   build/dev/bin/bench_solids
//   build/dev/bin/bench_solids --benchmark_filter=callingOff
#include <benchmark/benchmark.h>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <future>
#include <memory>
#include <stop_token>
#include <string>

#include "classical/field_completer.h"
#include "core/base/error.h"
#include "support/assemblies.h"
#include "support/shapes.h"

namespace maquette {
namespace {

/// The most memory that the process held since the last call of forgetPeak, in MB.
double peakMb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024.;
  return 0.;
}
void forgetPeak() { std::ofstream("/proc/self/clear_refs") << "5"; }

struct Subject {
  MeshPtr mesh;
  Segmentation segmentation;
};

Subject labelled(Mesh mesh, Labels labels) {
  return {std::make_shared<const Mesh>(std::move(mesh)), segmentationFrom(std::move(labels))};
}

/// A sphere of 524,288 triangles and 100 mm in eight wedges: the most skin for its length.
Subject sphere() {
  Mesh mesh = test::makeSphere(50.f, 8);
  Labels labels;
  for (const Triangle& t : mesh.triangles) {
    const Vec3 c = faceCentre(mesh, t);
    labels.push_back(PartId(1 + (c.x > 0.f) + 2 * (c.y > 0.f) + 4 * (c.z > 0.f)));
  }
  return labelled(std::move(mesh), std::move(labels));
}

/// Primitives in one, scaled to 100 mm.
Subject assembly() {
  test::Assembly made = test::makeAssembly(3, {5, 220});
  float longest = 0.f;
  Vec3 low = made.mesh.positions[0], high = low;
  for (const Vec3& p : made.mesh.positions)
    for (int a = 0; a < 3; ++a) low[a] = std::min(low[a], p[a]), high[a] = std::max(high[a], p[a]);
  for (int a = 0; a < 3; ++a) longest = std::max(longest, high[a] - low[a]);
  for (Vec3& p : made.mesh.positions) p = p * (100.f / longest);
  Labels labels;
  for (const std::uint32_t label : made.labels) labels.push_back(PartId(1 + label));
  return labelled(std::move(made.mesh), std::move(labels));
}

void cut(benchmark::State& state, const Subject& subject, float voxelMm) {
  CompleteParams params;
  params.voxelMm = voxelMm;
  const auto completer = makeFieldCompleter();
  CompleteResult result;
  forgetPeak();
  const double before = peakMb();
  for (auto _ : state) result = completer->complete(subject.mesh, subject.segmentation, params, {});
  state.counters["peak_MB"] = peakMb();
  state.counters["before_MB"] = before;
  state.counters["triangles_in"] = double(subject.mesh->triangles.size());
  state.counters["triangles_out"] = double(result.whole->triangles.size());
}

void sphereInEight(benchmark::State& state) { cut(state, sphere(), float(state.range(0)) / 100.f); }
void assemblyOfFive(benchmark::State& state) {
  cut(state, assembly(), float(state.range(0)) / 100.f);
}

/// The time from asking the work to stop, tenths of a second after it began, until it has stopped.
void callingOff(benchmark::State& state) {
  static const Subject subject = assembly();
  CompleteParams params;
  params.voxelMm = 0.2f;
  for (auto _ : state) {
    std::stop_source source;
    auto running = std::async(std::launch::async, [&] {
      try {
        makeFieldCompleter()->complete(subject.mesh, subject.segmentation, params,
                                       Context(source.get_token(), nullptr));
      } catch (const Cancelled&) {
        return true;
      }
      return false;
    });
    running.wait_for(std::chrono::milliseconds(100 * state.range(0)));
    const auto asked = std::chrono::steady_clock::now();
    source.request_stop();
    state.counters["stopped"] = double(running.get());
    state.SetIterationTime(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - asked).count());
  }
}

// Hundredths of a millimetre on 100 mm; 0 lets the completer choose.
#define MAQUETTE_VOXELS          \
  Arg(0)                         \
      ->Arg(50)                  \
      ->Arg(20)                  \
      ->Unit(benchmark::kSecond) \
      ->Iterations(1)            \
      ->UseRealTime()            \
      ->MeasureProcessCPUTime()
BENCHMARK(sphereInEight)->MAQUETTE_VOXELS;
BENCHMARK(assemblyOfFive)->MAQUETTE_VOXELS;
BENCHMARK(callingOff)
    ->DenseRange(5, 245, 15)
    ->Unit(benchmark::kMillisecond)
    ->Iterations(1)
    ->UseManualTime();

}  // namespace
}  // namespace maquette

BENCHMARK_MAIN();
