#include <memory>

#include "cli/commands.h"
#include "core/geometry/bounds.h"
#include "io/mesh_file.h"

namespace maquette {
namespace {

struct Options {
  std::string mesh, output;
  std::optional<float> mmPerUnit;
  std::optional<float> sizeMm;
};

Report exportMesh(const Options& options, const Session& session) {
  const auto output = withMeshExtension(options.output);
  requireFolderFor(output);
  session.ctx.stage("Reading");
  ReadResult read = readMesh(options.mesh, {options.mmPerUnit}, session.ctx.part(0.f, 0.5f));
  if (options.sizeMm) {
    const float longest = boundsOf(read.mesh).longest();
    if (longest > 0.f)
      for (Vec3& p : read.mesh.positions) p *= *options.sizeMm / longest;
  }
  session.ctx.stage("Writing");
  writeMesh(output, read.mesh, session.ctx.part(0.5f, 1.f));
  Report report{{"output", output.string()}};
  report.update(describe(read.mesh));
  report["notes"] = read.notes;
  return report;
}

}  // namespace

void addExport(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("export", "Convert a mesh to STL, 3MF, OBJ, GLB or PLY");
  command->add_option("mesh", options->mesh, "STL, OBJ, GLB, PLY, 3MF, FBX or DAE")->required();
  command
      ->add_option("-o,--output", options->output,
                   "File to write; .stl is added where the ending says nothing")
      ->required();
  command->add_option("--mm-per-unit", options->mmPerUnit, "How long one unit of the file is")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--size-mm", options->sizeMm, "Scale so that the longest side has this length")
      ->check(CLI::PositiveNumber);
  command->callback(
      [options, &action] { action = [options](Session& s) { return exportMesh(*options, s); }; });
}

}  // namespace maquette
