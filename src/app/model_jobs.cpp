#include "app/model_jobs.h"

namespace maquette {
namespace {

/// Parked beside its segmenter between clicks.
struct ParkedSession {
  MeshPtr mesh;
  std::unique_ptr<SegmentSession> session;
};

/// The parked session of this mesh, opened where it is not there yet.
std::shared_ptr<ParkedSession> sessionOn(Lease<PartSegmenter>& model, const MeshPtr& mesh,
                                         const Context& ctx) {
  if (auto parked = model.parked<ParkedSession>(); parked && parked->mesh == mesh) return parked;
  model.park(nullptr);  // two would not fit where one does
  ctx.stage("Looking at the surface");
  auto opened = std::make_shared<ParkedSession>();
  opened->mesh = mesh;
  opened->session = model.run([&](PartSegmenter& m) { return m.open(mesh, ctx); });
  model.park(opened);
  return opened;
}

JobSize sizeOf(const MeshPtr& mesh, std::size_t parts = 0) {
  JobSize size;
  size.triangles = mesh ? std::int64_t(mesh->triangles.size()) : 0;
  size.parts = int(parts);
  return size;
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

PartsResult findParts(Services& services, const MeshPtr& mesh, const AutoParams& params,
                      const Context& ctx) {
  requireValid(params);
  auto model =
      services.models.acquire<PartSegmenter>(kDefaultModel, ctx.part(0.f, 0.02f), sizeOf(mesh));
  return model.run(
      [&](PartSegmenter& m) { return m.automatic(mesh, params, ctx.part(0.02f, 1.f)); });
}

CompleteResult makeSolids(Services& services, const MeshPtr& mesh, const Segmentation& segmentation,
                          const CompleteParams& params, const Context& ctx) {
  requireValid(params);
  auto model = services.models.acquire<PartCompleter>(kDefaultModel, ctx.part(0.f, 0.02f),
                                                      sizeOf(mesh, segmentation.parts.size()));
  return model.run([&](PartCompleter& m) {
    return m.complete(mesh, segmentation, params, ctx.part(0.02f, 1.f));
  });
}

void openSession(Services& services, const MeshPtr& mesh, const Context& ctx) {
  auto model =
      services.models.acquire<PartSegmenter>(kDefaultModel, ctx.part(0.f, 0.05f), sizeOf(mesh));
  sessionOn(model, mesh, ctx.part(0.05f, 1.f));
}

Candidates askSession(Services& services, const MeshPtr& mesh, const Prompts& prompts,
                      const Context& ctx) {
  auto model =
      services.models.acquire<PartSegmenter>(kDefaultModel, ctx.part(0.f, 0.05f), sizeOf(mesh));
  const auto parked = sessionOn(model, mesh, ctx.part(0.05f, 0.8f));
  return model.run(
      [&](PartSegmenter&) { return parked->session->query(prompts, ctx.part(0.8f, 1.f)); });
}

}  // namespace maquette
