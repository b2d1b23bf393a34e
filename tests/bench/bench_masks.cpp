// From a mesh to samples and from masks to parts, without the network, on meshes of about 30k, 160k
// and 600k triangles with 100,000 samples and 400 masks:
//   build/dev/bin/bench_masks
// peak_MB is the process's high-water mark, so it never falls: run one with --benchmark_filter.
//
//   build/dev/bin/bench_masks --compare FOLDER [SIDE]
// leaves one session (12 SIDE^2 triangles) for bench_p3_sam_official.py, and says how long ours
// takes on it.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <thread>

#include "comparing.h"
#include "core/base/error.h"
#include "masks/mask_file.h"
#include "masks/mask_merging.h"
#include "masks/parts_from_masks.h"
#include "support/mask_session.h"

namespace maquette {
namespace {

using test::MaskSession;

double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// One session per size, made once.
const MaskSession& sessionFor(std::int64_t side) {
  static std::map<std::int64_t, MaskSession> made;
  const auto found = made.find(side);
  if (found != made.end()) return found->second;
  const auto mesh = std::make_shared<const Mesh>(test::wavyBox(int(side)));
  return made.emplace(side, test::maskSession(mesh)).first->second;
}

void count(benchmark::State& state, const MaskSession& session) {
  state.counters["triangles"] = double(session.surface->mesh->triangles.size());
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  state.counters["peak_MB"] = double(usage.ru_maxrss) / 1024.;
}

void cleaning(benchmark::State& state) {
  const MaskSession& session = sessionFor(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(maskedSurfaceOf(session.surface->mesh, {}));
  count(state, session);
}

void sampling(benchmark::State& state) {
  const MaskSession& session = sessionFor(state.range(0));
  for (auto _ : state) {
    const SurfaceSamples samples = samplesOn(session.surface->surface, 100'000, 42, {});
    benchmark::DoNotOptimize(insideFrame(frameOf(samples.places), samples.places));
  }
  count(state, session);
}

void merging(benchmark::State& state) {
  const MaskSession& session = sessionFor(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(mergedMasks(*session.masks, {}));
  count(state, session);
}

void graph(benchmark::State& state) {
  const MaskSession& session = sessionFor(state.range(0));
  const MergedMasks merged = mergedMasks(*session.masks, {});
  for (auto _ : state)
    benchmark::DoNotOptimize(test::publishedLabels(*session.surface, *session.masks, merged, true));
  count(state, session);
}

/// All that is between masks and the first parts.
void firstParts(benchmark::State& state) {
  const MaskSession& session = sessionFor(state.range(0));
  for (auto _ : state)
    benchmark::DoNotOptimize(PartsFromMasks(session.surface, session.masks).parts({}));
  count(state, session);
}

/// The slider is let go somewhere else.
void again(benchmark::State& state) {
  const MaskSession& session = sessionFor(state.range(0));
  const PartsFromMasks all(session.surface, session.masks);
  AutoParams params;
  int step = 0;
  for (auto _ : state) {
    params.granularity = float(++step % 21) / 20.f;
    benchmark::DoNotOptimize(all.parts(params));
  }
  count(state, session);
}

/// The first time that the slider goes all the way: what takes longest.
void finest(benchmark::State& state) {
  const MaskSession& session = sessionFor(state.range(0));
  for (auto _ : state) {
    const PartsFromMasks all(session.surface, session.masks);
    AutoParams params;
    params.granularity = 1.f;
    benchmark::DoNotOptimize(all.parts(params));
    params.granularity = 0.f;
    benchmark::DoNotOptimize(all.parts(params));
  }
  count(state, session);
}

/// How long everything goes on after it was asked to stop, at worst of many places.
void cancelling(benchmark::State& state) {
  const MaskSession& session = sessionFor(state.range(0));
  const auto run = [&](const Context& ctx) {
    const MaskedSurfacePtr surface = maskedSurfaceOf(session.surface->mesh, ctx);
    samplesOn(surface->surface, 100'000, 42, ctx);
    AutoParams params;
    params.granularity = 1.f;
    PartsFromMasks(surface, session.masks, ctx).parts(params, ctx);
  };
  const double begin = seconds();
  run({});
  const double whole = seconds() - begin;
  double worst = 0.;
  for (auto _ : state)
    for (int i = 1; i < 20; ++i) {
      std::stop_source stop;
      std::atomic<double> asked = 0.;
      std::jthread user([&] {
        std::this_thread::sleep_for(std::chrono::duration<double>(whole * i / 20.));
        asked = seconds();
        stop.request_stop();
      });
      try {
        run(Context(stop.get_token(), nullptr));
      } catch (const Cancelled&) {
        worst = std::max(worst, seconds() - asked);
      }
    }
  state.counters["worst_ms"] = 1000. * worst;
}

void sizes(benchmark::internal::Benchmark* bench) {
  for (const int side : {50, 115, 224}) bench->Arg(side);
  bench->Unit(benchmark::kMillisecond)->UseRealTime();
}
BENCHMARK(cleaning)->Apply(sizes);
BENCHMARK(sampling)->Apply(sizes);
BENCHMARK(merging)->Apply(sizes);
BENCHMARK(graph)->Apply(sizes);
BENCHMARK(firstParts)->Apply(sizes);
BENCHMARK(again)->Apply(sizes);
BENCHMARK(finest)->Apply(sizes);
BENCHMARK(cancelling)->Arg(224)->Iterations(1)->Unit(benchmark::kSecond);

/// The steps on one session, which is left beside what they came to.
void compare(const std::filesystem::path& folder, int side) {
  const MaskSession& session = sessionFor(side);
  writeMasks(folder / "session.masks", *session.masks);
  writeRaw(folder / "vertices.f64", session.surface->surface.vertices);
  writeRaw(folder / "faces.u32", session.surface->surface.faces);
  MergedMasks merged;
  sayTimeOf("merging", [&] { merged = mergedMasks(*session.masks, {}); });
  MaskedSurface surface = *session.surface;
  std::vector<std::int32_t> labels;
  sayTimeOf("graph steps", [&] {
    // The official program finds the neighbours of faces among these steps.
    surface.links = faceLinksOf(surface.surface.faces, surface.surface.vertices.size(), {});
    labels = test::publishedLabels(surface, *session.masks, merged, true);
  });
  writeRaw(folder / "labels.i32", labels);
}

}  // namespace
}  // namespace maquette

int main(int count, char** arguments) {
  if (count >= 3 && std::string(arguments[1]) == "--compare") {
    maquette::compare(arguments[2], count > 3 ? std::stoi(arguments[3]) : 115);
    return 0;
  }
  benchmark::Initialize(&count, arguments);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
