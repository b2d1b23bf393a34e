#include "doctor/judge.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace maquette {
namespace {

constexpr double kGB = 1e9;
constexpr double kSmallMemory = 7.5 * kGB;  // fine shapes and their solids take some 4 GB
constexpr double kSmallCard = 5.5 * kGB;    // below it every network is streamed
constexpr double kSmallDisk = 10. * kGB;    // one family of models
constexpr int kNeededCuda = 13000;          // what libtorch is built for
constexpr int kNeededCapability = 75;       // Turing
constexpr const char* kOnProcessor = "Networks run on the processor.";

std::vector<std::pair<std::string, std::string>> cardFacts(const ProbeAnswer& machine) {
  const int cuda = int(machine.number("driver.cuda"));
  const int capability = int(machine.number("card.capability"));
  const double total = machine.number("card.total");
  std::vector<std::pair<std::string, std::string>> facts;
  const auto fact = [&](const char* name, const std::string& value, bool known) {
    if (known) facts.emplace_back(name, value);
  };
  fact("Card", machine.text("card.name"), !machine.text("card.name").empty());
  fact("Compute capability", fmt::format("{}.{}", capability / 10, capability % 10),
       capability > 0);
  fact("Memory",
       fmt::format("{}, {} free", gigabytes(total), gigabytes(machine.number("card.free"))),
       total > 0);
  fact("Driver", machine.text("driver.version"), !machine.text("driver.version").empty());
  fact("Newest CUDA of the driver", cudaVersion(cuda), cuda > 0);
  fact("Temperature", machine.text("card.celsius") + " °C", machine.has("card.celsius"));
  fact("Cards", machine.text("cards"), machine.number("cards") > 1);
  return facts;
}

}  // namespace

std::string gigabytes(double bytes) { return fmt::format("{:.1f} GB", bytes / kGB); }

std::string cudaVersion(int version) {
  return fmt::format("{}.{}", version / 1000, version % 1000 / 10);
}

bool judgeBroken(const ProbeAnswer& answer, const std::string& who, Finding& finding) {
  if (answer.end == ProbeAnswer::End::done) return false;
  const std::string doing = answer.doing().empty() ? "" : " while " + answer.doing();
  finding.verdict = Verdict::fails;
  finding.detail = answer.noise;
  switch (answer.end) {
    case ProbeAnswer::End::crashed:
      finding.summary = fmt::format("{} crashed{}.", who, doing);
      finding.advice = "Update the driver or library that it belongs to, and check again.";
      break;
    case ProbeAnswer::End::tooLong:
      finding.summary = fmt::format("{} took too long{} and was ended.", who, doing);
      finding.advice =
          "If nothing else keeps the machine busy, restart the computer and check again.";
      break;
    default:
      finding.summary = "This could not be checked: maquette-probe does not start.";
      finding.advice = "Install Maquette again.";
  }
  return true;
}

Finding judgeMachine(const ProbeAnswer& machine) {
  Finding finding{.id = "machine", .title = "Processor and memory"};
  if (!machine.has("memory.total")) {
    judgeBroken(machine, "Looking at the machine", finding);
    return finding;
  }
  const double total = machine.number("memory.total"), free = machine.number("memory.free");
  finding.summary = fmt::format("{:.0f} threads, {} of main memory, of which {} are free.",
                                machine.number("threads"), gigabytes(total), gigabytes(free));
  if (total < kSmallMemory) {
    finding.verdict = Verdict::limited;
    finding.advice = "Choose a lower resolution for large shapes; networks need more memory.";
  }
  finding.facts = {{"Processor", machine.text("processor")}, {"System", machine.text("system")}};
  std::erase_if(finding.facts, [](const auto& fact) { return fact.second.empty(); });
  return finding;
}

Finding judgeCard(const ProbeAnswer& machine) {
  Finding finding{.id = "graphics-card", .title = "Graphics card"};
  if (!machine.has("driver")) {
    judgeBroken(machine, "The NVIDIA driver", finding);
    return finding;
  }
  finding.facts = cardFacts(machine);
  const std::string card = machine.text("card.name");
  const int cuda = int(machine.number("driver.cuda"));
  const int capability = int(machine.number("card.capability"));
  const double total = machine.number("card.total"), free = machine.number("card.free");
  const auto is = [&](Verdict verdict, const std::string& summary, const std::string& advice) {
    finding.verdict = verdict;
    finding.summary = summary;
    finding.advice = advice;
    return finding;
  };
  if (machine.text("driver") == "no")
    return is(Verdict::absent, fmt::format("There is no NVIDIA driver. {}", kOnProcessor),
              "If this machine has an NVIDIA card (Turing or newer), install driver 580 or newer.");
  if (machine.has("hidden"))
    return is(Verdict::absent,
              fmt::format("The graphics cards are hidden from programs. {}", kOnProcessor),
              "To use one, unset CUDA_VISIBLE_DEVICES.");
  if (const std::string trouble = machine.text("driver.trouble"); !trouble.empty())
    return is(Verdict::fails, fmt::format("{} {}", trouble, kOnProcessor),
              "Then check again; the driver comes with a program to look at it: nvidia-smi.");
  if (capability > 0 && capability < kNeededCapability)
    return is(Verdict::absent,
              fmt::format("{} is too old for networks: its compute capability is {}.{}, and 7.5 "
                          "(Turing) is needed. {}",
                          card, capability / 10, capability % 10, kOnProcessor),
              "");
  if (cuda > 0 && cuda < kNeededCuda)
    return is(Verdict::absent,
              fmt::format("The NVIDIA driver {} is made for CUDA {}, and {} is needed. {}",
                          machine.text("driver.version"), cudaVersion(cuda),
                          cudaVersion(kNeededCuda), kOnProcessor),
              "Update the NVIDIA driver to version 580 or newer.");
  if (total > 0 && total < kSmallCard)
    return is(Verdict::limited,
              fmt::format("{} has only {}: networks go through it piece by piece, slowly.", card,
                          gigabytes(total)),
              "");
  if (total > 0 && free < total / 3)
    return is(Verdict::limited,
              fmt::format("Other programs hold {} of the {} of {}.", gigabytes(total - free),
                          gigabytes(total), card),
              "Close programs that use the graphics card before a large job.");
  return is(Verdict::works, fmt::format("{} with {}.", card, gigabytes(total)), "");
}

Finding judgeRendering(const ProbeAnswer& rendering) {
  Finding finding{.id = "rendering", .title = "3D drawing"};
  const std::string renderer = rendering.text("renderer");
  for (const auto& [key, name] : {std::pair{"renderer", "Drawn by"}, {"opengl", "OpenGL"}})
    if (rendering.has(key)) finding.facts.emplace_back(name, rendering.text(key));
  if (rendering.has("no-display")) {
    finding.verdict = Verdict::absent;
    finding.summary =
        "There is no display, so the window cannot open here; maquette-cli needs none.";
    finding.advice = "Log in to a desktop, set DISPLAY, or run under xvfb-run.";
  } else if (judgeBroken(rendering, "OpenGL", finding)) {
    finding.advice = "Update the graphics driver, or start with LIBGL_ALWAYS_SOFTWARE=1.";
  } else if (rendering.has("error") || rendering.number("drawn") < 0.02) {
    finding.verdict = Verdict::fails;
    finding.summary = "OpenGL draws nothing.";
    finding.advice = "Update the graphics driver, or start with LIBGL_ALWAYS_SOFTWARE=1.";
    finding.detail = rendering.text("error");
  } else if (rendering.has("software")) {
    finding.verdict = Verdict::limited;
    finding.summary =
        "Pictures are right, but drawn by the processor: turning large meshes is slow.";
    finding.advice = "If there is a graphics card, install its driver.";
  } else {
    finding.summary = "Pictures are drawn by the graphics card.";
  }
  return finding;
}

Finding judgeClassical(const ProbeAnswer& classical) {
  Finding finding{.id = "classical", .title = "Picture to solids"};
  if (judgeBroken(classical, "The small test job", finding)) return finding;
  const double seconds = classical.number("seconds");
  const int parts = int(classical.number("parts")), solids = int(classical.number("solids"));
  if (classical.has("error") || solids < 2 || solids != parts) {
    finding.verdict = Verdict::fails;
    finding.summary = "A small test picture did not become closed parts.";
    finding.advice = "Install Maquette again; if that does not help, report this.";
    finding.detail = classical.has("error") ? classical.text("error")
                                            : fmt::format("{} of {} parts closed", solids, parts);
    return finding;
  }
  finding.summary =
      fmt::format("A small picture became {} closed parts in {:.1f} s.", parts, seconds);
  for (const char* step : {"shape", "parts", "solids"})
    finding.facts.emplace_back(
        step, fmt::format("{:.2f} s", classical.number(fmt::format("{}.seconds", step))));
  return finding;
}

Finding judgeFolders(const ProbeAnswer& folders) {
  Finding finding{.id = "folders", .title = "Folders and disk"};
  std::string troubles;
  for (const char* name : {"data", "cache", "temporary"}) {
    const auto key = [name](const char* what) { return fmt::format("{}.{}", name, what); };
    if (!folders.has(key("path"))) continue;
    const std::string path = folders.text(key("path")), error = folders.text(key("error"));
    const double free = folders.number(key("free"));
    finding.facts.emplace_back(name, error.empty()
                                         ? fmt::format("{}, {} free", path, gigabytes(free))
                                         : fmt::format("{}: {}", path, error));
    if (!error.empty()) {
      troubles += fmt::format("{}The {} folder cannot be written: {}.", troubles.empty() ? "" : " ",
                              name, error);
    } else if (free < kSmallDisk && std::string_view(name) == "data") {
      finding.verdict = Verdict::limited;
      finding.summary = fmt::format("Only {} are free for models.", gigabytes(free));
      finding.advice = "Most models take 2 to 10 GB: make room before you download one.";
    }
  }
  if (!troubles.empty()) {
    finding.verdict = Verdict::fails;
    finding.summary = troubles;
    finding.advice =
        "Settings and models cannot be kept. Make the folder writable, or choose others with "
        "XDG_DATA_HOME and XDG_CACHE_HOME.";
    return finding;
  }
  if (judgeBroken(folders, "The disk", finding) || !finding.summary.empty()) return finding;
  finding.summary = "Everything that Maquette keeps can be written.";
  return finding;
}

void summarise(DoctorReport& report) {
  const auto verdict = [&](const char* id) {
    const Finding* finding = report.find(id);
    return finding ? finding->verdict : Verdict::absent;
  };
  const auto runs = [&](const char* id) {
    return verdict(id) == Verdict::works || verdict(id) == Verdict::limited;
  };
  if (report.find("classical")) {
    report.works = runs("classical");
    report.summary = report.works ? "Pictures become printable parts here."
                                  : "Pictures do not become printable parts here.";
  } else {
    report.works = std::ranges::none_of(
        report.findings, [](const Finding& f) { return f.verdict == Verdict::fails; });
  }
  if (report.find("neural-plugin")) {
    if (!report.summary.empty()) report.summary += " ";
    report.summary += runs("neural-card")        ? "Networks run on the graphics card."
                      : runs("neural-processor") ? "Networks run on the processor, slowly."
                                                 : "Networks do not run.";
  }
  const auto failed = std::ranges::count(report.findings, Verdict::fails, &Finding::verdict);
  if (failed > 0)
    report.summary += fmt::format("{}{} of {} checks failed.", report.summary.empty() ? "" : " ",
                                  failed, report.findings.size());
  if (report.summary.empty()) report.summary = "No check failed.";
}

}  // namespace maquette
