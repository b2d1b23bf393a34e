#include "doctor/report.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>

namespace maquette {
namespace {

constexpr const char* kIndent = "             ";

/// Every line of a text, indented.
std::string indented(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += fmt::format("{}{}\n", kIndent, text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

std::string_view spoken(Verdict verdict) {
  constexpr std::string_view kWords[] = {"works", "limited", "not there", "fails"};
  return kWords[static_cast<std::size_t>(verdict)];
}

const Finding* DoctorReport::find(std::string_view id) const {
  const auto found = std::ranges::find(findings, id, &Finding::id);
  return found == findings.end() ? nullptr : &*found;
}

std::string asText(const DoctorReport& report, const std::string& program) {
  std::string text = fmt::format("{} on this machine: {}\n\n", program, report.summary);
  for (const Finding& finding : report.findings) {
    text += fmt::format("{:<13}{}: {}\n", fmt::format("[{}]", spoken(finding.verdict)),
                        finding.title, finding.summary);
    if (!finding.advice.empty()) text += indented("To do: " + finding.advice);
    for (const auto& [name, value] : finding.facts)
      text += indented(fmt::format("{}: {}", name, value));
    if (!finding.detail.empty()) text += indented(finding.detail);
  }
  text += fmt::format("\nChecked in {:.1f} s.\n", report.seconds);
  return text;
}

}  // namespace maquette
