#include "classical/rim_tidying.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace maquette {
namespace {

constexpr int kRounds = 3;
constexpr double kClear = 0.35;     // cells
constexpr double kFlattest = 0.05;  // of a cell: triangles may become so small
constexpr double kSlide = 0.4;      // cells: how far the outline may be from its chord

struct Corners {
  std::uint32_t a = 0, b = 0;
};

class RimTidier {
 public:
  RimTidier(FlatMesh& mesh, const SilhouetteGrid& grid, const Context& ctx)
      : mesh_(mesh),
        grid_(grid),
        clear_(kClear * grid.cell),
        flattest_(kFlattest * grid.cell * grid.cell),
        beside_(mesh.points.size()) {
    first_.assign(mesh.points.size() + 1, 0);
    for (const Triangle& t : mesh.triangles)
      for (const std::uint32_t v : t) ++first_[v + 1];
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    ctx.check();
    around_.resize(3 * mesh.triangles.size());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (const Triangle& t : mesh.triangles)
      for (std::size_t k = 0; k < 3; ++k) {
        const std::uint32_t a = t[k], b = t[(k + 1) % 3];
        around_[next[a]++] = {b, t[(k + 2) % 3]};
        if (!mesh.onRim[a] || !mesh.onRim[b]) continue;  // only the outline joins two of its points
        beside_[a].b = b;
        beside_[b].a = a;
      }
    for (std::uint32_t v = 0; v < mesh.points.size(); ++v)
      if (mesh.onRim[v]) rim_.push_back(v);
  }

  void run(const Context& ctx) {
    for (int round = 0; round < kRounds; ++round) {
      ctx.check();
      slide();
      for (std::uint32_t v = 0; v < mesh_.points.size(); ++v) {
        if (v % 65536 == 0) ctx.check();
        if (!mesh_.onRim[v]) clear(v);
      }
    }
  }

 private:
  /// Every point of the rim to where the outline is halfway between its neighbours.
  void slide() {
    std::vector<PlanePoint> to;
    to.reserve(rim_.size());
    for (const std::uint32_t v : rim_) to.push_back(halfway(v));
    for (std::size_t i = 0; i < rim_.size(); ++i) moveTo(rim_[i], to[i]);
  }

  PlanePoint halfway(std::uint32_t v) const {
    const PlanePoint a = mesh_.points[beside_[v].a], b = mesh_.points[beside_[v].b];
    const double length = std::hypot(b.x - a.x, b.y - a.y);
    if (length <= 0.) return mesh_.points[v];
    const PlanePoint across{(b.y - a.y) / length, (a.x - b.x) / length};
    const auto at = [&](double t) {
      return PlanePoint{0.5 * (a.x + b.x) + t * across.x, 0.5 * (a.y + b.y) + t * across.y};
    };
    const auto inside = [&](double t) { return grid_.outlineAt(at(t).x, at(t).y) > 0.; };
    double low = -kSlide * grid_.cell, high = -low;
    const bool first = inside(low);
    if (inside(high) == first) return mesh_.points[v];  // no outline here, or more than one
    for (int step = 0; step < 20; ++step) {
      const double middle = 0.5 * (low + high);
      (inside(middle) == first ? low : high) = middle;
    }
    return at(0.5 * (low + high));
  }

  /// @return  false where that would make a triangle too small, or smaller yet
  bool moveTo(std::uint32_t v, PlanePoint to) {
    if (smallestAround(v, to) < std::min(flattest_, smallestAround(v, mesh_.points[v])))
      return false;
    mesh_.points[v] = to;
    return true;
  }

  /// The nearest place of the rim in the triangles around v, if one is too near.
  std::optional<PlanePoint> rimNear(std::uint32_t v) const {
    const PlanePoint p = mesh_.points[v];
    double least = clear_ * clear_;
    std::optional<PlanePoint> nearest;
    for (std::uint32_t i = first_[v]; i < first_[v + 1]; ++i) {
      const auto [a, b] = around_[i];
      if (!mesh_.onRim[a] && !mesh_.onRim[b]) continue;
      const PlanePoint from = mesh_.points[mesh_.onRim[a] ? a : b];
      const PlanePoint to = mesh_.points[mesh_.onRim[b] ? b : a];
      const double dx = to.x - from.x, dy = to.y - from.y, length = dx * dx + dy * dy;
      const double off = (p.x - from.x) * dx + (p.y - from.y) * dy;
      const double along = length > 0. ? std::clamp(off / length, 0., 1.) : 0.;
      const PlanePoint at{from.x + along * dx, from.y + along * dy};
      const double squared = (p.x - at.x) * (p.x - at.x) + (p.y - at.y) * (p.y - at.y);
      if (squared >= least) continue;
      least = squared;
      nearest = at;
    }
    return nearest;
  }

  /// Twice the area of the smallest triangle around v, were it there; negative if one turns over.
  double smallestAround(std::uint32_t v, PlanePoint at) const {
    double least = 1e30;
    for (std::uint32_t i = first_[v]; i < first_[v + 1]; ++i) {
      const PlanePoint a = mesh_.points[around_[i].a], b = mesh_.points[around_[i].b];
      least = std::min(least, (b.x - at.x) * (a.y - at.y) - (b.y - at.y) * (a.x - at.x));
    }
    return least;
  }

  void clear(std::uint32_t v) {
    const std::optional<PlanePoint> rim = rimNear(v);
    if (!rim) return;
    const PlanePoint p = mesh_.points[v];
    const double distance = std::hypot(p.x - rim->x, p.y - rim->y);
    if (distance <= 0.) return;
    double step = clear_ / distance - 1.;
    for (int halvings = 0; halvings < 4; ++halvings, step *= 0.5)
      if (moveTo(v, {p.x + step * (p.x - rim->x), p.y + step * (p.y - rim->y)})) return;
  }

  FlatMesh& mesh_;
  const SilhouetteGrid& grid_;
  double clear_, flattest_;
  std::vector<Corners> beside_;       // of points on the rim: the one before and the one behind
  std::vector<std::uint32_t> rim_;    // points on the rim
  std::vector<std::uint32_t> first_;  // per point, and one more
  std::vector<Corners> around_;       // of the triangles around each point, the other corners
};

}  // namespace

void tidyRim(FlatMesh& mesh, const SilhouetteGrid& grid, const Context& ctx) {
  RimTidier(mesh, grid, ctx).run(ctx);
}

}  // namespace maquette
