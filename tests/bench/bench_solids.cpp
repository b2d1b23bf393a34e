// Cutting about 600k triangles into solids; wall and CPU time, and the peak of the process's
// memory; and how long a cut that is called off goes on:
//   build/dev/bin/bench_solids
//   build/dev/bin/bench_solids --benchmark_filter=callingOff
// How well shapes with sharp edges are kept however they stand, copies turned by the seeds 0 to 19
// and 1000 to 1039, in voxels; some ten minutes for all:
//   build/dev/bin/bench_solids --benchmark_filter=turnedCopies
//   build/dev/bin/bench_solids --benchmark_filter=turnedCopies/gear/1000
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <future>
#include <memory>
#include <stop_token>
#include <string>

#include "classical/field_completer.h"
#include "classical/solid_facts.h"
#include "classical/solid_shapes.h"
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

/// The worst of some turned copies of a shape: distances between sharp edges and from corners to
/// them (SkinDistance), how many copies are above a quarter of a voxel, and triangles that cross.
void turnedCopies(benchmark::State& state, const std::string& name) {
  const auto first = unsigned(state.range(0)), count = unsigned(state.range(1));
  double out = 0., in = 0., corner = 0., above = 0., crossing = 0., worstSeed = 0.;
  for (auto _ : state)
    for (unsigned seed = first; seed < first + count; ++seed) {
      const test::LabelledShape shape = test::turnedShape(name, seed);
      CompleteParams params;
      params.voxelMm = shape.voxelMm;
      const auto made = makeFieldCompleter()->complete(shape.mesh, shape.segmentation, params, {});
      const double voxel = double(shape.voxelMm);
      const auto distance = test::skinDistance(*shape.mesh, *made.whole, voxel);
      const double worst = std::max({distance.edgeOut, distance.edgeIn, distance.corner}) / voxel;
      if (worst > std::max({out, in, corner})) worstSeed = double(seed);
      out = std::max(out, distance.edgeOut / voxel);
      in = std::max(in, distance.edgeIn / voxel);
      corner = std::max(corner, distance.corner / voxel);
      above += worst > 0.25 ? 1. : 0.;
      for (const MeshPtr& solid : made.solids)
        if (solid) crossing += double(test::crossingsIn(*solid));
    }
  state.counters["edge_out"] = out;
  state.counters["edge_in"] = in;
  state.counters["corner"] = corner;
  state.counters["above_quarter"] = above;
  state.counters["crossings"] = crossing;
  state.counters["worst_seed"] = worstSeed;
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
#define MAQUETTE_TURNED(name, ...)                   \
  BENCHMARK_CAPTURE(turnedCopies, name, __VA_ARGS__) \
      ->Args({0, 20})                                \
      ->Args({1000, 40})                             \
      ->Unit(benchmark::kSecond)                     \
      ->Iterations(1)                                \
      ->UseRealTime()                                \
      ->MeasureProcessCPUTime()
MAQUETTE_TURNED(cube, "cube turned");
MAQUETTE_TURNED(box, "box in three");
MAQUETTE_TURNED(L, "L");
MAQUETTE_TURNED(hexagon, "hexagonal prism");
MAQUETTE_TURNED(gear, "gear");
MAQUETTE_TURNED(triangle, "triangular prism");
MAQUETTE_TURNED(star, "star");
MAQUETTE_TURNED(wedge, "wedge");

}  // namespace
}  // namespace maquette

BENCHMARK_MAIN();
