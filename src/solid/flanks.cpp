#include "solid/flanks.h"

#include <algorithm>
#include <cmath>

namespace maquette {
namespace {

constexpr float kNewDirection = 0.3f;  // sine between a normal and the plane of the others
constexpr float kSamePlace = 0.1f;     // voxels

}  // namespace

Meeting meetingOf(const Flanks& flanks, Vec3 from) {
  Meeting meeting{from, 0};
  std::array<Vec3, 3> axis{};
  for (std::size_t i = 0; i < flanks.count && meeting.rank < 3; ++i) {
    Vec3 rest = flanks.normal[i];
    for (int r = 0; r < meeting.rank; ++r)
      rest = rest - axis[std::size_t(r)] * dot(rest, axis[std::size_t(r)]);
    if (length(rest) < kNewDirection) continue;
    rest = normalized(rest);
    const float off = dot(flanks.normal[i], flanks.at[i] - meeting.point);
    meeting.point += rest * (off / dot(flanks.normal[i], rest));
    axis[std::size_t(meeting.rank++)] = rest;
  }
  return meeting;
}

Meeting nearestEdge(const Flanks& ones, const Flanks& others, Vec3 from) {
  Meeting best;
  for (std::size_t i = 0; i < ones.count; ++i)
    for (std::size_t j = 0; j < others.count; ++j) {
      Flanks pair;
      pair.add(ones.normal[i], ones.at[i]);
      pair.add(others.normal[j], others.at[j]);
      const Meeting meeting = meetingOf(pair, from);
      if (meeting.rank == 2 &&
          (best.rank == 0 || length(meeting.point - from) < length(best.point - from)))
        best = meeting;
    }
  return best;
}

void Places::add(Vec3 p) { places_[cellOf(p, {0, 0, 0})].push_back(p); }

bool Places::has(Vec3 p) const {
  for (int c = 0; c < 27; ++c) {
    const auto found = places_.find(cellOf(p, {c % 3 - 1, c / 3 % 3 - 1, c / 9 - 1}));
    if (found != places_.end() &&
        std::ranges::any_of(found->second, [&](Vec3 q) { return length(q - p) < kSamePlace; }))
      return true;
  }
  return false;
}

Places::Cell Places::cellOf(Vec3 p, Cell step) {
  return {int(std::floor(p.x / kSamePlace)) + step[0], int(std::floor(p.y / kSamePlace)) + step[1],
          int(std::floor(p.z / kSamePlace)) + step[2]};
}

}  // namespace maquette
