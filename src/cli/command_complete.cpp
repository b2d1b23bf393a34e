#include <memory>

#include "cli/commands.h"
#include "cli/labels.h"
#include "cli/parameter_flags.h"
#include "cli/solids.h"
#include "core/base/error.h"

namespace maquette {
namespace {

namespace fs = std::filesystem;

struct Options {
  std::string mesh, labels, output;
  std::string model = "classical";
  std::optional<float> mmPerUnit;
  CompleteParams params;
};

bool isOneFile(const fs::path& output) {
  return output.extension() == ".3mf" || output.extension() == ".3MF";
}

void requireWritable(const fs::path& output) {
  if (isOneFile(output)) return requireFolderFor(output);
  std::error_code error;
  if (fs::exists(output, error) && !fs::is_directory(output, error))
    throw FileError("“" + output.string() +
                    "” is a file. Parts go into a folder, or into one .3mf file.");
}

Report complete(const Options& options, Session& session) {
  const fs::path output = options.output;
  requireWritable(output);
  requireValid(options.params);
  session.ctx.stage("Reading");
  ReadResult read = readMesh(options.mesh, {options.mmPerUnit}, session.ctx.part(0.f, 0.1f));
  const auto mesh = std::make_shared<const Mesh>(std::move(read.mesh));
  const LabelledParts parts = readParts(options.labels, mesh->triangles.size());
  const CompleteResult result =
      session.use<PartCompleter>(options.model, sizeOf(*mesh), [&](PartCompleter& model) {
        return model.complete(mesh, parts.segmentation, options.params,
                              session.ctx.part(0.1f, 0.9f));
      });
  session.ctx.stage("Writing");
  const std::vector<NamedPart> solids = namedSolids(parts.segmentation, result);
  const Context writing = session.ctx.part(0.9f, 1.f);
  std::vector<fs::path> files{output};
  if (isOneFile(output))
    writeParts(output, solids, writing);
  else
    files = writePartFiles(output, solids, writing);
  Report report;
  report["files"] = Report::array();
  for (const fs::path& file : files) report["files"].push_back(file.string());
  report["whole"] = describe(*result.whole);
  report["parts"] = describeSolids(parts.segmentation, result);
  for (std::size_t p = 0; p < parts.numbers.size(); ++p)
    report["parts"][p]["label"] = parts.numbers[p];
  std::vector<std::string> notes = read.notes;
  notes.insert(notes.end(), result.notes.begin(), result.notes.end());
  report["notes"] = notes;
  return report;
}

}  // namespace

void addComplete(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "complete", "Make every labelled part a closed solid that fits its neighbours");
  command->add_option("mesh", options->mesh, "STL, OBJ, GLB, PLY, 3MF, FBX or DAE")->required();
  command
      ->add_option("--labels", options->labels,
                   "NumPy file with one integer per triangle, -1 unassigned")
      ->required();
  command
      ->add_option("-o,--output", options->output,
                   "A folder for one STL per part, or one .3mf file")
      ->required();
  command->add_option("--model", options->model, "Which completer")->capture_default_str();
  command->add_option("--mm-per-unit", options->mmPerUnit, "How long one unit of the file is")
      ->check(CLI::PositiveNumber);
  addFlags(*command, options->params, completeFields());
  command->callback(
      [options, &action] { action = [options](Session& s) { return complete(*options, s); }; });
}

}  // namespace maquette
