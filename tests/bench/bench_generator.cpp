// The classical generator on pictures of 1024 x 1024 (peak_MB is the process's high-water mark, so
// run one at a time for it):
//   build/release/bin/bench_generator --benchmark_filter=defaults
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <memory>

#include "classical/inflation.h"
#include "support/photos.h"
#include "support/pictures.h"
#include "support/shapes.h"

namespace maquette {
namespace {

constexpr int kSide = 1024;

ImagePtr drawn(const test::Inside& outline) {
  return std::make_shared<const Image>(test::drawShape(kSide, kSide, outline, test::stripes));
}

void make(benchmark::State& state, const ImageSet& views, const ShapeParams& params) {
  const auto generator = makeInflationGenerator();
  std::size_t triangles = 0;
  for (auto _ : state) triangles = generator->generate(views, params, {}).mesh->triangles.size();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  state.counters["triangles"] = double(triangles);
  state.counters["peak_MB"] = double(usage.ru_maxrss) / 1024.;
}

void defaults(benchmark::State& state) {
  ImageSet views;
  views.front.picture = drawn(test::mugShape(kSide));
  make(state, views, {});
}

/// The cut-out included.
void photograph(benchmark::State& state) {
  const auto ball = std::make_shared<const Mesh>(test::makeSphere(20, 6));
  ImageSet views;
  views.front.picture = std::make_shared<const Image>(test::takePhoto(ball, 3, kSide).picture);
  make(state, views, {});
}

/// At least 589,819 triangles.
void fine(benchmark::State& state) {
  ImageSet views;
  views.front.picture = drawn(test::mugShape(kSide));
  ShapeParams params;
  params.resolution = 280;
  make(state, views, params);
}

void frontAndLeft(benchmark::State& state) {
  ImageSet views;
  views.front.picture = drawn(test::figureShape(kSide));
  views.left.picture =
      drawn(test::capsule(0.5 * kSide, 0.2 * kSide, 0.5 * kSide, 0.8 * kSide, 0.15 * kSide));
  ShapeParams params;
  params.resolution = static_cast<int>(state.range(0));
  make(state, views, params);
}

BENCHMARK(defaults)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(photograph)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(fine)->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(frontAndLeft)->Arg(0)->Arg(400)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace maquette

BENCHMARK_MAIN();
