#include "classical/rim_clearance.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

namespace maquette {
namespace {

constexpr double kClear = 0.35;     // cells
constexpr double kFlattest = 0.05;  // of a cell: triangles may become so small

struct Corners {
  std::uint32_t a = 0, b = 0;
};

class Keeper {
 public:
  Keeper(FlatMesh& mesh, double cell, const Context& ctx)
      : mesh_(mesh), clear_(kClear * cell), flattest_(kFlattest * cell * cell) {
    first_.assign(mesh.points.size() + 1, 0);
    for (const Triangle& t : mesh.triangles)
      for (const std::uint32_t v : t) ++first_[v + 1];
    std::partial_sum(first_.begin(), first_.end(), first_.begin());
    ctx.check();
    around_.resize(3 * mesh.triangles.size());
    std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
    for (const Triangle& t : mesh.triangles)
      for (std::size_t k = 0; k < 3; ++k) around_[next[t[k]]++] = {t[(k + 1) % 3], t[(k + 2) % 3]};
  }

  void run(const Context& ctx) {
    for (std::uint32_t v = 0; v < mesh_.points.size(); ++v) {
      if (v % 65536 == 0) ctx.check();
      if (!mesh_.onRim[v]) move(v);
    }
  }

 private:
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

  void move(std::uint32_t v) {
    const std::optional<PlanePoint> rim = rimNear(v);
    if (!rim) return;
    const PlanePoint p = mesh_.points[v];
    const double distance = std::hypot(p.x - rim->x, p.y - rim->y);
    if (distance <= 0.) return;
    const double enough = std::min(flattest_, smallestAround(v, p));
    double step = clear_ / distance - 1.;
    for (int halvings = 0; halvings < 4; ++halvings, step *= 0.5) {
      const PlanePoint to{p.x + step * (p.x - rim->x), p.y + step * (p.y - rim->y)};
      if (smallestAround(v, to) < enough) continue;
      mesh_.points[v] = to;
      return;
    }
  }

  FlatMesh& mesh_;
  double clear_, flattest_;
  std::vector<std::uint32_t> first_;  // per point, and one more
  std::vector<Corners> around_;       // of the triangles around each point, the other corners
};

}  // namespace

void clearRim(FlatMesh& mesh, double cell, const Context& ctx) { Keeper(mesh, cell, ctx).run(ctx); }

}  // namespace maquette
