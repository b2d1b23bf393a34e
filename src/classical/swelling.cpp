#include "classical/swelling.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "classical/poisson.h"
#include "classical/rim_distance.h"
#include "classical/rim_tidying.h"
#include "core/base/error.h"
#include "core/jobs/parallel.h"

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
constexpr double kSole = 0.4;           // of a plate's rounded edge is left out where it stands

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
  for (std::uint32_t p = 0; p < sheet.flat.points.size(); ++p) {
    if (sheet.flat.onBoundary(p)) continue;
    const int x = static_cast<int>(std::lround((sheet.flat.points[p].x - grid.x0) / grid.cell));
    const int y = static_cast<int>(std::lround((sheet.flat.points[p].y - grid.y0) / grid.cell));
    field.at(x, y) = static_cast<float>(sheet.swell[p]);
  }
  return field;
}

/// A quarter of an ellipse: up to `depth` over `width`; squared.
double softEdge(double distance, double width, double depth) {
  const double t = 1. - std::min(1., distance / width);
  return depth * depth * (1. - t * t);
}

/// Depths that follow from the distance to the rim: the plate's, and the least of all bodies.
///
/// A plate's edge is rounded all the way round, less where it stands: an edge that ended at the
/// sole would leave a notch on both sides of it.
void shapeByDistance(SwollenSheet& sheet, const BodyPlan& plan, const std::vector<LevelRun>& runs,
                     const Context& ctx) {
  if (!plan.flat && plan.leastHalf <= 0.) return;
  RaisedLevels levels;
  if (plan.flat) levels = {runs, kSole * plan.edge, 2. * kSole * plan.edge};
  const RimDistance rim(sheet.flat, std::max(plan.flat ? plan.edge : 0., plan.leastHalf), levels);
  const double byScale = 1. / (sheet.scale * sheet.scale);
  parallelFor(sheet.flat.points.size(), 2048, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (std::size_t p = begin; p < end; ++p) {
      if (sheet.flat.onRim[p]) continue;
      const double d = rim.at(sheet.flat.points[p]);
      if (plan.flat) sheet.swell[p] = softEdge(d, plan.edge, plan.halfThickness) * byScale;
      if (plan.leastHalf > 0.)
        sheet.swell[p] =
            std::max(sheet.swell[p], softEdge(d, plan.leastHalf, plan.leastHalf) * byScale);
    }
  });
}

/// Solves from what the sheet has, its level ends given.
void solveOnto(SwollenSheet& sheet, const std::vector<LevelRun>& runs, double k,
               const Context& ctx) {
  std::vector<double> given(sheet.flat.points.size(), -1.);
  for (std::uint32_t p = 0; p < given.size(); ++p)
    if (const LevelRun* run = runAt(runs, sheet.flat, p))
      given[p] = run->swell(sheet.flat.points[p].x, k);
  sheet.swell = solveSheet(sheet.flat, k, std::move(sheet.swell), given, ctx);
}

/// What the sheet swells to. A level end that were left free would stay as full as the body right
/// to its corners, and where the outline turns round them pinch it: so each is a face of a round's
/// shape, as deep as it would be if it were free.
void solveSwell(Swelling& result, const BodyPlan& plan, const Swelling* coarse,
                const Context& ctx) {
  SwollenSheet& sheet = result.sheet;
  const double k = plan.stiffness;
  if (coarse) {
    sheet.swell = guessFrom(*coarse, sheet.flat);
    takeFullness(result.runs, coarse->runs);
  } else {
    sheet.swell = solveSheet(sheet.flat, k, {}, {}, ctx.part(0.f, 0.5f));
    if (result.runs.empty()) return;
    fitFullness(result.runs, sheet.flat, sheet.swell, k);
  }
  solveOnto(sheet, result.runs, k, coarse ? ctx : ctx.part(0.5f, 1.f));
}

/// One half of the object, with edges of about `edge` pixels.
Swelling swell(SilhouetteGrid grid, double edge, const BodyPlan& plan, const Swelling* coarse,
               const Context& ctx) {
  Swelling result;
  result.grid = std::move(grid);
  SwollenSheet& sheet = result.sheet;
  sheet.scale = plan.scale;
  sheet.flat = fillSilhouette(result.grid, ctx);
  tidyRim(sheet.flat, result.grid, ctx);
  if (!plan.levels.empty())
    freeLevelEnds(sheet.flat, plan.levels, std::max(0.3, 0.15 * result.grid.cell));
  ctx.stage("Swelling");
  ctx.report(0.1f);
  result.runs = levelRunsOf(sheet.flat);
  if (plan.flat)
    sheet.swell.assign(sheet.flat.points.size(), 0.);
  else
    solveSwell(result, plan, coarse, ctx.part(0.1f, 0.6f));
  result.nodes = swellAtNodes(result.grid, sheet);
  shapeByDistance(sheet, plan, result.runs, ctx);
  ctx.stage("Meshing");
  const std::size_t before = sheet.flat.points.size();
  refineSheet(sheet, kLongestEdge * edge, static_cast<std::size_t>(kMostTriangles), ctx);
  // What was interpolated at the new points shows as faint facets along the steep rim.
  if (sheet.flat.points.size() > before && !plan.flat && coarse)
    solveOnto(sheet, result.runs, plan.stiffness, ctx.part(0.8f, 1.f));
  if (sheet.flat.points.size() > before) shapeByDistance(sheet, plan, result.runs, ctx);
  ctx.report(1.f);
  return result;
}

/// The lattice for edges of this length: as fine, unless it would be mostly empty space.
double cellFor(const Silhouette& s, double edge) {
  return std::max(edge, std::sqrt(double(s.width) * double(s.height) / kMostNodes));
}

}  // namespace

double expectedTriangles(int resolution) {
  const double side = resolution;
  return resolution > 0 ? std::min(kTrianglesPerCell * side * side, kMostTriangles)
                        : 1.5 * kWantedTriangles;
}

/// Finds the edge length that gives the wanted number of triangles.
Swelling swellAutomatically(const Silhouette& s, const BodyPlan& plan, const Context& ctx) {
  double edge = std::sqrt(6. * s.area / kTrialTriangles);
  Swelling now =
      swell(sampleSilhouette(s, cellFor(s, edge), ctx), edge, plan, nullptr, ctx.part(0.f, 0.2f));
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
    now = swell(std::move(grid), edge, plan, &now, ctx.part(0.2f, 1.f));
    const std::size_t triangles = 2 * now.sheet.flat.triangles.size();
    if (triangles >= kFewestTriangles && (triangles <= kManyTriangles || forced)) break;
  }
  return now;
}

Swelling swellAtResolution(const Silhouette& s, const BodyPlan& plan, int resolution,
                           const Context& ctx) {
  const double edge = double(s.longest()) / resolution;
  const double triangles = kTrianglesPerCell * s.area / (edge * edge);
  if (triangles > kMostTriangles)
    throw OutOfMemory(fmt::format(
        "A resolution of {} would make about {:.0f} million triangles. Choose {} or less.",
        resolution, triangles / 1e6,
        static_cast<int>(resolution * std::sqrt(kMostTriangles / triangles) / 16.) * 16));
  const double coarseEdge = std::max(edge, std::sqrt(6. * s.area / kTrialTriangles));
  const Swelling coarse = swell(sampleSilhouette(s, cellFor(s, coarseEdge), ctx), coarseEdge, plan,
                                nullptr, ctx.part(0.f, 0.1f));
  SilhouetteGrid grid = sampleSilhouette(s, cellFor(s, edge), ctx);
  return swell(std::move(grid), edge, plan, &coarse, ctx.part(0.1f, 1.f));
}

}  // namespace maquette
