#include "app/model_jobs.h"

namespace maquette {
namespace {

/// Parked beside its segmenter between clicks.
struct ParkedSession {
  MeshPtr mesh;
  ClickParams params;
  std::unique_ptr<SegmentSession> session;
};

/// The parked session of this mesh, opened where it is not there yet, or with other settings.
std::shared_ptr<ParkedSession> sessionOn(Lease<PartSegmenter>& model, const ClickJob& job,
                                         const Context& ctx) {
  const ClickParams params = clickParamsOf(job.params);
  if (auto parked = model.parked<ParkedSession>();
      parked && parked->mesh == job.mesh &&
      (job.segmenter == kClassical || parked->params == params))
    return parked;
  model.park(nullptr);  // two would not fit where one does
  ctx.stage("Looking at the surface");
  auto opened = std::make_shared<ParkedSession>();
  opened->mesh = job.mesh;
  opened->params = params;
  opened->session = model.run([&](PartSegmenter& m) { return m.open(job.mesh, params, ctx); });
  model.park(opened);
  return opened;
}

/// A segmenter for one job. Loading a network takes a while, so it has a name.
Lease<PartSegmenter> acquire(Services& services, const std::string& id, const JobSize& size,
                             const Context& ctx) {
  const ModelEntry* entry = services.registry.find<PartSegmenter>(id);
  if (entry && entry->footprint.weightBytes > 0 && services.models.state().id != id)
    ctx.stage("Loading " + entry->label);
  return services.models.acquire<PartSegmenter>(id, ctx, size);
}

ClickAnswer told(std::pair<std::uint64_t, Candidates> answer) {
  ClickAnswer told{answer.first, nullptr};
  if (!answer.second.masks.empty())
    told.candidates = std::make_shared<const Candidates>(std::move(answer.second));
  return told;
}

int viewsIn(const ImageSet& views) {
  int count = 0;
  for (const Side side : {Side::front, Side::left, Side::back, Side::right})
    if (views.at(side)) ++count;
  return count;
}

}  // namespace

ShapeResult generateShape(Services& services, const ImageSet& views, const ShapeParams& params,
                          const Context& ctx) {
  requireValid(params);
  JobSize size;
  size.resolution = params.resolution;
  size.views = viewsIn(views);
  auto model = services.models.acquire<ShapeGenerator>(kDefaultModel, ctx.part(0.f, 0.02f), size);
  return model.run(
      [&](ShapeGenerator& m) { return m.generate(views, params, ctx.part(0.02f, 1.f)); });
}

PartsResult findParts(Services& services, const std::string& segmenter, const MeshPtr& mesh,
                      const AutoParams& params, const Context& ctx) {
  requireValid(params);
  auto model = acquire(services, segmenter, sizeOfAutomatic(mesh, params), ctx.part(0.f, 0.05f));
  return model.run(
      [&](PartSegmenter& m) { return m.automatic(mesh, params, ctx.part(0.05f, 1.f)); });
}

CompleteResult makeSolids(Services& services, const MeshPtr& mesh, const Segmentation& segmentation,
                          const CompleteParams& params, const Context& ctx) {
  requireValid(params);
  JobSize size;
  size.triangles = mesh ? std::int64_t(mesh->triangles.size()) : 0;
  size.parts = int(segmentation.parts.size());
  auto model = services.models.acquire<PartCompleter>(kDefaultModel, ctx.part(0.f, 0.02f), size);
  return model.run([&](PartCompleter& m) {
    return m.complete(mesh, segmentation, params, ctx.part(0.02f, 1.f));
  });
}

void openSession(Services& services, const ClickJob& job, const Context& ctx) {
  auto model = acquire(services, job.segmenter, job.size(), ctx.part(0.f, 0.2f));
  sessionOn(model, job, ctx.part(0.2f, 1.f));
}

ClickAnswer askSession(Services& services, const ClickJob& job, LatestClicks& clicks,
                       const Context& ctx) {
  auto model = acquire(services, job.segmenter, job.size(), ctx.part(0.f, 0.2f));
  const auto parked = sessionOn(model, job, ctx.part(0.2f, 0.8f));
  return told(clicks.answer(ctx.part(0.8f, 1.f), [&](const Prompts& prompts, const Context& c) {
    return model.run([&](PartSegmenter&) { return parked->session->query(prompts, c); });
  }));
}

ClickAnswer StandIn::ask(const Registry& registry, const MeshPtr& mesh, LatestClicks& clicks,
                         const Context& ctx) {
  const ModelEntry* entry = registry.find<PartSegmenter>(kClassical);
  if (!entry) throw Unsupported("There is no classical segmenter.");
  if (!model_) model_ = std::get<ModelEntry::Make<PartSegmenter>>(entry->make)({}, ctx.part(0, 0));
  if (mesh_ != mesh) {
    session_ = nullptr;
    mesh_ = nullptr;
    session_ = model_->open(mesh, {}, ctx.part(0.f, 0.8f));
    mesh_ = mesh;
  }
  return told(clicks.answer(ctx.part(0.8f, 1.f), [&](const Prompts& prompts, const Context& c) {
    return session_->query(prompts, c);
  }));
}

}  // namespace maquette
