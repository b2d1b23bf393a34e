#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string_view>

#include "core/models/neural_abi.h"
#include "doctor/judge.h"

namespace maquette {
namespace {

constexpr const char* kWithout = "Classical geometry does the same jobs without it.";

struct Kind {
  const char* key;
  const char* name;
  Precision precision;
};
constexpr Kind kKinds[] = {{"f32", "Single precision (f32)", Precision::f32},
                           {"f16", "Half precision (f16)", Precision::f16},
                           {"bf16", "Half precision (bf16)", Precision::bf16}};

/// The trials of one device: those that are right become facts, the others are named.
void judgeTrials(const ProbeAnswer& neural, const std::string& device, Finding& finding) {
  std::string wrong, failed;
  int right = 0;
  for (const Kind& kind : kKinds) {
    const std::string key = fmt::format("trial.{}.{}", device, kind.key);
    const auto add = [&](std::string& list) {
      list += (list.empty() ? "" : ", ") + std::string(kind.key);
    };
    if (neural.has(key + ".failed")) {
      add(failed);
      finding.facts.emplace_back(kind.name, "does not run: " + neural.text(key + ".failed"));
    } else if (neural.has(key + ".error")) {
      const double error = neural.number(key + ".error");
      const bool good = error < trialTolerance(kind.precision);
      good ? ++right : (add(wrong), 0);
      finding.facts.emplace_back(
          kind.name, fmt::format("{}, relative error {:.1e}, {:.1f} ms", good ? "right" : "WRONG",
                                 error, neural.number(key + ".seconds") * 1e3));
    }
  }
  if (!wrong.empty()) {
    finding.verdict = Verdict::fails;
    finding.summary = fmt::format("It computes wrongly in {}.", wrong);
    finding.advice = device == "cuda"
                         ? "Update the NVIDIA driver. If that does not help, the card "
                           "may be damaged or overclocked."
                         : "The libtorch here may be damaged: run packaging/bootstrap.";
  } else if (right == 0) {
    finding.verdict = Verdict::fails;
    finding.summary = "No network runs here.";
    finding.advice = device == "cuda" ? "Close other programs that use the card, and check again."
                                      : "Run packaging/bootstrap and build again.";
  } else if (!failed.empty()) {
    finding.verdict = Verdict::limited;
    finding.summary = fmt::format("Small networks compute rightly, but not in {}.", failed);
  } else {
    finding.summary = "Small networks compute rightly in every precision.";
  }
}

/// Says that nothing was tried, where nothing could be.
bool notOpen(const ProbeAnswer& neural, Finding& finding) {
  if (neural.has("library")) return false;
  finding.verdict = Verdict::absent;
  finding.summary = "Not tried: the neural plug-in is not open.";
  return true;
}

/// Shared by all that need the plug-in: it is not there, or does not open. False where it is open.
bool judgeUnopened(const ProbeAnswer& neural, Finding& finding) {
  if (neural.has("library")) return false;
  if (neural.has("unavailable")) {
    finding.verdict = Verdict::absent;
    finding.summary = neural.text("unavailable");
    return true;
  }
  if (neural.has("error")) {
    finding.verdict = Verdict::fails;
    finding.summary = neural.text("error");
    finding.detail = neural.text("error.detail");
    return true;
  }
  return judgeBroken(neural, "The neural plug-in", finding);
}

}  // namespace

Finding judgePlugin(const ProbeAnswer& neural) {
  Finding finding{.id = "neural-plugin", .title = "Neural plug-in"};
  if (judgeUnopened(neural, finding)) {
    if (finding.verdict == Verdict::fails && !neural.has("error"))
      finding.summary += std::string(" ") + kWithout;
    return finding;
  }
  const std::string instructions = neural.text("cpu");
  finding.summary =
      fmt::format("{} opens in {:.1f} s.", neural.text("library"), neural.number("open.seconds"));
  const auto fact = [&](const char* name, const std::string& value) {
    if (!value.empty()) finding.facts.emplace_back(name, value);
  };
  fact("Processor instructions", instructions);
  fact("Threads", neural.text("threads"));
  if (const int cuda = int(neural.number("cuda.runtime")); cuda > 0)
    fact("CUDA", cudaVersion(cuda));
  if (const int cudnn = int(neural.number("cudnn")); cudnn > 0)
    fact("cuDNN", fmt::format("{}.{}.{}", cudnn / 10000, cudnn % 10000 / 100, cudnn % 100));
  fact("Own kernels", neural.text("kernels"));
  if (instructions == "DEFAULT" || instructions == "NO AVX") {
    finding.verdict = Verdict::limited;
    finding.summary += " The processor has no AVX2, so networks on it are very slow.";
  }
  return finding;
}

Finding judgeProcessorTrials(const ProbeAnswer& neural) {
  Finding finding{.id = "neural-processor", .title = "Networks on the processor"};
  if (notOpen(neural, finding)) return finding;
  if (!neural.has("trials.cpu") && judgeBroken(neural, "The processor's half of libtorch", finding))
    return finding;
  judgeTrials(neural, "cpu", finding);
  return finding;
}

Finding judgeCardTrials(const ProbeAnswer& neural) {
  Finding finding{.id = "neural-card", .title = "Networks on the graphics card"};
  if (notOpen(neural, finding)) return finding;
  if (const std::string reason = neural.text("cuda.reason"); !reason.empty()) {
    finding.verdict = Verdict::absent;
    finding.summary = reason;
    return finding;
  }
  if (!neural.has("trials.cuda") && judgeBroken(neural, "The graphics card", finding))
    return finding;
  judgeTrials(neural, "cuda", finding);
  return finding;
}

}  // namespace maquette
