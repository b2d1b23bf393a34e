#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "core/base/error.h"
#include "core/jobs/context.h"
#include "core/models/fixture_report.h"
#include "core/models/interfaces.h"
#include "core/models/memory_plan.h"
#include "core/models/precision.h"

// The border between the programs and the plug-in `neural`. Both sides include this file and are
// built from one source by one compiler, so C++ objects and exceptions cross it; the two numbers at
// the head of the table are compared before anything else is touched.

namespace maquette {

/// Raised with every change of what crosses the border, this file or the interfaces it names.
inline constexpr std::uint32_t kNeuralAbi = 7;

/// What the host decides before the plug-in's library starts.
struct NeuralStart {
  /// Whether libtorch's CUDA half is opened: it costs seconds and half a gigabyte of addresses.
  enum class Cuda : std::uint8_t {
    never,
    whereDriver,  ///< where this machine has an NVIDIA driver
    always,       ///< also without one, to see whether it opens
  };
  Cuda cuda = Cuda::whereDriver;
  int threads = 0;  ///< for CPU work; 0 means one per core
};

/// The graphics card that networks compute on, in CUDA's words. Versions are as CUDA writes them,
/// 13000 for 13.0; what is not known is zero or empty.
struct NeuralCard {
  std::string name, uuid;  ///< the uuid as NVML writes it, without "GPU-" or "MIG-"
  int computeMajor = 0, computeMinor = 0;
  std::int64_t bytes = 0;
};

/// What the plug-in found. Texts are for people.
struct NeuralFacts {
  std::string library;      ///< "libtorch 2.11.0"
  std::string cpu;          ///< the instructions that its CPU half uses, "AVX2"
  int threads = 0;          ///< for CPU work
  bool cuda = false;        ///< a network can run on a graphics card
  std::string cudaReason;   ///< why not, and what to do; empty when it can
  bool cudaOpened = false;  ///< the CUDA half is mapped
  double cudaOpenSeconds = 0.;
  int cudaDriver = 0;   ///< the newest CUDA that the driver runs
  int cudaRuntime = 0;  ///< the CUDA that the library computes with, once its half is open
  int cudnn = 0;        ///< as cuDNN writes it, 91900 for 9.19.0; 0 unknown
  NeuralCard card;      ///< the first; the one that is used
  std::string kernels;  ///< of our own: what they were built for, or why they are not there
};

/// One allocator's bytes.
struct NeuralMemory {
  std::int64_t allocated = 0;  ///< in tensors
  std::int64_t allocatedPeak = 0;
  std::int64_t reserved = 0;  ///< taken from the device: tensors and cached blocks
  std::int64_t reservedPeak = 0;
};

/// How much tensors may take; what does not fit is OutOfMemory. Zero: whatever there is.
struct NeuralLimits {
  std::int64_t host = 0;
  std::int64_t device = 0;
  std::int64_t deviceTotal = 0;  ///< all that the card has; needed for `device`
};

/// Tensors that find no room though there is some, for tests.
struct NeuralInjection {
  std::int64_t first = 0;  ///< the first allocation from now that fails, counted from 1; 0: none
  std::int64_t count = 1;  ///< how many fail from there on
};

/// A small transformer, to see whether and how well this machine computes.
struct NeuralTrial {
  NeuralDevice device = NeuralDevice::cpu;
  Precision precision = Precision::f32;
  int blocks = 1;
  int tokens = 64;
  int channels = 64;  ///< a multiple of 8, the number of heads
};

struct NeuralTrialResult {
  double relativeError = 0.;  ///< relative L2 against the same in double precision on the CPU
  double seconds = 0.;        ///< one forward pass
};

/// The relative error that a trial of a few blocks may have in this precision; a wrong result is
/// off by more than ten times that.
constexpr double trialTolerance(Precision precision) {
  return precision == Precision::f16 ? 5e-3 : precision == Precision::bf16 ? 4e-2 : 1e-5;
}

/// How fixtures are computed.
struct NeuralCheck {
  NeuralDevice device = NeuralDevice::cpu;
  Precision precision = Precision::f32;   ///< of weights and of what flows through the network
  WeightForm weights = WeightForm::full;  ///< of the matrices of repeated layers, also small ones
};

/// What the plug-in does, one function each. They throw our exceptions and no other; any thread,
/// but networks and their memory belong to one (the gpu lane).
struct NeuralTable {
  std::uint32_t abi;     ///< first for ever: kNeuralAbi of the plug-in
  std::uint32_t layout;  ///< second for ever: neuralLayout() of the plug-in

  /// Once, before all else. @throws Unsupported  the library does not start
  NeuralFacts (*start)(const NeuralStart& settings);

  /// The device's caching allocator, without asking the device; nothing before its first use.
  std::optional<NeuralMemory> (*deviceMemory)();
  /// Tensors in main memory, counted one by one. Nothing is cached: reserved is allocated.
  NeuralMemory (*hostMemory)();
  /// The peaks, of the host and of the device, start again from what is held now.
  void (*resetPeaks)();
  /// Gives cached blocks back to the device.
  void (*releaseCached)();
  void (*setLimits)(const NeuralLimits& limits);
  /// Of tensors in main memory; returns how many were asked for since it was called last.
  std::int64_t (*injectFailure)(const NeuralInjection& injection);

  /// @throws Unsupported  no such device; OutOfMemory; Cancelled, between two blocks
  NeuralTrialResult (*trial)(const NeuralTrial& trial, const Context& ctx);

  /// Runs one fixture. What is wrong with the file, or with a result, is in the report.
  ///
  /// @throws Unsupported  no such device; OutOfMemory; Cancelled, between two results
  FixtureReport (*check)(const std::filesystem::path& fixture, const NeuralCheck& how,
                         const Context& ctx);

  /// Loads P3-SAM from its official file, as the plan says. It is also a PlannedModel.
  ///
  /// @throws FileError  not readable, not this network, or incomplete; OutOfMemory; Cancelled
  std::unique_ptr<PartSegmenter> (*partSegmenter)(const std::filesystem::path& weights,
                                                  const MemoryPlan& plan, const Context& ctx);
};

/// A number made of the sizes of what crosses and of the compiler's own conventions, so that builds
/// that do not fit are noticed even when somebody forgot to raise kNeuralAbi.
constexpr std::uint32_t neuralLayout() {
  constexpr std::uint64_t kParts[] = {
      sizeof(NeuralTable),    sizeof(NeuralStart),     sizeof(NeuralFacts),    sizeof(NeuralMemory),
      sizeof(NeuralTrial),    sizeof(Context),         sizeof(Mesh),           sizeof(ImageSet),
      sizeof(ShapeParams),    sizeof(ShapeResult),     sizeof(Prompts),        sizeof(Candidates),
      sizeof(AutoParams),     sizeof(Segmentation),    sizeof(MaskSet),        sizeof(PartsResult),
      sizeof(JobSize),        sizeof(CompleteParams),  sizeof(CompleteResult), sizeof(Error),
      sizeof(NeuralLimits),   sizeof(NeuralInjection), sizeof(MemoryPlan),     sizeof(MemoryUse),
      sizeof(NeuralCheck),    sizeof(FixtureReport),   sizeof(FixtureOutput),  sizeof(ClickParams),
#ifdef __GXX_ABI_VERSION
      __GXX_ABI_VERSION,
#endif
#ifdef _GLIBCXX_USE_CXX11_ABI
      _GLIBCXX_USE_CXX11_ABI,
#endif
  };
  std::uint32_t hash = 2166136261u;  // FNV-1a
  for (std::uint64_t part : kParts)
    for (int byte = 0; byte < 8; ++byte, part >>= 8)
      hash = (hash ^ static_cast<std::uint32_t>(part & 0xff)) * 16777619u;
  return hash;
}

static_assert(std::is_standard_layout_v<NeuralTable>);

/// The one function that the plug-in exports.
inline constexpr const char* kNeuralEntry = "maquetteNeural";
using NeuralEntry = const NeuralTable* (*)();

}  // namespace maquette
