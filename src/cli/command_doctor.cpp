#include <algorithm>
#include <memory>

#include "cli/commands.h"
#include "doctor/doctor.h"

namespace maquette {
namespace {

Report findingReport(const Finding& finding) {
  Report facts = Report::object();
  for (const auto& [name, value] : finding.facts) facts[name] = value;
  return {{"id", finding.id},
          {"title", finding.title},
          {"verdict", spoken(finding.verdict)},
          {"summary", finding.summary},
          {"advice", finding.advice},
          {"facts", facts},
          {"detail", finding.detail}};
}

Report doctor(const DoctorOptions& options, const Session& session) {
  const DoctorReport found = examine(options, session.ctx);
  Report report{{"version", MAQUETTE_VERSION},
                {"works", found.works},
                {"summary", found.summary},
                {"seconds", found.seconds}};
  report["findings"] = Report::array();
  for (const Finding& finding : found.findings)
    report["findings"].push_back(findingReport(finding));
  report["text"] = asText(found, "Maquette " MAQUETTE_VERSION);
  return report;
}

}  // namespace

void addDoctor(CLI::App& app, Action& action) {
  auto options = std::make_shared<DoctorOptions>();
  auto only = std::make_shared<std::vector<std::string>>();
  CLI::App* command = app.add_subcommand(
      "doctor",
      "Check this machine: graphics card, driver, neural plug-in and precisions, drawing, a small "
      "job, folders; what works, what does not and why, and what to do. Takes a few seconds, at "
      "most half a minute");
  std::vector<std::string> names;
  for (const Subject subject : kSubjects) names.push_back(nameOf(subject));
  command->add_option("--only", *only, "Check only this (several: separated by commas)")
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  command->callback([options, only, &action] {
    if (!only->empty()) options->subjects.clear();
    for (const Subject subject : kSubjects)
      if (std::ranges::find(*only, nameOf(subject)) != only->end())
        options->subjects.push_back(subject);
    action = [options](Session& session) { return doctor(*options, session); };
  });
}

}  // namespace maquette
