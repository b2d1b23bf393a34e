#include "neural/segment/p3_sam_runner.h"

#include <ATen/ops/empty.h>
#include <c10/core/CachingDeviceAllocator.h>

#include <algorithm>

#include "core/base/error.h"
#include "neural/counting_allocator.h"
#include "neural/planned_weights.h"

namespace maquette::neural {
namespace {

using at::Tensor;

Placement placementOf(const MemoryPlan& plan) {
  return {c10::Device(plan.onDevice ? c10::kCUDA : c10::kCPU), c10::kFloat};
}

c10::DeviceAllocator* cardAllocator() {
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::kCUDA));
  return allocator && allocator->initialized() ? allocator : nullptr;
}

}  // namespace

P3SamRunner::P3SamRunner(std::filesystem::path weights, MemoryPlan plan, const Context& ctx)
    : file_(std::move(weights)), plan_(std::move(plan)), rung_(plan_.rung) {
  atBoundary([&] { use(plan_.chosen(), ctx); });
}

void P3SamRunner::follow(const MemoryPlan& plan) {
  plan_ = plan;
  rung_ = plan_.rung;
  begin();
  if (last_ && !p3SamStepOf(plan_.chosen()).keepsFirstLayers) last_->points.pieces = {};
}

/// The network as this rung wants it; what it does not want goes first.
void P3SamRunner::use(const Rung& rung, const Context& ctx) {
  if (network_ && network_->streamed() == rung.streamed && form_ == rung.weights) return;
  const c10::InferenceMode inference;
  network_.reset();
  network_.emplace(weightsFor(rung, file_, ctx), placementOf(plan_), rung.streamed);
  form_ = rung.weights;
}

/// Before another try with less: what can be computed again.
void P3SamRunner::forget() {
  if (last_) last_->points.pieces = {};
  if (auto* allocator = plan_.onDevice ? cardAllocator() : nullptr) allocator->emptyCache();
}

SeenSurfacePtr P3SamRunner::seen(const MeshPtr& mesh, std::int64_t points, std::uint64_t seed,
                                 const Context& ctx) {
  const auto same = [&](const SeenSurface& other) {
    return other.seed == seed && std::int64_t(other.samples.count()) == points &&
           other.form == rung().weights;
  };
  if (last_ && last_->surface->mesh == mesh && same(*last_)) return last_;
  ctx.stage("Cleaning the surface");
  MaskedSurfacePtr surface = last_ && last_->surface->mesh == mesh
                                 ? last_->surface
                                 : maskedSurfaceOf(mesh, ctx.part(0.f, 0.1f));
  if (last_ && last_->surface->fingerprint == surface->fingerprint && same(*last_)) {
    last_->surface = std::move(surface);  // the same mesh in another place
    return last_;
  }
  last_.reset();  // before there are two
  auto seen = std::make_shared<SeenSurface>();
  seen->surface = std::move(surface);
  seen->seed = seed;
  ctx.stage("Sampling the surface");
  seen->samples =
      samplesOn(seen->surface->surface, std::size_t(points), seed, ctx.part(0.1f, 0.13f));
  seen->frame = frameOf(seen->samples.places);
  seen->places = insideFrame(seen->frame, seen->samples.places);
  const std::vector<double> normals = sampleNormals(seen->surface->surface, seen->samples);
  const Voxels voxels = voxelsOf(seen->places, kCellEdge);
  const P3SamDraws draws = drawnFrom(seed, voxels);
  seen->start = draws.start;
  ctx.stage("Looking at the surface");
  seen->points = onLadder("features", ctx, [&](const P3SamStep&) {
    seen->form = form_;
    return network_->features({seen->places, normals}, voxels, draws, ctx.part(0.15f, 1.f));
  });
  return last_ = seen;
}

std::vector<std::uint32_t> P3SamRunner::promptsOn(const SeenSurface& seen, std::int64_t count) {
  return atBoundary([&] {
    const c10::InferenceMode inference;
    const Tensor picked = network_->farApart(seen.points, count, seen.start).cpu();
    const auto* rows = picked.const_data_ptr<std::int64_t>();
    return std::vector<std::uint32_t>(rows, rows + count);
  });
}

void P3SamRunner::keepFirstLayers(SeenSurface& seen, const Context& ctx) {
  if (seen.points.kept() || !p3SamStepOf(rung()).keepsFirstLayers) return;
  onLadder("first layers", ctx, [&](const P3SamStep& step) {
    if (step.keepsFirstLayers)
      network_->keepFirstLayers(seen.points, ctx);
    else
      seen.points.pieces = {};
    return true;
  });
}

MaskBatch P3SamRunner::masks(SeenSurface& seen, std::span<const float> prompts, std::int64_t first,
                             const Context& ctx) {
  const bool wasKept = seen.points.kept();
  keepFirstLayers(seen, ctx.part(0.f, 0.2f));
  return onLadder("masks", ctx, [&](const P3SamStep& step) {
    if (!step.keepsFirstLayers) seen.points.pieces = {};
    const auto left = std::int64_t(prompts.size() / 3) - first;
    const std::int64_t count = std::min(step.prompts, left);
    const Tensor asked = at::empty({count, 3}, at::TensorOptions(c10::kFloat));
    std::copy_n(prompts.begin() + 3 * first, 3 * count, asked.mutable_data_ptr<float>());
    return network_->masks(seen.points, asked.to(seen.points.places.device()), step.pairs,
                           ctx.part(wasKept ? 0.f : 0.2f, 1.f));
  });
}

void P3SamRunner::measured(const char* stage, double seconds) {
  const std::int64_t bytes = heldPeak() + network_->mappedBytes();
  for (StageUse& known : use_.stages)
    if (known.name == stage) {
      known.measured = std::max(known.measured, bytes);
      known.seconds += seconds;
      return;
    }
  use_.stages.push_back({stage, bytes, seconds});
}

std::int64_t P3SamRunner::heldPeak() const {
  if (!plan_.onDevice) return tensorMemory().allocatedPeak;
  auto* allocator = cardAllocator();
  return allocator ? allocator->getDeviceStats(0).allocated_bytes[0].peak : 0;
}

void P3SamRunner::resetPeak() const {
  if (!plan_.onDevice)
    resetTensorPeak();
  else if (auto* allocator = cardAllocator())
    allocator->resetPeakStats(0);
}

}  // namespace maquette::neural
