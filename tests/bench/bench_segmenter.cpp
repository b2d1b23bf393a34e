// The classical segmenter on assemblies of about 8k, 124k and 750k triangles:
//   build/dev/bin/bench_segmenter
// peak_MB is the process's high-water mark, so it never falls: run one with --benchmark_filter.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <vector>

#include "classical/graph_segmenter.h"
#include "support/assemblies.h"

namespace maquette {
namespace {

/// One assembly per grid size, made once.
MeshPtr meshFor(std::int64_t cells) {
  static std::map<std::int64_t, MeshPtr> made;
  MeshPtr& mesh = made[cells];
  if (!mesh)
    mesh = std::make_shared<const Mesh>(
        test::makeAssembly(3, {.primitives = 5, .cells = static_cast<int>(cells)}).mesh);
  return mesh;
}

void count(benchmark::State& state, const MeshPtr& mesh) {
  state.counters["triangles"] = static_cast<double>(mesh->triangles.size());
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MB"] = double(usage.ru_maxrss) / 1024.;
}

void open(benchmark::State& state) {
  const MeshPtr mesh = meshFor(state.range(0));
  const auto segmenter = makeGraphSegmenter();
  for (auto _ : state) benchmark::DoNotOptimize(segmenter->open(mesh, {}, {}));
  count(state, mesh);
}

void query(benchmark::State& state) {
  const MeshPtr mesh = meshFor(state.range(0));
  const auto session = makeGraphSegmenter()->open(mesh, {}, {});
  std::uint32_t face = 0;
  for (auto _ : state) {
    face = (face + 7919) % static_cast<std::uint32_t>(mesh->triangles.size());
    const auto other = (face + 104729) % static_cast<std::uint32_t>(mesh->triangles.size());
    benchmark::DoNotOptimize(session->query({{{face, {}, true}, {other, {}, false}}}, {}));
  }
  count(state, mesh);
}

/// Someone who takes five parts with eight clicks each, every third of them a "not this"; p95_ms is
/// of single clicks.
void clicks(benchmark::State& state) {
  const MeshPtr mesh = meshFor(state.range(0));
  const auto session = makeGraphSegmenter()->open(mesh, {}, {});
  std::vector<double> each;
  std::uint32_t face = 0;
  for (auto _ : state)
    for (int part = 0; part < 5; ++part) {
      Prompts prompts;
      for (int click = 0; click < 8; ++click) {
        face = (face + 104729) % static_cast<std::uint32_t>(mesh->triangles.size());
        prompts.clicks.push_back({face, {}, click % 3 != 2});
        const auto begin = std::chrono::steady_clock::now();
        benchmark::DoNotOptimize(session->query(prompts, {}));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
        each.push_back(1e3 * took.count());
      }
    }
  std::ranges::sort(each);
  state.counters["p95_ms"] = each[each.size() * 95 / 100];
  count(state, mesh);
}

void automatic(benchmark::State& state) {
  const MeshPtr mesh = meshFor(state.range(0));
  const auto segmenter = makeGraphSegmenter();
  for (auto _ : state) benchmark::DoNotOptimize(segmenter->automatic(mesh, {5, 0}, {}));
  count(state, mesh);
}

// Cells of the grid that give about 8k, 124k and 750k triangles.
#define MAQUETTE_SIZES Arg(26)->Arg(100)->Arg(245)->Unit(benchmark::kMillisecond)->UseRealTime()
BENCHMARK(open)->MAQUETTE_SIZES;
BENCHMARK(query)->MAQUETTE_SIZES;
BENCHMARK(clicks)->MAQUETTE_SIZES;
BENCHMARK(automatic)->MAQUETTE_SIZES;

}  // namespace
}  // namespace maquette

BENCHMARK_MAIN();
