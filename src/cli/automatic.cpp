#include "cli/automatic.h"

#include <set>

#include "cli/parameter_flags.h"
#include "core/base/error.h"
#include "masks/mask_file.h"
#include "masks/parts_from_masks.h"

namespace maquette {
namespace {

PartsResult partsOfFile(const MeshPtr& mesh, const AutomaticOptions& options, const Context& ctx) {
  ctx.stage("Reading the masks");
  const auto masks = std::make_shared<const MaskSet>(readMasks(options.masks));
  ctx.report(0.1f);
  const PartsFromMasks from(mesh, masks, ctx.part(0.1f, 0.6f));
  ctx.stage("Making parts");
  return from.parts(options.params, ctx.part(0.6f, 1.f));
}

}  // namespace

void addAutomatic(CLI::App& command, AutomaticOptions& options, const char* modelFlag) {
  command.add_option(modelFlag, options.model, "Which segmenter: classical or p3-sam")
      ->capture_default_str();
  addFlags(command, options.params, autoFields());
  CLI::Option* save = command.add_option(
      "--save-masks", options.saveMasks,
      "Also write what the network found, to make other parts from it later (p3-sam)");
  command
      .add_option("--masks", options.masks,
                  "Make the parts from masks that --save-masks wrote, without a network")
      ->excludes(save);
}

void requireFitting(const CLI::App& command, const AutomaticOptions& options) {
  if (!options.masks.empty()) return;
  requireKnown(command, autoFields(), options.model);
  if (!options.saveMasks.empty() && options.model == "classical")
    throw CLI::ValidationError("--save-masks is for p3-sam; the classical segmenter has no masks");
}

AutoParams drawnBy(const Session& session, AutoParams params) {
  params.seed = session.seed.value_or(params.seed);
  return params;
}

PartsResult findParts(const MeshPtr& mesh, const AutomaticOptions& options, Session& session,
                      const Context& ctx) {
  if (!options.masks.empty()) return partsOfFile(mesh, options, ctx);
  const AutoParams params = drawnBy(session, options.params);
  PartsResult result = session.use<PartSegmenter>(
      options.model, sizeOf(*mesh, params),
      [&](PartSegmenter& model) { return model.automatic(mesh, params, ctx); });
  if (!options.saveMasks.empty()) {
    if (!result.masks) throw InvalidInput("This segmenter has no masks that could be saved.");
    writeMasks(options.saveMasks, *result.masks);
  }
  return result;
}

void describeMasks(Report& report, const PartsResult& result) {
  if (!result.masks) return;
  const MaskSet& masks = *result.masks;
  report["model"] = masks.model;
  report["masks"] = masks.masks();
  report["points"] = masks.samples();
  report["prompts"] = std::set(masks.prompts.begin(), masks.prompts.end()).size();
  report["seed"] = masks.seed;
}

}  // namespace maquette
