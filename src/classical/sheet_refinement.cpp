#include "classical/sheet_refinement.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <queue>
#include <tuple>
#include <utility>

namespace maquette {
namespace {

constexpr auto kNone = std::numeric_limits<std::uint32_t>::max();

/// An edge waiting to be halved, as seen from one of its triangles.
struct Candidate {
  double length;  // squared
  std::uint32_t a, b;
  std::uint32_t triangle;
  // Longest first; equal lengths by number, so that the order never depends on the heap.
  bool operator<(const Candidate& o) const {
    return std::tie(length, o.a, o.b) < std::tie(o.length, a, b);
  }
};

class Refiner {
 public:
  Refiner(SwollenSheet& sheet, double longest, const Context& ctx)
      : sheet_(sheet), triangles_(sheet.flat.triangles), limit_(longest * longest) {
    findNeighbours(ctx);
    for (std::uint32_t t = 0; t < triangles_.size(); ++t) {
      if (t % 65536 == 0) ctx.check();
      for (std::size_t k = 0; k < 3; ++k)
        if (across_[t][k] == kNone || across_[t][k] > t) offer(t, k);
    }
  }

  void run(std::size_t most, const Context& ctx) {
    for (std::size_t step = 0; !queue_.empty() && triangles_.size() < most; ++step) {
      if (step % 1024 == 0) ctx.check();
      const Candidate next = queue_.top();
      queue_.pop();
      if (const int k = sideOf(next.triangle, next.a, next.b); k >= 0)
        halve(next.triangle, static_cast<std::size_t>(k));
    }
  }

 private:
  void findNeighbours(const Context& ctx) {
    across_.assign(triangles_.size(), {kNone, kNone, kNone});
    // Sides sorted by the vertex they start from; a side's twin starts where it ends.
    std::vector<std::uint32_t> first(sheet_.flat.points.size() + 1, 0);
    for (const Triangle& t : triangles_)
      for (const std::uint32_t v : t) ++first[v + 1];
    std::partial_sum(first.begin(), first.end(), first.begin());
    ctx.check();
    std::vector<std::uint32_t> sides(3 * triangles_.size()), next(first.begin(), first.end() - 1);
    for (std::uint32_t s = 0; s < sides.size(); ++s) sides[next[triangles_[s / 3][s % 3]]++] = s;
    for (std::uint32_t t = 0; t < triangles_.size(); ++t) {
      if (t % 65536 == 0) ctx.check();
      for (std::size_t k = 0; k < 3; ++k) {
        const std::uint32_t a = triangles_[t][k], b = triangles_[t][(k + 1) % 3];
        for (std::uint32_t i = first[b]; i < first[b + 1]; ++i)
          if (triangles_[sides[i] / 3][(sides[i] % 3 + 1) % 3] == a) across_[t][k] = sides[i] / 3;
      }
    }
  }

  /// Whether an edge of the boundary runs along a level end, rising from the rim or above it.
  bool onLevelEnd(std::uint32_t a, std::uint32_t b) const {
    const FlatMesh& flat = sheet_.flat;
    return flat.endsLevel(a) && flat.endsLevel(b) && !(flat.onRim[a] && flat.onRim[b]);
  }

  double lengthSquared(std::uint32_t a, std::uint32_t b) const {
    const PlanePoint &p = sheet_.flat.points[a], &q = sheet_.flat.points[b];
    const double dx = p.x - q.x, dy = p.y - q.y, dz = sheet_.depth(a) - sheet_.depth(b);
    return dx * dx + dy * dy + dz * dz;
  }

  void offer(std::uint32_t t, std::size_t k) {
    const auto [a, b] = std::minmax(triangles_[t][k], triangles_[t][(k + 1) % 3]);
    if (across_[t][k] == kNone && !onLevelEnd(a, b)) return;  // the rim
    const double length = lengthSquared(a, b);
    if (length > limit_) queue_.push({length, a, b, t});
  }

  /// Which side of the triangle joins a and b, or -1: the candidate is out of date.
  int sideOf(std::uint32_t t, std::uint32_t a, std::uint32_t b) const {
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t p = triangles_[t][k], q = triangles_[t][(k + 1) % 3];
      if ((p == a && q == b) || (p == b && q == a)) return static_cast<int>(k);
    }
    return -1;
  }

  std::uint32_t addMiddle(std::uint32_t a, std::uint32_t b, bool level) {
    const PlanePoint &p = sheet_.flat.points[a], &q = sheet_.flat.points[b];
    const PlanePoint middle{0.5 * (p.x + q.x), 0.5 * (p.y + q.y)};
    sheet_.flat.points.push_back(middle);
    sheet_.flat.onRim.push_back(0);
    if (!sheet_.flat.onLevelEnd.empty()) sheet_.flat.onLevelEnd.push_back(level ? 2 : 0);
    sheet_.swell.push_back(0.5 * (sheet_.swell[a] + sheet_.swell[b]));
    return static_cast<std::uint32_t>(sheet_.flat.points.size() - 1);
  }

  /// Cuts triangle t at the middle of side k: t keeps the half at the side's first corner.
  /// @return the other half
  std::uint32_t cut(std::uint32_t t, std::size_t k, std::uint32_t middle) {
    const std::size_t k1 = (k + 1) % 3, k2 = (k + 2) % 3;
    const Triangle old = triangles_[t];
    const auto other = static_cast<std::uint32_t>(triangles_.size());
    const std::uint32_t beyond = across_[t][k1];
    triangles_.push_back({middle, old[k1], old[k2]});
    across_.push_back({kNone, beyond, t});
    if (beyond != kNone)
      for (std::uint32_t& n : across_[beyond])
        if (n == t) n = other;
    triangles_[t][k1] = middle;
    across_[t][k1] = other;
    return other;
  }

  void halve(std::uint32_t t, std::size_t k) {
    const std::uint32_t n = across_[t][k];
    const std::uint32_t a = triangles_[t][k], b = triangles_[t][(k + 1) % 3];
    if (n == kNone) {  // where the sheet ends level
      const std::uint32_t other = cut(t, k, addMiddle(a, b, true));
      offer(t, k);
      offer(other, 0);
      offer(t, (k + 1) % 3);
      offer(other, 1);
      return;
    }
    const auto kn = static_cast<std::size_t>(sideOf(n, a, b));
    const std::uint32_t middle = addMiddle(a, b, false);
    // t runs a to b, its neighbour b to a: each keeps the half at its own first corner.
    const std::uint32_t tOther = cut(t, k, middle);
    const std::uint32_t nOther = cut(n, kn, middle);
    across_[t][k] = nOther;
    across_[nOther][0] = t;
    across_[n][kn] = tOther;
    across_[tOther][0] = n;
    offer(t, k);
    offer(tOther, 0);
    offer(t, (k + 1) % 3);
    offer(n, (kn + 1) % 3);
    // A candidate names a triangle; those that moved to the other halves are named anew.
    offer(tOther, 1);
    offer(nOther, 1);
  }

  SwollenSheet& sheet_;
  std::vector<Triangle>& triangles_;
  std::vector<std::array<std::uint32_t, 3>> across_;  // the triangle beyond each side
  double limit_;
  std::priority_queue<Candidate> queue_;
};

}  // namespace

double SwollenSheet::depth(std::uint32_t point) const { return scale * std::sqrt(swell[point]); }

void refineSheet(SwollenSheet& sheet, double longest, std::size_t most, const Context& ctx) {
  Refiner(sheet, longest, ctx).run(most, ctx);
}

}  // namespace maquette
