#include "core/models/fixture_report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/base/file_error.h"

namespace maquette {
namespace {

/// How much of what is allowed an output used up: beyond 1 it failed.
double used(const FixtureOutput& output) {
  if (!output.computed) return -1.;
  if (!output.passed) return std::max(2., output.relativeError);
  const auto share = [](double error, const std::optional<double>& limit) {
    return limit && *limit > 0. ? error / *limit : 0.;
  };
  return std::max(share(output.relativeError, output.relativeLimit),
                  share(output.largestError, output.largestLimit));
}

std::string shownLimit(const FixtureOutput& output) {
  if (output.exact) return "exact";
  const auto shown = [](const std::optional<double>& limit) {
    return limit ? fmt::format("{:.0e}", *limit) : std::string("any");
  };
  return shown(output.relativeLimit) + " / " + shown(output.largestLimit);
}

std::string shownOutput(const FixtureOutput& output) {
  if (!output.computed) return fmt::format("        {:<40} not computed\n", output.name);
  if (!output.note.empty())
    return fmt::format("  {:<5} {:<40} {}\n", output.passed ? "" : "FAIL", output.name,
                       output.note);
  return fmt::format("  {:<5} {:<40} relative {:.1e}, largest {:.1e} ({})\n",
                     output.passed ? "" : "FAIL", output.name, output.relativeError,
                     output.largestError, shownLimit(output));
}

}  // namespace

std::size_t FixtureReport::computed() const {
  return std::size_t(std::ranges::count(outputs, true, &FixtureOutput::computed));
}

const FixtureOutput* FixtureReport::worst() const {
  const auto worst = std::ranges::max_element(outputs, {}, used);
  return worst == outputs.end() || !worst->computed ? nullptr : &*worst;
}

std::vector<std::filesystem::path> fixtureFiles(std::span<const std::filesystem::path> paths) {
  std::vector<std::filesystem::path> files;
  for (const std::filesystem::path& path : paths) {
    std::error_code error;
    if (!std::filesystem::is_directory(path, error)) {
      files.push_back(path);
      continue;
    }
    std::vector<std::filesystem::path> inside;
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
      if (entry.path().extension() == ".safetensors") inside.push_back(entry.path());
    if (error || inside.empty())
      throw FileError(shownName(path) +
                          " holds no fixtures (.safetensors files). Choose another "
                          "folder.",
                      path.string());
    std::ranges::sort(inside);
    std::ranges::copy(inside, std::back_inserter(files));
  }
  return files;
}

std::string shownReport(const FixtureReport& report, bool detailed) {
  using State = FixtureReport::State;
  const std::string name = report.file.stem().string();
  if (report.state == State::unknown)
    return fmt::format("-     {:<28} no implementation yet\n", name);
  std::string text =
      fmt::format("{:<5} {:<28} {} of {} outputs", report.state == State::passed ? "pass" : "FAIL",
                  name, report.computed(), report.outputs.size());
  if (const FixtureOutput* worst = report.worst())
    text += fmt::format(", worst {}: relative {:.1e}, largest {:.1e} ({})", worst->name,
                        worst->relativeError, worst->largestError, shownLimit(*worst));
  text += fmt::format(", {:.0f} ms\n", report.seconds * 1e3);
  if (!report.problem.empty()) text += "      " + report.problem + "\n";
  if (detailed || report.state == State::failed)
    for (const FixtureOutput& output : report.outputs)
      if (detailed || !output.passed) text += shownOutput(output);
  return text;
}

}  // namespace maquette
