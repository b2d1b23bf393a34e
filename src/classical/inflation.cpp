#include "classical/inflation.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>
#include <utility>

#include "classical/poisson.h"
#include "classical/sheet_refinement.h"
#include "classical/silhouette_grid.h"
#include "classical/view_alignment.h"
#include "classical/view_colours.h"
#include "classical/visual_hull.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/geometry/bounds.h"
#include "imaging/colour_spread.h"
#include "imaging/cutout.h"
#include "imaging/scalar_image.h"

namespace maquette {
namespace {

constexpr double kLongestEdge = 1.5;        // in cells
constexpr double kMostNodes = 12e6;         // of the lattice; finer meshing goes on without it
constexpr double kWantedTriangles = 135e3;  // automatic resolution
constexpr std::size_t kFewestTriangles = 100'000, kManyTriangles = 200'000;  // then try again
constexpr double kMostTriangles = 20e6;
constexpr double kTrianglesPerCell = 12.;  // on both sides of a full square, the steep rim included
constexpr double kTrialTriangles = 9e3;
constexpr double kMostAutomatic = 2e6;  // triangles that fine details may ask for
constexpr double kMostWidened = 0.006;  // of the area: less is not seen

/// 1 / pixels: how strongly wide areas are held down. At roundness 0 the object is about an eighth
/// as deep as its widest place is wide; at 1 it swells freely.
double stiffness(const Silhouette& silhouette, const ShapeParams& params) {
  const double r = params.roundness;
  if (r >= 1.) return 0.;
  const double plateau = silhouette.inradius * (0.12 + 0.5 * r * r) / (1. - r);
  return std::sqrt(2.) / plateau;
}

/// A first try that the next finer one starts from.
struct Swelling {
  SilhouetteGrid grid;
  SwollenSheet sheet;
  ScalarImage nodes;  // swell at the lattice's nodes
};

std::vector<double> guessFrom(const Swelling& coarse, const FlatMesh& flat) {
  std::vector<double> guess;
  guess.reserve(flat.points.size());
  const ScalarImage& f = coarse.nodes;
  for (const PlanePoint& p : flat.points) {
    const double x = std::clamp((p.x - coarse.grid.x0) / coarse.grid.cell, 0., f.width - 1.001);
    const double y = std::clamp((p.y - coarse.grid.y0) / coarse.grid.cell, 0., f.height - 1.001);
    const int ix = static_cast<int>(x), iy = static_cast<int>(y);
    const double tx = x - ix, ty = y - iy;
    guess.push_back((f.at(ix, iy) * (1 - tx) + f.at(ix + 1, iy) * tx) * (1 - ty) +
                    (f.at(ix, iy + 1) * (1 - tx) + f.at(ix + 1, iy + 1) * tx) * ty);
  }
  return guess;
}

ScalarImage swellAtNodes(const SilhouetteGrid& grid, const SwollenSheet& sheet) {
  ScalarImage field{grid.nx, grid.ny, std::vector<float>(grid.value.size(), 0.f)};
  for (std::size_t p = 0; p < sheet.flat.points.size(); ++p) {
    if (sheet.flat.onRim[p]) continue;
    const int x = static_cast<int>(std::lround((sheet.flat.points[p].x - grid.x0) / grid.cell));
    const int y = static_cast<int>(std::lround((sheet.flat.points[p].y - grid.y0) / grid.cell));
    field.at(x, y) = static_cast<float>(sheet.swell[p]);
  }
  return field;
}

/// One half of the object, with edges of about `edge` pixels.
Swelling swell(const Silhouette& silhouette, SilhouetteGrid grid, double edge,
               const ShapeParams& params, const Swelling* coarse, const Context& ctx) {
  Swelling result;
  result.grid = std::move(grid);
  SwollenSheet& sheet = result.sheet;
  sheet.scale = params.thickness;
  sheet.flat = fillSilhouette(result.grid, ctx);
  ctx.stage("Swelling");
  ctx.report(0.1f);
  sheet.swell = solveSheet(sheet.flat, stiffness(silhouette, params),
                           coarse ? guessFrom(*coarse, sheet.flat) : std::vector<double>{},
                           ctx.part(0.1f, 0.6f));
  result.nodes = swellAtNodes(result.grid, sheet);
  ctx.stage("Meshing");
  refineSheet(sheet, kLongestEdge * edge, static_cast<std::size_t>(kMostTriangles), ctx);
  ctx.report(1.f);
  return result;
}

/// The lattice for edges of this length: as fine, unless it would be mostly empty space.
double cellFor(const Silhouette& s, double edge) {
  return std::max(edge, std::sqrt(double(s.width) * double(s.height) / kMostNodes));
}

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

/// Both sheets, glued at the rim: millimetres, centred, standing on z = 0.
Mesh doubled(const SwollenSheet& sheet, float sizeMm) {
  const auto count = static_cast<std::uint32_t>(sheet.flat.points.size());
  double left = 1e30, right = -1e30, top = 1e30, bottom = -1e30, depth = 0.;
  for (std::uint32_t p = 0; p < count; ++p) {
    const PlanePoint& at = sheet.flat.points[p];
    left = std::min(left, at.x);
    right = std::max(right, at.x);
    top = std::min(top, at.y);
    bottom = std::max(bottom, at.y);
    depth = std::max(depth, sheet.depth(p));
  }
  const double scale = sizeMm / std::max({right - left, bottom - top, 2. * depth});
  const double middle = 0.5 * (left + right);
  Mesh mesh;
  mesh.positions.reserve(2 * std::size_t(count));
  for (std::uint32_t p = 0; p < count; ++p) {
    const PlanePoint& at = sheet.flat.points[p];
    mesh.positions.push_back({static_cast<float>((at.x - middle) * scale),
                              static_cast<float>(-sheet.depth(p) * scale),
                              static_cast<float>((bottom - at.y) * scale)});
  }
  std::vector<std::uint32_t> twin(count);
  for (std::uint32_t p = 0; p < count; ++p) {
    twin[p] = p;
    if (sheet.flat.onRim[p]) continue;
    twin[p] = static_cast<std::uint32_t>(mesh.positions.size());
    const Vec3 front = mesh.positions[p];
    mesh.positions.push_back({front.x, -front.y, front.z});
  }
  mesh.triangles = sheet.flat.triangles;
  mesh.triangles.reserve(2 * sheet.flat.triangles.size());
  for (const Triangle& t : sheet.flat.triangles)
    mesh.triangles.push_back({twin[t[0]], twin[t[2]], twin[t[1]]});
  return mesh;
}

/// The front sheet's colours from the picture; the back sheet mirrors them.
std::vector<Rgb> colours(const FlatMesh& flat, const Image& picture, const Mask& cutout) {
  const Image source = spreadColours(picture, cutout);
  std::vector<Rgb> result;
  result.reserve(2 * flat.points.size());
  for (const PlanePoint& p : flat.points) result.push_back(colourAt(source, p.x, p.y));
  for (std::size_t p = 0; p < flat.points.size(); ++p)
    if (!flat.onRim[p]) result.push_back(result[p]);
  return result;
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
std::array<MaskPtr, 4> cutoutsOf(const ImageSet& views, const Context& ctx) {
  if (!views.front)
    throw InvalidInput("There is no front picture. Open a picture that shows the object.");
  static constexpr std::array<std::string_view, 4> kNames{"front", "left", "right", "back"};
  std::array<MaskPtr, 4> cutouts;
  for (const Side side : kSides) {
    const auto s = static_cast<std::size_t>(side);
    const SourceView& view = views.at(side);
    if (!view) continue;
    requireWhole(view, kNames[s]);
    cutouts[s] = view.cutout;
    if (cutouts[s]) continue;
    const auto begin = 0.25f * float(s);
    cutouts[s] = std::make_shared<Mask>(cutOut(*view.picture, {}, ctx.part(begin, begin + 0.25f)));
  }
  return cutouts;
}

std::vector<std::string> notesFor(const Silhouette& silhouette, const SilhouetteGrid& grid) {
  std::vector<std::string> notes;
  if (grid.count != silhouette.count)
    notes.push_back(fmt::format(
        "The object has {} pieces and {} holes, the picture {} and {}: the rest is finer than the "
        "mesh. Choose a higher resolution to keep it.",
        grid.count.pieces, grid.count.holes, silhouette.count.pieces, silhouette.count.holes));
  else if (grid.widened > 0.)
    notes.emplace_back(
        "Lines and gaps finer than the mesh were widened so that they are kept. Choose a higher "
        "resolution to keep them as fine as in the picture.");
  return notes;
}

class InflationGenerator : public ShapeGenerator {
 public:
  Footprint footprint(const ShapeParams& params) const override;
  ShapeResult generate(const ImageSet& views, const ShapeParams& params,
                       const Context& ctx) override;

 private:
  static ShapeResult carved(const ImageSet& views, const std::array<MaskPtr, 4>& cutouts,
                            const ShapeParams& params, const Context& ctx);
  static ShapeResult swollen(const ImageSet& views, const std::array<MaskPtr, 4>& cutouts,
                             const ShapeParams& params, const Context& ctx);
  static Swelling automatic(const Silhouette& s, const ShapeParams& params, const Context& ctx);
  static Swelling atResolution(const Silhouette& s, const ShapeParams& params, const Context& ctx);
};

Footprint InflationGenerator::footprint(const ShapeParams& params) const {
  const double side = params.resolution;
  const double triangles = params.resolution > 0
                               ? std::min(kTrianglesPerCell * side * side, kMostTriangles)
                               : 1.5 * kWantedTriangles;
  constexpr double kBytesPerTriangle = 160., kForPictures = 200e6;
  return {0, static_cast<std::int64_t>(kForPictures + kBytesPerTriangle * triangles)};
}

/// Finds the edge length that gives the wanted number of triangles, whatever the silhouette.
Swelling InflationGenerator::automatic(const Silhouette& s, const ShapeParams& params,
                                       const Context& ctx) {
  double edge = std::sqrt(6. * s.area / kTrialTriangles);
  Swelling now = swell(s, sampleSilhouette(s, cellFor(s, edge), ctx), edge, params, nullptr,
                       ctx.part(0.f, 0.2f));
  for (int round = 0; round < 6; ++round) {
    edge *= std::sqrt(double(2 * now.sheet.flat.triangles.size()) / kWantedTriangles);
    SilhouetteGrid grid = sampleSilhouette(s, cellFor(s, edge), ctx);
    bool forced = false;
    const auto faithful = [&] { return grid.count == s.count && grid.widened < kMostWidened; };
    const double finest = std::sqrt(kTrianglesPerCell * s.area / kMostAutomatic);
    while (!faithful() && grid.cell > 1. && edge > finest) {
      grid = sampleSilhouette(s, cellFor(s, edge *= 0.8), ctx);
      forced = true;
    }
    now = swell(s, std::move(grid), edge, params, &now, ctx.part(0.2f, 1.f));
    const std::size_t triangles = 2 * now.sheet.flat.triangles.size();
    if (triangles >= kFewestTriangles && (triangles <= kManyTriangles || forced)) break;
  }
  return now;
}

Swelling InflationGenerator::atResolution(const Silhouette& s, const ShapeParams& params,
                                          const Context& ctx) {
  const double edge = double(s.longest()) / params.resolution;
  const double triangles = kTrianglesPerCell * s.area / (edge * edge);
  if (triangles > kMostTriangles)
    throw OutOfMemory(fmt::format(
        "A resolution of {} would make about {:.0f} million triangles. Choose {} or less.",
        params.resolution, triangles / 1e6,
        static_cast<int>(params.resolution * std::sqrt(kMostTriangles / triangles) / 16.) * 16));
  const double coarseEdge = std::max(edge, std::sqrt(6. * s.area / kTrialTriangles));
  const Swelling coarse = swell(s, sampleSilhouette(s, cellFor(s, coarseEdge), ctx), coarseEdge,
                                params, nullptr, ctx.part(0.f, 0.1f));
  SilhouetteGrid grid = sampleSilhouette(s, cellFor(s, edge), ctx);
  return swell(s, std::move(grid), edge, params, &coarse, ctx.part(0.1f, 1.f));
}

ShapeResult InflationGenerator::generate(const ImageSet& views, const ShapeParams& params,
                                         const Context& ctx) {
  requireValid(params);
  ctx.stage("Cutting out");
  const std::array<MaskPtr, 4> cutouts = cutoutsOf(views, ctx.part(0.f, 0.3f));
  ShapeResult result = views.left || views.right ? carved(views, cutouts, params, ctx)
                                                 : swollen(views, cutouts, params, ctx);
  ctx.report(1.f);
  return result;
}

/// Front and at least one side: the outlines' hull.
ShapeResult InflationGenerator::carved(const ImageSet& views, const std::array<MaskPtr, 4>& cutouts,
                                       const ShapeParams& params, const Context& ctx) {
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
  result.notes.insert(result.notes.end(), hull.notes.begin(), hull.notes.end());
  return result;
}

/// The front alone, or front and back: swollen to both sides.
ShapeResult InflationGenerator::swollen(const ImageSet& views,
                                        const std::array<MaskPtr, 4>& cutouts,
                                        const ShapeParams& params, const Context& ctx) {
  ShapeResult result;
  const MaskPtr& cutout = cutouts[0];
  const Silhouette silhouette = lookAt(*cutout, ctx);
  ctx.stage("Swelling");
  const Context middle = ctx.part(0.3f, 0.9f);
  const Swelling swelling = params.resolution > 0 ? atResolution(silhouette, params, middle)
                                                  : automatic(silhouette, params, middle);
  result.notes = notesFor(silhouette, swelling.grid);

  Mesh mesh = doubled(swelling.sheet, params.sizeMm);
  ctx.stage("Colouring");
  ctx.report(0.92f);
  mesh.colours = colours(swelling.sheet.flat, *views.front.picture, *cutout);
  ctx.report(0.97f);
  mesh.normals = vertexNormals(mesh);
  log("shape")->info("inflated {} pieces with {} holes into {} triangles, {:.3f} pixels a cell",
                     silhouette.count.pieces, silhouette.count.holes, mesh.triangles.size(),
                     swelling.grid.cell);
  result.mesh = std::make_shared<const Mesh>(std::move(mesh));
  return result;
}

}  // namespace

std::unique_ptr<ShapeGenerator> makeInflationGenerator() {
  return std::make_unique<InflationGenerator>();
}

}  // namespace maquette
