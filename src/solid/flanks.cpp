#include "solid/flanks.h"

#include <cmath>

namespace maquette {
namespace {

constexpr float kNewDirection = 0.3f;  // sine between a normal and the plane of the others

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

}  // namespace maquette
