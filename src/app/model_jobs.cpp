#include "app/model_jobs.h"

namespace maquette {
namespace {

/// A session may lean on the weights of its model, which acquiring another one drops. A model
/// without weights leaves nothing behind to lean on, so its session stays.
void dropLeaningSession(Services& services) {
  const ModelEntry* entry = services.registry.find<PartSegmenter>(services.parked->model);
  if (entry && entry->footprint.weightBytes > 0) *services.parked = {};
}

}  // namespace

ShapeResult generateShape(Services& services, const ImageSet& views, const ShapeParams& params,
                          const Context& ctx) {
  requireValid(params);
  dropLeaningSession(services);
  const auto model = services.models.acquire<ShapeGenerator>(kDefaultModel, ctx.part(0.f, 0.02f));
  return model->generate(views, params, ctx.part(0.02f, 1.f));
}

Segmentation findParts(Services& services, const MeshPtr& mesh, const AutoParams& params,
                       const Context& ctx) {
  requireValid(params);
  const auto model = services.models.acquire<PartSegmenter>(kDefaultModel, ctx.part(0.f, 0.02f));
  return model->automatic(mesh, params, ctx.part(0.02f, 1.f));
}

CompleteResult makeSolids(Services& services, const MeshPtr& mesh, const Segmentation& segmentation,
                          const CompleteParams& params, const Context& ctx) {
  requireValid(params);
  dropLeaningSession(services);
  const auto model = services.models.acquire<PartCompleter>(kDefaultModel, ctx.part(0.f, 0.02f));
  return model->complete(mesh, segmentation, params, ctx.part(0.02f, 1.f));
}

void openSession(Services& services, const MeshPtr& mesh, const Context& ctx) {
  ParkedSession& parked = *services.parked;
  if (parked.session && parked.mesh == mesh && parked.model == kDefaultModel) return;
  parked = {};
  ctx.stage("Looking at the surface");
  const auto model = services.models.acquire<PartSegmenter>(kDefaultModel, ctx.part(0.f, 0.05f));
  parked = {mesh, kDefaultModel, model->open(mesh, ctx.part(0.05f, 1.f))};
}

Candidates askSession(Services& services, const MeshPtr& mesh, const Prompts& prompts,
                      const Context& ctx) {
  openSession(services, mesh, ctx.part(0.f, 0.8f));
  return services.parked->session->query(prompts, ctx.part(0.8f, 1.f));
}

}  // namespace maquette
