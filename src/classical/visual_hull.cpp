#include "classical/visual_hull.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "classical/dual_surface.h"
#include "classical/flat_mesh.h"
#include "classical/ghosts.h"
#include "classical/poisson.h"
#include "classical/silhouette_grid.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr int kTrialCells = 72;
constexpr double kWantedTriangles = 220e3;
constexpr int kFewestCells = 48, kMostCells = 400;  // automatic, along the longest side
constexpr double kMostNodes = 400e6;                // of the lattice in space
constexpr double kLeastShare = 0.02;                // of an edge: no slivers
constexpr float kMostPowered = 0.99999f;            // inside: less than 1, whatever rounding does
constexpr double kWorthSaying = 0.01;

/// The largest value of a row, between the samples too: the top of the parabola through the largest
/// and its neighbours.
double peak(const float* row, int count) {
  const auto at = std::max_element(row, row + count) - row;
  if (at == 0 || at + 1 == count) return double(row[at]);
  const double a = double(row[at - 1]), b = double(row[at]), c = double(row[at + 1]);
  const double bend = 2. * b - a - c;
  return bend > 0. && a > 0. && c > 0. ? b + 0.125 * (c - a) * (c - a) / bend : b;
}

/// One outline on the lattice: column and row of a node, and how far it is from the middle.
class Profile {
 public:
  Profile(const Silhouette& silhouette, double cell, double power, const Context& ctx)
      : grid_(sampleSilhouette(silhouette, cell, ctx)), power_(power) {
    measure(ctx);
    crossings();
  }

  const SilhouetteGrid& grid() const { return grid_; }
  bool inside(int column, int row) const { return grid_.value[grid_.index(column, row)] > 0.f; }
  /// u^p in [0, 1]; 1 outside.
  float powered(int column, int row) const { return powered_[grid_.index(column, row)]; }
  /// Where the outline leaves the lattice edge from a node inside towards its neighbour outside.
  double crossing(int column, int row, bool alongRow, int direction) const {
    const int dx = alongRow ? direction : 0, dy = alongRow ? 0 : direction;
    const int fx = std::min(column, column + dx), fy = std::min(row, row + dy);
    const double t = (alongRow ? across_ : down_)[grid_.index(fx, fy)];
    return direction > 0 ? t : 1. - t;
  }
  double u(int column, int row) const {
    return std::pow(double(powered(column, row)), 1. / power_);
  }
  /// u at the neighbour of a node; where that is outside, as u goes on over the outline, which it
  /// meets at 1. (Held at 1 there, the surface would jump wherever it comes near to the outline.)
  double uBeside(int column, int row, bool alongRow, int direction) const {
    const int toColumn = column + (alongRow ? direction : 0);
    const int toRow = row + (alongRow ? 0 : direction);
    if (!inside(column, row) || inside(toColumn, toRow)) return u(toColumn, toRow);
    const double here = u(column, row);
    return here + (1. - here) / std::max(kLeastShare, crossing(column, row, alongRow, direction));
  }

 private:
  /// The soap film's height over its row's largest: 1 in the middle, 0 on the outline.
  void measure(const Context& ctx) {
    powered_.assign(grid_.value.size(), 1.f);
    std::vector<float> height(grid_.value.size(), 0.f);
    if (power_ > 0.) {
      const FlatMesh flat = fillSilhouette(grid_, ctx);
      const std::vector<double> swell = solveSheet(flat, 0., {}, {}, ctx);
      for (std::size_t p = 0; p < flat.points.size(); ++p) {
        if (flat.onRim[p]) continue;
        const auto x = static_cast<int>(std::lround((flat.points[p].x - grid_.x0) / grid_.cell));
        const auto y = static_cast<int>(std::lround((flat.points[p].y - grid_.y0) / grid_.cell));
        height[grid_.index(x, y)] = static_cast<float>(swell[p]);
      }
    }
    for (int y = 0; y < grid_.ny; ++y) {
      const std::size_t row = grid_.index(0, y);
      const double highest = peak(height.data() + row, grid_.nx);
      for (int x = 0; x < grid_.nx; ++x) {
        if (!inside(x, y)) continue;
        const std::size_t i = row + std::size_t(x);
        const double squared = power_ > 0. ? std::max(0., 1. - double(height[i]) / highest) : 0.;
        powered_[i] =
            power_ > 0. ? std::min(kMostPowered, float(std::pow(squared, 0.5 * power_))) : 0.f;
      }
    }
  }

  void crossings() {
    across_.assign(grid_.value.size(), 0.5f);
    down_.assign(grid_.value.size(), 0.5f);
    for (int y = 0; y + 1 < grid_.ny; ++y)
      for (int x = 0; x + 1 < grid_.nx; ++x) {
        const std::size_t i = grid_.index(x, y);
        if (inside(x, y) != inside(x + 1, y))
          across_[i] = static_cast<float>(grid_.crossing(x, y, x + 1, y));
        if (inside(x, y) != inside(x, y + 1))
          down_[i] = static_cast<float>(grid_.crossing(x, y, x, y + 1));
      }
  }

  SilhouetteGrid grid_;
  double power_;                      // 0: no rounding
  std::vector<float> powered_;        // per node
  std::vector<float> across_, down_;  // per node: on the edge to the right, and to the one below
};

/// The two profiles in space. Lattice z runs up, the profiles' rows down.
class Carving {
 public:
  Carving(const Profile& front, const Profile& side, double power)
      : front_(front), side_(side), power_(power) {}

  SolidGrid solid(const Context& ctx) const {
    SolidGrid grid{front_.grid().nx, side_.grid().nx, front_.grid().ny, {}};
    grid.inside.assign(std::size_t(grid.nx) * std::size_t(grid.ny) * std::size_t(grid.nz), 0);
    parallelFor(std::size_t(grid.nz), 4, [&](std::size_t begin, std::size_t end) {
      ctx.check();
      for (auto z = static_cast<int>(begin); z < static_cast<int>(end); ++z) {
        const int row = grid.nz - 1 - z;
        for (int y = 0; y < grid.ny; ++y) {
          if (!side_.inside(y, row)) continue;
          const float left = 1.f - side_.powered(y, row);
          std::uint8_t* out = grid.inside.data() + grid.index(0, y, z);
          for (int x = 0; x < grid.nx; ++x)
            out[x] = front_.inside(x, row) && (power_ <= 0. || front_.powered(x, row) < left);
        }
      }
    });
    return grid;
  }

  double crossing(GridNode node, int axis, int direction) const {
    const int rows = front_.grid().ny;
    const int row = rows - 1 - node.z;
    GridNode to = node;
    (axis == 0 ? to.x : axis == 1 ? to.y : to.z) += direction;
    const int toRow = rows - 1 - to.z;
    double t = 1.;
    bool found = false;
    if (axis != 1 && front_.inside(node.x, row) && !front_.inside(to.x, toRow)) {
      t = axis == 0 ? front_.crossing(node.x, row, true, direction)
                    : front_.crossing(node.x, row, false, -direction);
      found = true;
    }
    if (axis != 0 && side_.inside(node.y, row) && !side_.inside(to.y, toRow)) {
      t = std::min(t, axis == 1 ? side_.crossing(node.y, row, true, direction)
                                : side_.crossing(node.y, row, false, -direction));
      found = true;
    }
    if (power_ > 0.) {
      const double f = front_.u(node.x, row), s = side_.u(node.y, row);
      const double fTo = axis == 1   ? f
                         : axis == 0 ? front_.uBeside(node.x, row, true, direction)
                                     : front_.uBeside(node.x, row, false, -direction);
      const double sTo = axis == 0   ? s
                         : axis == 1 ? side_.uBeside(node.y, row, true, direction)
                                     : side_.uBeside(node.y, row, false, -direction);
      const double here = depth(f, s), there = depth(fTo, sTo);
      if (here > 0. && there <= 0.) {
        t = std::min(t, here / (here - there));
        found = true;
      }
    }
    return found ? std::clamp(t, kLeastShare, 1. - kLeastShare) : 0.5;
  }

 private:
  double depth(double f, double s) const {
    return 1. - std::pow(std::pow(f, power_) + std::pow(s, power_), 1. / power_);
  }

  const Profile& front_;
  const Profile& side_;
  double power_;
};

/// Rows of an outline where it shows something.
double lostShare(const Profile& profile, const SolidGrid& grid, bool frontal) {
  double shown = 0., lost = 0.;
  for (int row = 0; row < profile.grid().ny; ++row)
    for (int column = 0; column < profile.grid().nx; ++column) {
      if (!profile.inside(column, row)) continue;
      shown += 1.;
      const int z = grid.nz - 1 - row, count = frontal ? grid.ny : grid.nx;
      const std::uint8_t* at =
          grid.inside.data() + (frontal ? grid.index(column, 0, z) : grid.index(0, column, z));
      const std::size_t stride = grid.stride(frontal ? 1 : 0);
      bool covered = false;
      for (int k = 0; k < count && !covered; ++k) covered = at[std::size_t(k) * stride] != 0;
      lost += !covered;
    }
  return shown > 0. ? lost / shown : 0.;
}

std::string ghostNote(int ghosts) {
  return fmt::format(
      "{} that the views allow but none of them needs {} left out: every outline is covered "
      "without.",
      ghosts == 1 ? std::string("1 separate piece") : fmt::format("{} separate pieces", ghosts),
      ghosts == 1 ? "was" : "were");
}

class Builder {
 public:
  Builder(const AlignedViews& views, const ShapeParams& params, const Context& ctx)
      : params_(params),
        front_(whole(views.frontal, views, ctx)),
        side_(whole(*views.lateral, views, ctx)) {
    power_ = params.rounding > 0.f ? 2. / double(params.rounding) : 0.;
    longest_ = std::max({front_.width, front_.height, side_.width});
  }

  VisualHull build(const Context& ctx) const {
    if (params_.resolution > 0) return at(params_.resolution, ctx);
    const VisualHull trial = at(kTrialCells, ctx.part(0.f, 0.15f));
    const double cells =
        kTrialCells * std::sqrt(kWantedTriangles / double(trial.mesh.triangles.size()));
    return at(std::clamp(cells, double(kFewestCells), double(kMostCells)), ctx.part(0.15f, 1.f));
  }

 private:
  /// The outline with the common frame's rows, whatever its own box says.
  static Silhouette whole(const Mask& mask, const AlignedViews& views, const Context& ctx) {
    if (std::ranges::none_of(mask.values, [](std::uint8_t v) { return v >= 128; }))
      throw InvalidInput(
          "Opposite views have nothing in common. Check that each picture is in its place.");
    Silhouette s = lookAt(mask, ctx);
    s.left = s.top = views.margin;
    s.width = mask.width - 2 * views.margin;
    s.height = views.height;
    return s;
  }

  VisualHull at(double cells, const Context& ctx) const {
    const double cell = longest_ / cells;
    const double nodes =
        (front_.width / cell + 5.) * (front_.height / cell + 5.) * (side_.width / cell + 5.);
    if (nodes > kMostNodes)
      throw OutOfMemory(fmt::format(
          "A resolution of {:.0f} would take about {:.1f} GB. Choose {} or less.", cells,
          nodes * 1e-9, static_cast<int>(cells * std::cbrt(kMostNodes / nodes) / 16.) * 16));
    const Profile front(front_, cell, power_, ctx), side(side_, cell, power_, ctx);
    ctx.report(0.2f);
    const Carving carving(front, side, power_);
    SolidGrid grid = carving.solid(ctx);
    joinOverCorners(grid, ctx);
    ctx.report(0.4f);
    VisualHull hull;
    if (const int ghosts = removeGhosts(grid, ctx)) hull.notes.push_back(ghostNote(ghosts));
    noteLost(hull, front, side, grid);
    ctx.report(0.5f);
    hull.mesh = dualSurface(
        grid,
        [&](GridNode node, int axis, int direction) {
          return carving.crossing(node, axis, direction);
        },
        ctx.part(0.5f, 0.95f));
    if (hull.mesh.triangles.empty())
      throw InvalidInput(
          "The views have nothing in common: no place is inside of all of them. Check that each "
          "picture is in its place.");
    // Lattice to the common frame's pixels; the object's top left front corner is at 0.
    const double ox = front.grid().x0 - front_.left, oy = side.grid().x0 - side_.left;
    const double oz = front_.top + front_.height - front.grid().y0 - cell * (grid.nz - 1);
    for (Vec3& p : hull.mesh.positions)
      p = {static_cast<float>(ox + p.x * cell), static_cast<float>(oy + p.y * cell),
           static_cast<float>(oz + p.z * cell)};
    log("shape")->info("hull of {} x {} x {} nodes, {} triangles", grid.nx, grid.ny, grid.nz,
                       hull.mesh.triangles.size());
    ctx.report(1.f);
    return hull;
  }

  static void noteLost(VisualHull& hull, const Profile& front, const Profile& side,
                       const SolidGrid& grid) {
    const auto note = [&](double share, const char* whose, const char* other) {
      if (share >= kWorthSaying)
        hull.notes.push_back(fmt::format(
            "{:.0f} % of the {} outline is missing: the {} outline leaves no room for it.",
            std::max(1., 100. * share), whose, other));
    };
    note(lostShare(front, grid, true), "front", "side");
    note(lostShare(side, grid, false), "side", "front");
  }

  const ShapeParams& params_;
  Silhouette front_, side_;
  double power_ = 0., longest_ = 1.;
};

}  // namespace

VisualHull visualHull(const AlignedViews& views, const ShapeParams& params, const Context& ctx) {
  return Builder(views, params, ctx).build(ctx);
}

}  // namespace maquette
