#include <memory>

#include "cli/commands.h"
#include "cli/parameter_flags.h"
#include "cli/pictures.h"
#include "io/mesh_file.h"

namespace maquette {
namespace {

struct Options {
  PicturePaths pictures;
  std::string output;
  std::string model = "classical";
  ShapeParams shape;
};

Report generate(Options options, Session& session) {
  const auto output = withMeshExtension(options.output);
  requireFolderFor(output);
  requireValid(options.shape);
  options.shape.seed = session.seed.value_or(0);
  const ImageSet views = readViews(options.pictures, session.ctx.part(0.f, 0.1f));
  const ShapeResult result =
      session.use<ShapeGenerator>(options.model, sizeOf(options.shape), [&](ShapeGenerator& model) {
        return model.generate(views, options.shape, session.ctx.part(0.1f, 0.9f));
      });
  session.ctx.stage("Writing");
  writeMesh(output, *result.mesh, session.ctx.part(0.9f, 1.f));
  Report report{{"output", output.string()}, {"model", options.model}};
  report.update(describe(*result.mesh));
  report["notes"] = result.notes;
  return report;
}

}  // namespace

void addGenerate(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("generate", "Turn a picture into a closed mesh");
  addPictures(*command, options->pictures);
  command->add_option("-o,--output", options->output, "STL, OBJ, GLB, PLY or 3MF file to write")
      ->required();
  command->add_option("--model", options->model, "Which generator")->capture_default_str();
  addFlags(*command, options->shape, shapeFields());
  command->callback(
      [options, &action] { action = [options](Session& s) { return generate(*options, s); }; });
}

}  // namespace maquette
