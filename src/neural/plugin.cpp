// What the plug-in shows of itself: one C function, which hands out the table of neural_abi.h.

#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <spdlog/fmt/fmt.h>
#include <torch/headeronly/version.h>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/jobs/parallel.h"
#include "core/models/neural_abi.h"
#include "neural/boundary.h"
#include "neural/check/fixture.h"
#include "neural/counting_allocator.h"
#include "neural/cuda_half.h"
#include "neural/device_limit.h"
#include "neural/kernels/library.h"
#include "neural/segment/p3_sam_segmenter.h"
#include "neural/trial.h"

namespace maquette::neural {
namespace {

/// libtorch's warnings go where ours go.
class WarningsToLog : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override { log("neural")->warn("{}", warning.msg()); }
};

/// What start() found; constant after.
CudaHalf& cudaHalf() {
  static CudaHalf half;
  return half;
}

/// The CUDA caching allocator through libtorch's device-neutral interface, which needs neither
/// CUDA's headers nor its libraries; null before its first use, so that asking creates no context.
c10::DeviceAllocator* deviceAllocator() {
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(c10::kCUDA));
  return allocator && allocator->initialized() ? allocator : nullptr;
}

NeuralFacts start(const NeuralStart& settings) {
  return atBoundary([&] {
    countTensors();
    static WarningsToLog warnings;
    c10::WarningUtils::set_warning_handler(&warnings);
    const int threads = settings.threads > 0 ? settings.threads : threadLimit();
    if (threads > 0) at::set_num_threads(threads);
    const CudaHalf& half = cudaHalf() = openCudaHalf(settings.cuda);
    NeuralFacts facts;
    facts.library = fmt::format("libtorch {}.{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR,
                                TORCH_VERSION_PATCH);
    facts.cpu = at::get_cpu_capability();
    facts.threads = at::get_num_threads();
    facts.cuda = half.usable;
    facts.cudaReason = half.reason;
    facts.cudaOpened = half.opened;
    facts.cudaOpenSeconds = half.seconds;
    facts.cudaDriver = half.driver;
    facts.cudaRuntime = half.runtime;
    facts.cudnn = half.cudnn;
    facts.card = half.card;
    if (half.opened) facts.kernels = aboutKernels();
    return facts;
  });
}

std::optional<NeuralMemory> deviceMemory() {
  return atBoundary([]() -> std::optional<NeuralMemory> {
    c10::DeviceAllocator* allocator = deviceAllocator();
    if (!allocator) return std::nullopt;
    const auto stats = allocator->getDeviceStats(0);
    const auto& allocated = stats.allocated_bytes[0];  // 0: small and large pools together
    const auto& reserved = stats.reserved_bytes[0];
    return NeuralMemory{allocated.current, allocated.peak, reserved.current, reserved.peak};
  });
}

void resetPeaks() {
  atBoundary([] {
    resetTensorPeak();
    if (auto* allocator = deviceAllocator()) allocator->resetPeakStats(0);
  });
}

void releaseCached() {
  atBoundary([] {
    if (auto* allocator = deviceAllocator()) allocator->emptyCache();
  });
}

void setLimits(const NeuralLimits& limits) {
  atBoundary([&] {
    setTensorLimit(limits.host);
    setDeviceLimit(limits.device, limits.deviceTotal);
  });
}

NeuralTrialResult trial(const NeuralTrial& wanted, const Context& ctx) {
  return atBoundary([&] {
    if (wanted.device == NeuralDevice::cuda && !cudaHalf().usable)
      throw Unsupported(cudaHalf().reason);
    return runTrial(wanted, ctx);
  });
}

Placement placementOf(const NeuralCheck& how) {
  Placement placement;
  if (how.device == NeuralDevice::cuda) placement.device = c10::Device(c10::kCUDA, 0);
  if (how.weights == WeightForm::int8) placement.int8 = kInt8NumbersOfFixtures;
  switch (how.precision) {
    case Precision::f32:
      placement.dtype = c10::kFloat;
      break;
    case Precision::f16:
      placement.dtype = c10::kHalf;
      break;
    case Precision::bf16:
      placement.dtype = c10::kBFloat16;
      break;
  }
  return placement;
}

FixtureReport check(const std::filesystem::path& fixture, const NeuralCheck& how,
                    const Context& ctx) {
  return atBoundary([&] {
    if (how.device == NeuralDevice::cuda && !cudaHalf().usable)
      throw Unsupported(cudaHalf().reason);
    return runFixture(fixture, placementOf(how), ctx);
  });
}

std::unique_ptr<PartSegmenter> partSegmenter(const std::filesystem::path& weights,
                                             const MemoryPlan& plan, const Context& ctx) {
  return atBoundary([&] {
    if (plan.onDevice && !cudaHalf().usable) throw Unsupported(cudaHalf().reason);
    return makeP3Sam(weights, plan, ctx);
  });
}

}  // namespace
}  // namespace maquette::neural

extern "C" const maquette::NeuralTable* maquetteNeural() {
  using namespace maquette;
  static constexpr NeuralTable kTable{kNeuralAbi,
                                      neuralLayout(),
                                      neural::start,
                                      neural::deviceMemory,
                                      neural::tensorMemory,
                                      neural::resetPeaks,
                                      neural::releaseCached,
                                      neural::setLimits,
                                      neural::injectTensorFailure,
                                      neural::trial,
                                      neural::check,
                                      neural::partSegmenter};
  return &kTable;
}
