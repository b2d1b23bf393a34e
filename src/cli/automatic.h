#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "cli/report.h"
#include "cli/session.h"

namespace maquette {

/// How all parts of a mesh are found at once.
struct AutomaticOptions {
  std::string model = "classical";
  std::string masks;      ///< a file of masks to make the parts from, instead of a model; or empty
  std::string saveMasks;  ///< where to write the masks that a network found; or empty
  AutoParams params;
};

/// --parts and the rest of the table, --masks and --save-masks. @param modelFlag  "--model"
void addAutomatic(CLI::App& command, AutomaticOptions& options, const char* modelFlag);

/// With the seed of the command line where one was given.
AutoParams drawnBy(const Session& session, AutoParams params);

/// For the command's callback. @throws CLI::ValidationError  what is wanted does not fit together
void requireFitting(const CLI::App& command, const AutomaticOptions& options);

/// @throws InvalidInput, FileError  also what the masks' file has wrong with it
PartsResult findParts(const MeshPtr& mesh, const AutomaticOptions& options, Session& session,
                      const Context& ctx);

/// masks, points, prompts and seed of what a network found; nothing where there are no masks.
void describeMasks(Report& report, const PartsResult& result);

}  // namespace maquette
