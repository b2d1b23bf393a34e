#include <memory>

#include "cli/commands.h"
#include "io/mesh_file.h"

namespace maquette {
namespace {

struct Options {
  std::string mesh;
  std::optional<float> mmPerUnit;
};

Report info(const Options& options, const Session& session) {
  session.ctx.stage("Reading");
  const ReadResult read = readMesh(options.mesh, {options.mmPerUnit}, session.ctx);
  Report report{{"file", options.mesh}};
  report.update(describe(read.mesh));
  report["notes"] = read.notes;
  return report;
}

}  // namespace

void addInfo(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("info", "Measure a mesh: size, volume, whether it is closed");
  command->add_option("mesh", options->mesh, "STL, OBJ, GLB, PLY, 3MF, FBX or DAE")->required();
  command->add_option("--mm-per-unit", options->mmPerUnit, "How long one unit of the file is")
      ->check(CLI::PositiveNumber);
  command->callback(
      [options, &action] { action = [options](Session& s) { return info(*options, s); }; });
}

}  // namespace maquette
