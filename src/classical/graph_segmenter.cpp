#include "classical/graph_segmenter.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "classical/border_cut.h"
#include "classical/concavity.h"
#include "classical/graph_session.h"
#include "classical/part_cut.h"
#include "core/base/error.h"

namespace maquette {
namespace {

/// Largest region first; ties by the lowest triangle.
Labels labelsOf(const Mesh& mesh, const SurfaceGraph& graph,
                const std::vector<std::uint32_t>& regions) {
  struct Region {
    double area = 0.;
    std::uint32_t face = std::numeric_limits<std::uint32_t>::max(), index = 0;
  };
  std::vector<Region> found(1 + *std::ranges::max_element(regions));
  for (std::uint32_t n = 0; n < regions.size(); ++n) found[regions[n]].area += graph.areas[n];
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    std::uint32_t& first = found[regions[graph.nodeOf[f]]].face;
    first = std::min(first, f);
  }
  for (std::uint32_t i = 0; i < found.size(); ++i) found[i].index = i;
  std::ranges::sort(found, [](const Region& l, const Region& r) {
    return l.area != r.area ? l.area > r.area : l.face < r.face;
  });
  std::vector<PartId> id(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) id[found[i].index] = static_cast<PartId>(i + 1);
  Labels labels(mesh.triangles.size());
  for (std::size_t f = 0; f < labels.size(); ++f) labels[f] = id[regions[graph.nodeOf[f]]];
  return labels;
}

class GraphSegmenter : public PartSegmenter {
 public:
  std::unique_ptr<SegmentSession> open(MeshPtr mesh, const ClickParams&,
                                       const Context& ctx) override {
    if (!mesh) throw InvalidInput("There is no mesh to segment.");
    return makeGraphSession(featuresOf(*mesh, ctx));
  }

  PartsResult automatic(MeshPtr mesh, const AutoParams& params, const Context& ctx) override {
    if (!mesh) throw InvalidInput("There is no mesh to segment.");
    requireValid(params);
    const SurfaceFeatures features = featuresOf(*mesh, ctx.part(0.f, 0.8f));
    ctx.stage("Drawing borders");
    const std::vector<std::uint32_t> cut = cutInto(features.tree, features.faces, params.parts);
    std::vector<std::uint32_t> regions(features.graph.count());
    for (std::uint32_t n = 0; n < regions.size(); ++n) regions[n] = cut[features.faces.of[n]];
    settleRegions(features.graph, features.creases, regions, ctx.part(0.8f, 0.98f));
    Segmentation made = segmentationFrom(labelsOf(*mesh, features.graph, regions));
    ctx.report(1.f);
    return {std::move(made)};
  }
};

}  // namespace

SurfaceFeatures featuresOf(const Mesh& mesh, const Context& ctx) {
  requireUsable(mesh);
  SurfaceFeatures made;
  ctx.stage("Reading the surface");
  made.graph = surfaceGraphOf(mesh, ctx.part(0.f, 0.4f));
  ctx.stage("Finding creases");
  made.creases = creasesOf(made.graph, ctx.part(0.4f, 0.65f));
  ctx.stage("Growing patches");
  made.faces = superfacesOf(made.graph, made.creases, ctx.part(0.65f, 0.8f));
  ctx.stage("Joining patches");
  std::vector<std::uint32_t> shellOf(made.faces.count());
  for (std::uint32_t n = 0; n < made.graph.count(); ++n)
    shellOf[made.faces.of[n]] = made.graph.shell[n];
  made.sight = sightOf(made.graph, made.faces, ctx.part(0.8f, 0.9f));
  made.fits = normalFitsOf(made.graph, made.creases, made.faces);
  made.tree = mergeTreeOf(made.faces, made.fits, made.sight, shellOf, ctx.part(0.9f, 0.92f));
  made.faces.of = refined(made.graph, made.creases, std::move(made.faces.of),
                          cutFinely(made.tree, made.faces), ctx.part(0.92f, 1.f));
  ctx.report(1.f);
  return made;
}

std::unique_ptr<PartSegmenter> makeGraphSegmenter() { return std::make_unique<GraphSegmenter>(); }

Footprint graphSegmenterFootprint() { return {0, 600'000ll * 500}; }

}  // namespace maquette
