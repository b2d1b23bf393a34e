#include <spdlog/fmt/fmt.h>

#include "core/base/error.h"
#include "core/models/neural_plugin.h"
#include "probe/teller.h"

namespace maquette {
namespace {

void tellFacts(const NeuralFacts& facts, const NeuralPlugin::Cost& cost) {
  tell("cpu", facts.cpu);
  tell("threads", std::to_string(facts.threads));
  tell("open.seconds", cost.seconds);
  tell("cuda.runtime", facts.cudaRuntime);
  tell("cudnn", facts.cudnn);
  tell("kernels", facts.kernels);
  if (!facts.cuda) tell("cuda.reason", facts.cudaReason);
  tell("library", facts.library);
}

/// A network of one small block, in every precision.
void tellTrials(const NeuralTable& table, NeuralDevice device) {
  const char* name = device == NeuralDevice::cuda ? "cuda" : "cpu";
  for (const auto& [precision, kind] :
       {std::pair{Precision::f32, "f32"}, {Precision::f16, "f16"}, {Precision::bf16, "bf16"}}) {
    const std::string key = fmt::format("trial.{}.{}", name, kind);
    tellDoing(fmt::format("computing in {} on the {}", kind,
                          device == NeuralDevice::cuda ? "graphics card" : "processor"));
    try {
      const NeuralTrial trial{device, precision};
      table.trial(trial, Context());  // the first opens and chooses kernels
      const NeuralTrialResult result = table.trial(trial, Context());
      tell(key + ".seconds", result.seconds);
      tell(key + ".error", result.relativeError);
    } catch (const Error& error) {
      tell(key + ".failed", error.what());
    }
  }
  tell(fmt::format("trials.{}", name), "yes");
}

}  // namespace

void tellNeural() {
  tellDoing("opening");
  NeuralPlugin plugin;
  if (const std::string reason = plugin.unavailable(); !reason.empty())
    return tell("unavailable", reason);
  const NeuralFacts& facts = plugin.facts();
  tellFacts(facts, plugin.cost());
  tellTrials(plugin.table(), NeuralDevice::cpu);
  if (facts.cuda) tellTrials(plugin.table(), NeuralDevice::cuda);
}

}  // namespace maquette
