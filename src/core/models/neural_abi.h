#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <type_traits>

#include "core/base/error.h"
#include "core/jobs/context.h"
#include "core/models/fixture_report.h"
#include "core/models/interfaces.h"

// The border between the programs and the plug-in `neural`. Both sides include this file and are
// built from one source by one compiler, so C++ objects and exceptions cross it; the two numbers at
// the head of the table are compared before anything else is touched.

namespace maquette {

/// Raised with every change of what crosses the border, this file or the interfaces it names.
inline constexpr std::uint32_t kNeuralAbi = 2;

/// Where a network computes.
enum class NeuralDevice : std::uint8_t { cpu, cuda };

/// What its numbers are kept in.
enum class Precision : std::uint8_t { f32, f16, bf16 };

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

/// What the plug-in found. Texts are for people.
struct NeuralFacts {
  std::string library;      ///< "libtorch 2.11.0"
  std::string cpu;          ///< the instructions that its CPU half uses, "AVX2"
  int threads = 0;          ///< for CPU work
  bool cuda = false;        ///< a network can run on a graphics card
  std::string cudaReason;   ///< why not, and what to do; empty when it can
  bool cudaOpened = false;  ///< the CUDA half is mapped
  double cudaOpenSeconds = 0.;
  std::string kernels;  ///< of our own: what they were built for, or why they are not there
};

/// One allocator's bytes.
struct NeuralMemory {
  std::int64_t allocated = 0;  ///< in tensors
  std::int64_t allocatedPeak = 0;
  std::int64_t reserved = 0;  ///< taken from the device: tensors and cached blocks
  std::int64_t reservedPeak = 0;
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

/// How fixtures are computed.
struct NeuralCheck {
  NeuralDevice device = NeuralDevice::cpu;
  Precision precision = Precision::f32;  ///< of weights and of what flows through the network
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
  /// The peaks start again from what is held now.
  void (*resetPeaks)();
  /// Gives cached blocks back to the device.
  void (*releaseCached)();

  /// @throws Unsupported  no such device; OutOfMemory; Cancelled, between two blocks
  NeuralTrialResult (*trial)(const NeuralTrial& trial, const Context& ctx);

  /// Runs one fixture. What is wrong with the file, or with a result, is in the report.
  ///
  /// @throws Unsupported  no such device; OutOfMemory; Cancelled, between two results
  FixtureReport (*check)(const std::filesystem::path& fixture, const NeuralCheck& how,
                         const Context& ctx);
};

/// A number made of the sizes of what crosses and of the compiler's own conventions, so that builds
/// that do not fit are noticed even when somebody forgot to raise kNeuralAbi.
constexpr std::uint32_t neuralLayout() {
  constexpr std::uint64_t kParts[] = {
      sizeof(NeuralTable),    sizeof(NeuralStart),  sizeof(NeuralFacts),    sizeof(NeuralMemory),
      sizeof(NeuralTrial),    sizeof(Context),      sizeof(Mesh),           sizeof(ImageSet),
      sizeof(ShapeParams),    sizeof(ShapeResult),  sizeof(Prompts),        sizeof(Candidates),
      sizeof(AutoParams),     sizeof(Segmentation), sizeof(CompleteParams), sizeof(CompleteResult),
      sizeof(Error),          sizeof(NeuralCheck),  sizeof(FixtureReport),  sizeof(FixtureOutput),
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
