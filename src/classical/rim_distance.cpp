#include "classical/rim_distance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace maquette {
namespace {

double squaredDistance(PlanePoint p, PlanePoint a, PlanePoint b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double t = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy), 0., 1.);
  const double ex = p.x - a.x - t * dx, ey = p.y - a.y - t * dy;
  return ex * ex + ey * ey;
}

}  // namespace

RimDistance::RimDistance(const FlatMesh& flat, double limit) : limit_(limit) {
  double right = -1e30, bottom = -1e30;
  left_ = top_ = 1e30;
  for (const PlanePoint& p : flat.points) {
    left_ = std::min(left_, p.x);
    right = std::max(right, p.x);
    top_ = std::min(top_, p.y);
    bottom = std::max(bottom, p.y);
  }
  std::vector<Segment> all;
  for (const Triangle& t : flat.triangles)
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t a = t[k], b = t[(k + 1) % 3];
      // Only the outline joins two of its vertices; where the sheet ends level is no rim.
      if (flat.onBoundary(a) && flat.onBoundary(b) && (flat.onRim[a] || flat.onRim[b]) &&
          !(flat.endsLevel(a) && flat.endsLevel(b)))
        all.push_back({flat.points[a], flat.points[b]});
    }
  columns_ = std::max(1, static_cast<int>((right - left_) / limit_) + 1);
  rows_ = std::max(1, static_cast<int>((bottom - top_) / limit_) + 1);
  const auto binOf = [&](const Segment& s) {
    const int x = static_cast<int>((0.5 * (s.a.x + s.b.x) - left_) / limit_);
    const int y = static_cast<int>((0.5 * (s.a.y + s.b.y) - top_) / limit_);
    return bin(std::clamp(x, 0, columns_ - 1), std::clamp(y, 0, rows_ - 1));
  };
  first_.assign(std::size_t(columns_) * std::size_t(rows_) + 1, 0);
  for (const Segment& s : all) ++first_[binOf(s) + 1];
  std::partial_sum(first_.begin(), first_.end(), first_.begin());
  segments_.resize(all.size());
  std::vector<std::uint32_t> next(first_.begin(), first_.end() - 1);
  for (const Segment& s : all) segments_[next[binOf(s)]++] = s;
}

double RimDistance::at(PlanePoint p) const {
  const int x = static_cast<int>((p.x - left_) / limit_);
  const int y = static_cast<int>((p.y - top_) / limit_);
  double least = limit_ * limit_;
  for (int j = std::max(0, y - 1); j <= std::min(rows_ - 1, y + 1); ++j)
    for (int i = std::max(0, x - 1); i <= std::min(columns_ - 1, x + 1); ++i)
      for (std::uint32_t s = first_[bin(i, j)]; s < first_[bin(i, j) + 1]; ++s)
        least = std::min(least, squaredDistance(p, segments_[s].a, segments_[s].b));
  return std::sqrt(least);
}

}  // namespace maquette
