#include "classical/level_runs.h"

#include <cmath>
#include <tuple>

namespace maquette {
namespace {

constexpr double kFoot = 2.25;  // fullness: half as long again as it is wide

}  // namespace

double LevelRun::swell(double x, double k) const {
  const double half = 0.5 * width(), off = x - 0.5 * (left + right);
  // The limit for small k * half is half^2 - off^2; beyond it the hyperbolas' ratio must not
  // overflow.
  constexpr double kFree = 1e-2, kHeld = 300.;
  const double kh = k * half;
  double free = half * half - off * off;
  if (kh > kHeld)
    free = 2. / (k * k) * (1. - std::exp(k * (std::abs(off) - half)));
  else if (kh > kFree)
    free = 2. / (k * k) * (1. - std::cosh(k * off) / std::cosh(kh));
  return fullness * std::max(0., free);
}

std::vector<LevelRun> levelRunsOf(const FlatMesh& flat) {
  std::vector<LevelRun> pieces;
  if (flat.onLevelEnd.empty()) return pieces;
  for (const Triangle& t : flat.triangles)
    for (std::size_t k = 0; k < 3; ++k) {
      const std::uint32_t a = t[k], b = t[(k + 1) % 3];
      if (!flat.endsLevel(a) || !flat.endsLevel(b)) continue;
      const PlanePoint &p = flat.points[a], &q = flat.points[b];
      if (p.y == q.y) pieces.push_back({p.y, std::min(p.x, q.x), std::max(p.x, q.x)});
    }
  std::ranges::sort(pieces, {}, [](const LevelRun& r) { return std::tuple(r.y, r.left); });
  std::vector<LevelRun> runs;
  for (const LevelRun& piece : pieces)
    if (!runs.empty() && runs.back().y == piece.y && runs.back().right >= piece.left)
      runs.back().right = std::max(runs.back().right, piece.right);
    else
      runs.push_back(piece);
  return runs;
}

const LevelRun* runAt(const std::vector<LevelRun>& runs, const FlatMesh& flat,
                      std::uint32_t point) {
  if (!flat.endsLevel(point)) return nullptr;
  const PlanePoint p = flat.points[point];
  for (const LevelRun& run : runs)
    if (run.y == p.y && p.x >= run.left && p.x <= run.right) return &run;
  return nullptr;
}

void fitFullness(std::vector<LevelRun>& runs, const FlatMesh& flat,
                 const std::vector<double>& swell, double k) {
  for (LevelRun& run : runs) {
    run.fullness = 1.;
    const bool foot = std::ranges::count(runs, run.y, &LevelRun::y) > 1;
    double is = 0., would = 0.;
    for (std::uint32_t p = 0; p < flat.points.size(); ++p)
      if (flat.endsLevel(p) && flat.points[p].y == run.y && run.inwards(flat.points[p].x) >= 0.) {
        is += swell[p];
        would += run.swell(flat.points[p].x, k);
      }
    if (would > 0.) run.fullness = std::min(foot ? kFoot : 1., is / would);
  }
}

void takeFullness(std::vector<LevelRun>& runs, const std::vector<LevelRun>& from) {
  for (LevelRun& run : runs) {
    double most = 0.;
    for (const LevelRun& other : from) {
      const double common = std::min(run.right, other.right) - std::max(run.left, other.left);
      if (other.y != run.y || common <= most) continue;
      most = common;
      run.fullness = other.fullness;
    }
  }
}

}  // namespace maquette
