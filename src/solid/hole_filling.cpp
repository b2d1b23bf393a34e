#include "solid/hole_filling.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "solid/facing.h"

namespace maquette {
namespace {

constexpr std::size_t kLeastAreaLoop = 64;  // corners; the triangulation takes their cube
constexpr std::size_t kEarLoop = 1000;      // at least their square

/// One step along a rim, in the direction that a patch must run.
struct Step {
  std::uint32_t from = 0, to = 0;
  std::uint32_t face = 0;  // of the mesh, on the other side
};
using Loop = std::vector<Step>;  // each step begins where the one before it ends

std::vector<Step> rimOf(const Mesh& mesh, const EdgeTable& edges) {
  std::vector<Step> rim;
  for (const Edge& edge : edges.edges) {
    int sum = 0;
    for (const std::uint32_t f : edges.facesOf(edge))
      sum += runsForward(mesh.triangles[f], edge) ? 1 : -1;
    const std::uint32_t face = edges.facesOf(edge)[0];
    for (; sum > 0; --sum) rim.push_back({edge.b, edge.a, face});
    for (; sum < 0; ++sum) rim.push_back({edge.a, edge.b, face});
  }
  return rim;
}

/// Takes the rim apart into loops that pass each vertex once.
std::vector<Loop> loopsOf(std::vector<Step> rim, std::size_t vertices) {
  std::ranges::sort(rim, [](const Step& l, const Step& r) {
    return l.from != r.from ? l.from < r.from : l.to < r.to;
  });
  std::vector<std::uint32_t> next(vertices, 0), end(vertices, 0);  // unused steps from a vertex
  for (std::uint32_t s = 0; s < rim.size(); ++s) {
    if (s == 0 || rim[s - 1].from != rim[s].from) next[rim[s].from] = s;
    end[rim[s].from] = s + 1;
  }
  constexpr std::uint32_t kNowhere = 0xffffffffu;
  std::vector<std::uint32_t> placeOf(vertices, kNowhere);  // on the path
  std::vector<Loop> loops;
  Loop path;
  for (const Step& first : rim) {
    std::uint32_t at = first.from;
    // As many steps enter a vertex as leave it, so the path ends only where it began.
    while (next[at] < end[at]) {
      placeOf[at] = static_cast<std::uint32_t>(path.size());
      path.push_back(rim[next[at]++]);
      at = path.back().to;
      if (placeOf[at] == kNowhere) continue;
      const auto begin = path.begin() + std::ptrdiff_t(placeOf[at]);
      for (auto s = begin; s != path.end(); ++s) placeOf[s->from] = kNowhere;
      loops.emplace_back(begin, path.end());
      path.erase(begin, path.end());
    }
  }
  return loops;
}

class Patcher {
 public:
  Patcher(const Mesh& mesh, HolePatches& out) : mesh_(mesh), out_(out) {}

  void close(const Loop& loop) {
    if (loop.size() < 3) return;
    if (loop.size() <= kLeastAreaLoop) return leastArea(loop);
    Vec3 centre, normal;
    for (const Step& s : loop) centre += at(s) / float(loop.size());
    for (const Step& s : loop)
      normal += cross(mesh_.positions[s.from] - centre, mesh_.positions[s.to] - centre);
    const bool star = std::ranges::all_of(loop, [&](const Step& s) {
      return dot(cross(mesh_.positions[s.from] - centre, mesh_.positions[s.to] - centre), normal) >
             0.f;
    });
    if (star || loop.size() > kEarLoop || !ears(loop, normalized(normal))) fan(loop, centre);
  }

 private:
  Vec3 at(const Step& s) const { return mesh_.positions[s.from]; }
  void push(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t beside) {
    out_.triangles.push_back({a, b, c});
    out_.beside.push_back(beside);
  }
  void fan(const Loop& loop, Vec3 centre) {
    const auto middle = static_cast<std::uint32_t>(mesh_.positions.size() + out_.added.size());
    out_.added.push_back(centre);
    for (const Step& s : loop) push(s.from, s.to, middle, s.face);
  }
  void leastArea(const Loop& loop);
  bool ears(const Loop& loop, Vec3 normal);

  const Mesh& mesh_;
  HolePatches& out_;
};

void Patcher::leastArea(const Loop& loop) {
  const std::size_t n = loop.size();
  std::vector<double> cost(n * n, 0.);
  std::vector<std::size_t> apex(n * n, 0);
  for (std::size_t span = 2; span < n; ++span)
    for (std::size_t i = 0; i + span < n; ++i) {
      const std::size_t j = i + span;
      double best = std::numeric_limits<double>::infinity();
      for (std::size_t k = i + 1; k < j; ++k) {
        const double area =
            double(length(cross(at(loop[k]) - at(loop[i]), at(loop[j]) - at(loop[i]))));
        const double total = cost[i * n + k] + cost[k * n + j] + area;
        if (total < best) {
          best = total;
          apex[i * n + j] = k;
        }
      }
      cost[i * n + j] = best;
    }
  std::vector<std::array<std::size_t, 2>> open{{0, n - 1}};
  while (!open.empty()) {
    const auto [i, j] = open.back();
    open.pop_back();
    if (j < i + 2) continue;
    const std::size_t k = apex[i * n + j];
    push(loop[i].from, loop[k].from, loop[j].from, loop[k].face);
    open.push_back({i, k});
    open.push_back({k, j});
  }
}

/// Cuts ears off in the plane of the rim; false, with nothing done, where none is left.
bool Patcher::ears(const Loop& loop, Vec3 normal) {
  std::vector<std::uint32_t> ring(loop.size());
  for (std::uint32_t i = 0; i < ring.size(); ++i) ring[i] = i;
  const auto turn = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    return dot(cross(at(loop[b]) - at(loop[a]), at(loop[c]) - at(loop[a])), normal);
  };
  const auto isEar = [&](std::size_t i) {
    const std::uint32_t a = ring[(i + ring.size() - 1) % ring.size()], b = ring[i],
                        c = ring[(i + 1) % ring.size()];
    if (turn(a, b, c) <= 0.f) return false;
    return std::ranges::none_of(ring, [&](std::uint32_t p) {
      return p != a && p != b && p != c && turn(a, b, p) >= 0.f && turn(b, c, p) >= 0.f &&
             turn(c, a, p) >= 0.f;
    });
  };
  std::vector<std::array<std::uint32_t, 3>> made;
  std::size_t i = 0, misses = 0;
  while (ring.size() > 3) {
    i %= ring.size();
    if (!isEar(i)) {
      if (++misses > ring.size()) return false;
      ++i;
      continue;
    }
    misses = 0;
    made.push_back(
        {ring[(i + ring.size() - 1) % ring.size()], ring[i], ring[(i + 1) % ring.size()]});
    ring.erase(ring.begin() + std::ptrdiff_t(i));
    ++i;  // the next ear elsewhere: neighbours would make a fan of slivers
  }
  made.push_back({ring[0], ring[1], ring[2]});
  for (const auto& [a, b, c] : made) push(loop[a].from, loop[b].from, loop[c].from, loop[b].face);
  return true;
}

}  // namespace

HolePatches fillHoles(const Mesh& mesh, const EdgeTable& edges, const Context& ctx) {
  HolePatches patches;
  const auto loops = loopsOf(rimOf(mesh, edges), mesh.positions.size());
  patches.holes = loops.size();
  Patcher patcher(mesh, patches);
  for (const Loop& loop : loops) {
    ctx.check();
    patcher.close(loop);
  }
  return patches;
}

Mesh withPatches(const Mesh& mesh, const HolePatches& patches) {
  Mesh patched = mesh;
  patched.positions.insert(patched.positions.end(), patches.added.begin(), patches.added.end());
  patched.triangles.insert(patched.triangles.end(), patches.triangles.begin(),
                           patches.triangles.end());
  return patched;
}

}  // namespace maquette
