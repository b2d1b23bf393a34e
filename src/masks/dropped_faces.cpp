#include "masks/dropped_faces.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace maquette {
namespace {

constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
constexpr std::size_t kStride = 65536;  // between looks at the context

/// Some faces by vertex, for vertices that are wanted.
struct AtVertex {
  std::vector<std::uint32_t> first, faces;

  std::span<const std::uint32_t> of(std::uint32_t v) const {
    return {faces.data() + first[v], first[v + 1] - first[v]};
  }
};

AtVertex atVertex(std::span<const Triangle> faces, std::span<const std::uint32_t> some,
                  const std::vector<std::uint8_t>& wanted) {
  AtVertex at;
  at.first.assign(wanted.size() + 1, 0);
  for (const std::uint32_t f : some)
    for (const std::uint32_t v : faces[f]) at.first[v + 1] += wanted[v];
  for (std::size_t v = 0; v < wanted.size(); ++v) at.first[v + 1] += at.first[v];
  at.faces.resize(at.first.back());
  std::vector<std::uint32_t> next(at.first.begin(), at.first.end() - 1);
  for (const std::uint32_t f : some)
    for (const std::uint32_t v : faces[f])
      if (wanted[v]) at.faces[next[v]++] = f;
  return at;
}

int sharedCorners(const Triangle& a, const Triangle& b) {
  int shared = 0;
  for (const std::uint32_t v : a) shared += std::ranges::find(b, v) != b.end();
  return shared;
}

/// The face of `among` that shares most corners with `face`, the first of several.
std::uint32_t mostShared(std::span<const Triangle> faces, const Triangle& face,
                         const AtVertex& among) {
  constexpr std::size_t kEnough = 256;  // of a fan of thousands, these will do
  std::uint32_t best = kNone;
  int most = 0;
  for (const std::uint32_t v : face) {
    const auto here = among.of(v);
    for (const std::uint32_t other : here.first(std::min(here.size(), kEnough)))
      if (const int shared = sharedCorners(face, faces[other]);
          shared > most || (shared == most && other < best)) {
        most = shared;
        best = other;
      }
  }
  return best;
}

}  // namespace

std::vector<std::uint32_t> standingFor(std::span<const Triangle> faces,
                                       std::span<const std::uint32_t> kept, std::size_t vertices,
                                       const Context& ctx) {
  std::vector<std::uint32_t> place(faces.size(), kNone), dropped, queue;
  for (std::uint32_t i = 0; i < kept.size(); ++i) place[kept[i]] = i;
  std::vector<std::uint8_t> wanted(vertices, 0);
  for (std::uint32_t f = 0; f < faces.size(); ++f) {
    if (place[f] != kNone) continue;
    dropped.push_back(f);
    for (const std::uint32_t v : faces[f]) wanted[v] = 1;
  }
  if (dropped.empty()) return place;
  const AtVertex keptAt = atVertex(faces, kept, wanted),
                 droppedAt = atVertex(faces, dropped, wanted);
  for (const std::uint32_t f : dropped) {
    if (f % kStride == 0) ctx.check();
    const std::uint32_t other = mostShared(faces, faces[f], keptAt);
    if (other == kNone) continue;
    place[f] = place[other];
    queue.push_back(f);
  }
  std::vector<std::uint8_t> spread(vertices, 0);
  for (std::size_t i = 0; i < queue.size(); ++i) {
    if (i % kStride == 0) ctx.check();
    for (const std::uint32_t v : faces[queue[i]]) {
      if (std::exchange(spread[v], std::uint8_t{1})) continue;
      for (const std::uint32_t f : droppedAt.of(v)) {
        if (place[f] != kNone) continue;
        place[f] = place[queue[i]];
        queue.push_back(f);
      }
    }
  }
  std::uint32_t last = 0;
  for (std::uint32_t& one : place) one = last = one == kNone ? last : one;
  return place;
}

}  // namespace maquette
