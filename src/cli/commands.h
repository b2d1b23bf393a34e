#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <utility>

#include "cli/report.h"
#include "cli/session.h"
#include "core/base/error.h"

namespace maquette {

/// What the chosen command does once everything is parsed.
using Action = std::function<Report(Session&)>;

/// A check that was made and did not pass: its report is printed like any other, the exit code is
/// that of an input that does not do.
class NotGood : public InvalidInput {
 public:
  NotGood(const std::string& message, Report made)
      : InvalidInput(message), report(std::move(made)) {}
  Report report;
};

/// Each adds one subcommand; when the user asks for it, `action` becomes its work.
void addGenerate(CLI::App& app, Action& action);
void addSegment(CLI::App& app, Action& action);
void addComplete(CLI::App& app, Action& action);
void addMake(CLI::App& app, Action& action);
void addExport(CLI::App& app, Action& action);
void addInfo(CLI::App& app, Action& action);
void addCheck(CLI::App& app, Action& action);
void addModels(CLI::App& app, Action& action);
/// `models cache`, a subcommand of that one.
void addModelsCache(CLI::App& models, Action& action);
void addWeights(CLI::App& app, Action& action);
void addDoctor(CLI::App& app, Action& action);

}  // namespace maquette
