// maquette-check: opens the neural plug-in, says what it found, and computes with it. Needs neither
// Qt nor a display, so that a machine with a graphics card and a compiler can check the networks.

#include <spdlog/fmt/fmt.h>

#include <cstdio>
#include <filesystem>
#include <string_view>
#include <vector>

#include "core/base/log.h"
#include "core/base/outcome.h"
#include "core/models/fixture_report.h"
#include "core/models/neural_plugin.h"

namespace maquette {
namespace {

constexpr std::string_view kUsage =
    "Usage: maquette-check [OPTION...] [FIXTURE...]\n"
    "Opens the neural plug-in, says what it found, and lets a small transformer compute; or runs\n"
    "fixtures (.safetensors files with weights, inputs and results, or folders of them).\n"
    "  --device cpu|cuda      where (cpu)\n"
    "  --dtype f32|f16|bf16   in which precision (f32)\n"
    "  --weights full|int8    of fixtures: large matrices in 8 bits (full)\n"
    "  --cuda never|always    do not open libtorch's CUDA half, or open it even without a driver\n"
    "  --blocks N             so many transformer blocks of 256 tokens and channels (4)\n"
    "  --details              every result of the fixtures, not only the worst\n"
    "  --verbose              the log, too\n"
    "Exit codes: 0 it computes rightly, 1 it does not, 2 wrong usage, 6 not available here.\n";

struct Options {
  NeuralStart start;
  NeuralTrial trial{NeuralDevice::cpu, Precision::f32, 4, 512, 512};
  std::vector<std::filesystem::path> fixtures;
  WeightForm weights = WeightForm::full;
  bool details = false;
};

struct WrongUsage {
  std::string_view argument;
};

/// The value whose name was given.
template <class T>
T chosen(std::string_view given, std::initializer_list<std::pair<std::string_view, T>> choices) {
  for (const auto& [name, value] : choices)
    if (name == given) return value;
  throw WrongUsage{given};
}

Options parse(const std::vector<std::string_view>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    if (name == "--verbose") {
      setLogLevel(2);
      continue;
    }
    if (name == "--details") {
      options.details = true;
      continue;
    }
    if (!name.starts_with("--")) {
      options.fixtures.emplace_back(name);
      continue;
    }
    if (i + 1 == arguments.size()) throw WrongUsage{name};
    const std::string_view value = arguments[++i];
    using Cuda = NeuralStart::Cuda;
    if (name == "--device")
      options.trial.device =
          chosen<NeuralDevice>(value, {{"cpu", NeuralDevice::cpu}, {"cuda", NeuralDevice::cuda}});
    else if (name == "--dtype")
      options.trial.precision = chosen<Precision>(
          value, {{"f32", Precision::f32}, {"f16", Precision::f16}, {"bf16", Precision::bf16}});
    else if (name == "--weights")
      options.weights =
          chosen<WeightForm>(value, {{"full", WeightForm::full}, {"int8", WeightForm::int8}});
    else if (name == "--cuda")
      options.start.cuda = chosen<Cuda>(value, {{"never", Cuda::never}, {"always", Cuda::always}});
    else if (name == "--blocks")
      options.trial.blocks = std::atoi(std::string(value).c_str());
    else
      throw WrongUsage{name};
  }
  return options;
}

int checkFixtures(NeuralPlugin& plugin, const Options& options) {
  using State = FixtureReport::State;
  std::size_t passed = 0, failed = 0, unknown = 0;
  for (const std::filesystem::path& file : fixtureFiles(options.fixtures)) {
    const FixtureReport report = plugin.table().check(
        file, {options.trial.device, options.trial.precision, options.weights}, Context());
    fmt::print("{}", shownReport(report, options.details));
    std::fflush(stdout);
    ++(report.state == State::passed ? passed : report.state == State::failed ? failed : unknown);
  }
  fmt::print("{} passed, {} failed, {} without an implementation\n", passed, failed, unknown);
  return failed == 0 ? 0 : 1;
}

int check(const Options& options) {
  NeuralPlugin plugin(neuralPluginFile(), options.start);
  if (!options.fixtures.empty()) return checkFixtures(plugin, options);
  const NeuralFacts& facts = plugin.facts();
  fmt::print("{}, {}, {} threads\nopened in {:.2f} s, {} MB\n", facts.library, facts.cpu,
             facts.threads, plugin.cost().seconds, plugin.cost().residentBytes >> 20);
  if (facts.cudaOpened)
    fmt::print("CUDA half opened in {:.2f} s: CUDA {}.{}, cuDNN {}\n", facts.cudaOpenSeconds,
               facts.cudaRuntime / 1000, facts.cudaRuntime % 1000 / 10, facts.cudnn);
  if (facts.cuda)
    fmt::print("{}, compute capability {}.{}, {} MB\n", facts.card.name, facts.card.computeMajor,
               facts.card.computeMinor, facts.card.bytes >> 20);
  fmt::print("{}\n", facts.cuda ? "A graphics card can be used." : facts.cudaReason);
  if (!facts.kernels.empty()) fmt::print("{}\n", facts.kernels);

  const NeuralTrialResult result = plugin.table().trial(options.trial, Context());
  const double limit = trialTolerance(options.trial.precision);
  const bool right = result.relativeError < limit;
  fmt::print("{}: relative error {:.1e} (at most {:.0e}), {:.1f} ms\n", right ? "right" : "WRONG",
             result.relativeError, limit, result.seconds * 1e3);
  if (const auto memory = plugin.table().deviceMemory())
    fmt::print("device memory: {} MB at most in tensors, {} MB reserved\n",
               memory->allocatedPeak >> 20, memory->reservedPeak >> 20);
  return right ? 0 : 1;
}

}  // namespace
}  // namespace maquette

int main(int argc, char** argv) {
  using namespace maquette;
  prepareNeuralEnvironment();
  setLogLevel(1);
  try {
    const std::vector<std::string_view> arguments(argv + 1, argv + argc);
    for (const std::string_view argument : arguments)
      if (argument == "--help" || argument == "-h") {
        fmt::print("{}", kUsage);
        return 0;
      }
    return check(parse(arguments));
  } catch (const WrongUsage& wrong) {
    fmt::print(stderr, "maquette-check: wrong: {}; see --help\n", wrong.argument);
    return 2;
  } catch (const Unsupported& error) {
    fmt::print(stderr, "maquette-check: {}\n", error.what());
    return 6;
  } catch (...) {
    const Failure failure = currentFailure();
    fmt::print(stderr, "maquette-check: {} ({})\n", failure.message, failure.detail);
    return 1;
  }
}
