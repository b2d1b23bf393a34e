#include "classical/rim_distance.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace maquette {
namespace {

struct Nearest {
  double squared = 0., along = 0.;  // the distance; where on the segment, [0, 1]
};

Nearest nearestOn(PlanePoint p, PlanePoint a, PlanePoint b) {
  const double dx = b.x - a.x, dy = b.y - a.y;
  const double t = std::clamp(((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy), 0., 1.);
  const double ex = p.x - a.x - t * dx, ey = p.y - a.y - t * dy;
  return {ex * ex + ey * ey, t};
}

}  // namespace

RimDistance::RimDistance(const FlatMesh& flat, double limit, const RaisedLevels& levels)
    : limit_(limit) {
  double right = -1e30, bottom = -1e30;
  left_ = top_ = 1e30;
  for (const PlanePoint& p : flat.points) {
    left_ = std::min(left_, p.x);
    right = std::max(right, p.x);
    top_ = std::min(top_, p.y);
    bottom = std::max(bottom, p.y);
  }
  const auto start = [&](std::uint32_t p) {
    const LevelRun* run = runAt(levels.runs, flat, p);
    const double t = run ? 1. - std::min(1., run->inwards(flat.points[p].x) / levels.over) : 1.;
    return levels.most * (1. - t * t);
  };
  std::vector<Segment> all;
  for (const Triangle& t : flat.triangles)
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t a = t[k], b = t[(k + 1) % 3];
      // Only the outline joins two of its vertices.
      const bool level = flat.endsLevel(a) && flat.endsLevel(b);
      if (level && !levels.runs.empty())
        all.push_back({flat.points[a], flat.points[b], start(a), start(b)});
      if (!level && flat.onBoundary(a) && flat.onBoundary(b) && (flat.onRim[a] || flat.onRim[b]))
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
  double least = limit_;
  for (int j = std::max(0, y - 1); j <= std::min(rows_ - 1, y + 1); ++j)
    for (int i = std::max(0, x - 1); i <= std::min(columns_ - 1, x + 1); ++i)
      for (std::uint32_t s = first_[bin(i, j)]; s < first_[bin(i, j) + 1]; ++s) {
        const Segment& segment = segments_[s];
        const Nearest nearest = nearestOn(p, segment.a, segment.b);
        if (nearest.squared >= least * least) continue;
        const double from = segment.atA + nearest.along * (segment.atB - segment.atA);
        least = std::min(least, from + std::sqrt(nearest.squared));
      }
  return least;
}

}  // namespace maquette
