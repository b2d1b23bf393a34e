// The classical segmenter on assemblies of about 8k, 124k and 750k triangles:
//   build/dev/bin/bench_segmenter
#include <benchmark/benchmark.h>

#include <map>
#include <memory>

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
}

void open(benchmark::State& state) {
  const MeshPtr mesh = meshFor(state.range(0));
  const auto segmenter = makeGraphSegmenter();
  for (auto _ : state) benchmark::DoNotOptimize(segmenter->open(mesh, {}));
  count(state, mesh);
}

void query(benchmark::State& state) {
  const MeshPtr mesh = meshFor(state.range(0));
  const auto session = makeGraphSegmenter()->open(mesh, {});
  std::uint32_t face = 0;
  for (auto _ : state) {
    face = (face + 7919) % static_cast<std::uint32_t>(mesh->triangles.size());
    const auto other = (face + 104729) % static_cast<std::uint32_t>(mesh->triangles.size());
    benchmark::DoNotOptimize(session->query({{{face, {}, true}, {other, {}, false}}}, {}));
  }
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
BENCHMARK(automatic)->MAQUETTE_SIZES;

}  // namespace
}  // namespace maquette

BENCHMARK_MAIN();
