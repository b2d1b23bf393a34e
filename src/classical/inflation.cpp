#include "classical/inflation.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "classical/body_plan.h"
#include "classical/front_detail.h"
#include "classical/sheet_solid.h"
#include "classical/swelling.h"
#include "classical/view_alignment.h"
#include "classical/view_colours.h"
#include "classical/visual_hull.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/geometry/bounds.h"
#include "imaging/colour_spread.h"
#include "imaging/cutout.h"

namespace maquette {
namespace {

using Cutouts = std::array<MaskPtr, 4>;  // in the order of kSides

/// To millimetres: centred in x and y, standing on z = 0, its longest side exactly `sizeMm`.
void placeOnBed(Mesh& mesh, float sizeMm) {
  const Bounds bounds = boundsOf(mesh);
  const double scale = double(sizeMm) / double(bounds.longest());
  const Vec3 centre = bounds.centre();
  for (Vec3& p : mesh.positions)
    p = {static_cast<float>((double(p.x) - double(centre.x)) * scale),
         static_cast<float>((double(p.y) - double(centre.y)) * scale),
         static_cast<float>((double(p.z) - double(bounds.min.z)) * scale)};
}

void requireWhole(const SourceView& view, std::string_view side) {
  const Image& p = *view.picture;
  if (p.width <= 0 || p.height <= 0 ||
      p.pixels.size() != std::size_t(p.width) * std::size_t(p.height))
    throw InvalidInput(fmt::format("The {} picture is empty.", side));
  if (!view.cutout) return;
  const Mask& m = *view.cutout;
  if (m.width != p.width || m.height != p.height || m.values.size() != p.pixels.size())
    throw InvalidInput(
        fmt::format("The cut-out of the {} picture does not have its size. Cut out again.", side));
}

/// The cut-outs of all pictures, made where there is none; in the order of kSides.
Cutouts cutoutsOf(const ImageSet& views, const Context& ctx) {
  if (!views.front)
    throw InvalidInput("There is no front picture. Open a picture that shows the object.");
  Cutouts cutouts;
  for (const Side side : kSides) {
    const auto s = static_cast<std::size_t>(side);
    const SourceView& view = views.at(side);
    if (!view) continue;
    requireWhole(view, spoken(side));
    cutouts[s] = view.cutout;
    if (cutouts[s]) continue;
    const auto begin = 0.25f * float(s);
    cutouts[s] = std::make_shared<Mask>(cutOut(*view.picture, {}, ctx.part(begin, begin + 0.25f)));
  }
  return cutouts;
}

/// What one outline is made from: its mask, and where its places are in the pictures.
struct Canvas {
  Mask mask;
  ViewMap front;
  std::optional<ViewMap> back;
  std::vector<std::string> notes;
};

Canvas canvasOf(const ImageSet& views, const Cutouts& cutouts, const Context& ctx) {
  if (!views.back) return {*cutouts[0], {}, std::nullopt, {}};
  AlignedViews aligned = alignViews(
      {cutouts[0].get(), nullptr, nullptr, cutouts[static_cast<std::size_t>(Side::back)].get()},
      ctx);
  return {std::move(aligned.frontal), aligned.views[0].map, aligned.views[1].map,
          std::move(aligned.notes)};
}

/// The front sheet's colours from the front picture; the back's from the back picture, or else the
/// same.
std::vector<Rgb> paintSheets(const SheetSolid& solid, const FlatMesh& flat, const Canvas& canvas,
                             const Image& front, const Image* back) {
  std::vector<Rgb> result(solid.mesh.positions.size());
  const auto seen = [](const Image& picture, const ViewMap& map, PlanePoint p) {
    return colourAt(picture, map.offsetX + map.scaleX * p.x, map.offsetY + map.scaleY * p.y);
  };
  for (std::size_t p = 0; p < flat.points.size(); ++p) {
    result[p] = seen(front, canvas.front, flat.points[p]);
    const std::uint32_t twin = solid.backTwin[p];
    if (twin != p) result[twin] = back ? seen(*back, *canvas.back, flat.points[p]) : result[p];
  }
  return result;
}

void noteResolution(std::vector<std::string>& notes, const Silhouette& silhouette,
                    const SilhouetteGrid& grid) {
  if (grid.count != silhouette.count)
    notes.push_back(fmt::format(
        "The object has {} pieces and {} holes, the picture {} and {}: the rest is finer than the "
        "mesh. Choose a higher resolution to keep it.",
        grid.count.pieces, grid.count.holes, silhouette.count.pieces, silhouette.count.holes));
  else if (grid.widened > 0.)
    notes.emplace_back(
        "Lines and gaps finer than the mesh were widened so that they are kept. Choose a higher "
        "resolution to keep them as fine as in the picture.");
}

void append(std::vector<std::string>& notes, std::vector<std::string> more) {
  notes.insert(notes.end(), std::make_move_iterator(more.begin()),
               std::make_move_iterator(more.end()));
}

/// The front alone, or front and back: swollen to both sides, or a plate.
ShapeResult swollen(const ImageSet& views, const Cutouts& cutouts, const ShapeParams& params,
                    const Context& ctx) {
  Canvas canvas = canvasOf(views, cutouts, ctx);
  ShapeResult result{nullptr, std::move(canvas.notes)};
  BodyPlan plan = planBody(canvas.mask, params, ctx);
  append(result.notes, std::move(plan.notes));
  const Silhouette silhouette = lookAt(canvas.mask, ctx);
  ctx.stage("Swelling");
  const Context middle = ctx.part(0.3f, 0.9f);
  const Swelling swelling = params.resolution > 0
                                ? swellAtResolution(silhouette, plan, params.resolution, middle)
                                : swellAutomatically(silhouette, plan, middle);
  noteResolution(result.notes, silhouette, swelling.grid);

  ctx.stage("Colouring");
  const Image front = spreadColours(*views.front.picture, *cutouts[0]);
  ctx.report(0.92f);
  std::vector<double> relief;
  if (params.detailMm > 0.f)
    relief =
        frontDetail(swelling.sheet, front, *cutouts[0], canvas.front,
                    double(params.detailMm) * silhouette.longest() / double(params.sizeMm), ctx);
  SheetSolid solid = solidOf(swelling.sheet, relief);
  std::optional<Image> back;
  if (views.back)
    back = spreadColours(*views.back.picture, *cutouts[static_cast<std::size_t>(Side::back)]);
  ctx.report(0.95f);
  solid.mesh.colours =
      paintSheets(solid, swelling.sheet.flat, canvas, front, back ? &*back : nullptr);
  placeOnBed(solid.mesh, params.sizeMm);
  solid.mesh.normals = vertexNormals(solid.mesh);
  log("shape")->info("{} pieces with {} holes became {} triangles, {:.3f} pixels a cell",
                     silhouette.count.pieces, silhouette.count.holes, solid.mesh.triangles.size(),
                     swelling.grid.cell);
  result.mesh = std::make_shared<const Mesh>(std::move(solid.mesh));
  return result;
}

/// Front and at least one side: the outlines' hull.
ShapeResult carved(const ImageSet& views, const Cutouts& cutouts, const ShapeParams& params,
                   const Context& ctx) {
  ctx.stage("Aligning the views");
  const AlignedViews aligned =
      alignViews({cutouts[0].get(), cutouts[1].get(), cutouts[2].get(), cutouts[3].get()}, ctx);
  ctx.report(0.35f);
  ctx.stage("Carving");
  VisualHull hull = visualHull(aligned, params, ctx.part(0.35f, 0.9f));
  hull.mesh.normals = vertexNormals(hull.mesh);
  ctx.stage("Colouring");
  ctx.report(0.9f);
  std::array<Image, 4> spread;
  std::array<const Image*, 4> pictures{};
  for (const AlignedView& view : aligned.views) {
    const auto s = static_cast<std::size_t>(view.side);
    spread[s] = spreadColours(*views.at(view.side).picture, *cutouts[s]);
    pictures[s] = &spread[s];
  }
  hull.mesh.colours = paintFromViews(hull.mesh, aligned, pictures, ctx);
  placeOnBed(hull.mesh, params.sizeMm);
  ShapeResult result{std::make_shared<const Mesh>(std::move(hull.mesh)), aligned.notes};
  append(result.notes, std::move(hull.notes));
  return result;
}

class InflationGenerator : public ShapeGenerator {
 public:
  Footprint footprint(const ShapeParams& params) const override {
    constexpr double kBytesPerTriangle = 160., kForPictures = 200e6;
    return {0, static_cast<std::int64_t>(kForPictures +
                                         kBytesPerTriangle * expectedTriangles(params.resolution))};
  }

  ShapeResult generate(const ImageSet& views, const ShapeParams& params,
                       const Context& ctx) override {
    requireValid(params);
    ctx.stage("Cutting out");
    const Cutouts cutouts = cutoutsOf(views, ctx.part(0.f, 0.3f));
    ShapeResult result = views.left || views.right ? carved(views, cutouts, params, ctx)
                                                   : swollen(views, cutouts, params, ctx);
    ctx.report(1.f);
    return result;
  }
};

}  // namespace

std::unique_ptr<ShapeGenerator> makeInflationGenerator() {
  return std::make_unique<InflationGenerator>();
}

}  // namespace maquette
