#include "solid/surface_smoothing.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <vector>

#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr float kClose = 0.01f;     // voxels from a place of the original to itself, rounded
constexpr float kMostDrift = 1.2f;  // voxels that a vertex may end away from where it began
constexpr int kRoundsAtOne = 20;    // of smoothing
constexpr int kEvenRounds = 3;      // of spacing the skin's vertices evenly
constexpr float kGentle = 0.9f;  // cosine between normals of the original, below it bends sharply
constexpr int kTakeBackRounds = 24;
constexpr float kLeastArea = 1e-4f;  // twice the area, square voxels
constexpr std::size_t kGrain = 4096;

enum class Motion : std::uint8_t {
  fixed,
  skin,     ///< stays on the original surface
  relaxed,  ///< skin beside a seam: gives way along the surface
  seam,     ///< on the original surface, smoothed along the seam
  sheet,    ///< inside a cut
  inner,    ///< on a line where three cuts meet
};

class Smoother {
 public:
  Smoother(MultiSurface& surface, const TriangleTree& original, float skinReach, const Context& ctx)
      : surface_(surface), original_(original), ctx_(ctx) {
    start_.reserve(surface.vertices.size());
    for (const SurfaceVertex& v : surface.vertices) start_.push_back(v.position);
    now_ = next_ = start_;
    connect();
    chooseMotion(skinReach);
  }

  std::vector<std::uint32_t> run(int rounds) {
    scope([&](std::size_t v) { return nearest_[v] != kNoFace; });
    accept();
    findGentle();
    scope([&](std::size_t v) { return gentle_[v] != 0; });
    for (int round = 0; round < kEvenRounds; ++round) evenOut();
    scope([&](std::size_t v) { return motion_[v] != Motion::fixed && motion_[v] != Motion::skin; });
    for (int round = 0; round < rounds; ++round) {
      smoothOnce();
      ctx_.report(float(round + 1) / float(rounds));
    }
    for (std::size_t v = 0; v < now_.size(); ++v) surface_.vertices[v].position = now_[v];
    return std::move(nearest_);
  }

 private:
  template <class Body>
  void overVertices(Body&& body) {
    parallelFor(now_.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      ctx_.check();
      for (std::size_t v = begin; v < end; ++v) body(v);
    });
  }

  template <class Body>
  void overTriangles(Body&& body) {
    parallelFor(surface_.triangles.size(), 4 * kGrain, [&](std::size_t begin, std::size_t end) {
      ctx_.check();
      for (std::size_t f = begin; f < end; ++f) body(f);
    });
  }

  /// The vertices that may move in the next rounds, and the triangles that have one.
  template <class Moves>
  void scope(Moves&& moves) {
    vertices_.clear();
    triangles_.clear();
    for (std::uint32_t v = 0; v < now_.size(); ++v)
      if (moves(v)) vertices_.push_back(v);
    ctx_.check();
    for (std::uint32_t f = 0; f < surface_.triangles.size(); ++f)
      if (std::ranges::any_of(surface_.triangles[f].vertices, moves)) triangles_.push_back(f);
    ctx_.check();
  }
  /// Proposes a place for every vertex of the scope.
  template <class Body>
  void propose(Body&& body) {
    parallelFor(vertices_.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      ctx_.check();
      for (std::size_t i = begin; i < end; ++i) body(vertices_[i]);
    });
  }

  void connect();
  void chooseMotion(float skinReach);
  void findGentle();
  void evenOut();
  void smoothOnce();
  void move(std::size_t v, float share, bool onSurface);
  void accept();

  /// The nearest point of the original; a guess at its distance spares most of the search.
  Vec3 drawn(std::size_t v, Vec3 p, float guess) {
    auto hit = original_.nearest(p, guess * 1.001f + 1e-4f);
    if (!hit) hit = original_.nearest(p, kMostDrift);
    if (!hit) return p;
    nearest_[v] = hit->face;
    return hit->point;
  }
  Vec3 normalAt(const std::vector<Vec3>& p, const SurfaceTriangle& t) const {
    const Vec3 a = p[t.vertices[0]];
    return cross(p[t.vertices[1]] - a, p[t.vertices[2]] - a);
  }

  MultiSurface& surface_;
  const TriangleTree& original_;
  const Context& ctx_;
  std::vector<Vec3> start_, now_, next_;             // next_ differs from now_ in the scope only
  std::vector<std::uint32_t> vertices_, triangles_;  // the scope
  std::vector<std::uint32_t> first_;  // neighbours of v: near_[first_[v] .. first_[v + 1])
  std::vector<std::uint32_t> near_;   // a seam's vertex knows only the seam's
  std::vector<Motion> motion_;
  std::vector<std::uint8_t> gentle_;    // the original bends little around
  std::vector<std::uint32_t> nearest_;  // the original's triangle, where it is within reach
};

/// Neighbours along triangle sides, each once. A vertex on a line (rank 3) keeps those on lines.
void Smoother::connect() {
  const std::size_t count = now_.size();
  std::vector<std::uint8_t> rank(count);
  overVertices([&](std::size_t v) { rank[v] = std::uint8_t(surface_.vertices[v].rank()); });
  // Inside one sheet the triangles around a vertex close in one turn, so that each neighbour comes
  // next after the vertex in one of them.
  const auto overSides = [&](auto&& visit) {
    overTriangles([&](std::size_t f) {
      const SurfaceTriangle& t = surface_.triangles[f];
      for (std::size_t k = 0; k < 3; ++k) {
        const std::uint32_t a = t.vertices[k], b = t.vertices[(k + 1) % 3];
        if (rank[a] == 2 || (rank[a] == 3 && rank[b] >= 3)) visit(a, b);
        if (rank[b] == 3 && rank[a] >= 3) visit(b, a);
      }
    });
  };
  first_.assign(count + 1, 0);
  overSides([&](std::uint32_t a, std::uint32_t) {
    std::atomic_ref(first_[a + 1]).fetch_add(1, std::memory_order_relaxed);
  });
  for (std::size_t v = 0; v < count; ++v) first_[v + 1] += first_[v];
  ctx_.check();
  near_.resize(first_[count]);
  std::vector<std::uint32_t> cursor(first_.begin(), first_.end() - 1);
  overSides([&](std::uint32_t a, std::uint32_t b) {
    near_[std::atomic_ref(cursor[a]).fetch_add(1, std::memory_order_relaxed)] = b;
  });
  // In order, whichever thread came first.
  overVertices([&](std::size_t v) {
    const auto begin = near_.begin() + std::ptrdiff_t(first_[v]);
    std::sort(begin, near_.begin() + std::ptrdiff_t(first_[v + 1]));
    cursor[v] = rank[v] == 2
                    ? first_[v + 1]
                    : static_cast<std::uint32_t>(
                          std::unique(begin, near_.begin() + std::ptrdiff_t(first_[v + 1])) -
                          near_.begin());
  });
  std::uint32_t kept = 0;
  for (std::size_t v = 0; v < count; ++v) {
    if (v % 65536 == 0) ctx_.check();
    const std::uint32_t begin = first_[v];
    first_[v] = kept;
    if (begin != kept)
      std::copy(near_.begin() + begin, near_.begin() + cursor[v], near_.begin() + kept);
    kept += cursor[v] - begin;
  }
  first_[count] = kept;
  near_.resize(kept);
}

void Smoother::chooseMotion(float skinReach) {
  motion_.assign(now_.size(), Motion::fixed);
  nearest_.assign(now_.size(), kNoFace);
  overVertices([&](std::size_t v) {
    const SurfaceVertex& vertex = surface_.vertices[v];
    if (vertex.onSkin()) {
      // Marching mostly puts it there already, and near places are found faster.
      auto hit = original_.nearest(vertex.position, kClose);
      if (!hit) hit = original_.nearest(vertex.position, skinReach);
      if (!hit) return;
      nearest_[v] = hit->face;
      next_[v] = hit->point;
      motion_[v] = vertex.rank() == 3 ? Motion::seam : Motion::skin;
    } else if (vertex.rank() <= 3) {
      motion_[v] = vertex.rank() == 2 ? Motion::sheet : Motion::inner;
    }
  });
  std::vector<std::uint8_t> beside(now_.size());
  overVertices([&](std::size_t v) { beside[v] = surface_.vertices[v].rank() >= 3; });
  for (int ring = 0; ring < 2; ++ring) {
    const auto before = beside;
    overTriangles([&](std::size_t f) {
      const auto& corners = surface_.triangles[f].vertices;
      if (std::ranges::any_of(corners, [&](std::uint32_t v) { return before[v] != 0; }))
        for (const std::uint32_t v : corners)
          std::atomic_ref(beside[v]).store(1, std::memory_order_relaxed);
    });
  }
  for (std::size_t v = 0; v < now_.size(); ++v)
    if (motion_[v] == Motion::skin && beside[v] && surface_.vertices[v].rank() == 2)
      motion_[v] = Motion::relaxed;
}

/// Proposes a step towards the middle of the neighbours.
void Smoother::move(std::size_t v, float share, bool onSurface) {
  if (first_[v] == first_[v + 1]) return;
  Vec3 mean;
  for (std::uint32_t n = first_[v]; n < first_[v + 1]; ++n) mean += now_[near_[n]];
  mean = mean / float(first_[v + 1] - first_[v]);
  Vec3 p = now_[v] + (mean - now_[v]) * share;
  // A vertex that lies on the surface now will not be farther from it than it moves.
  if (onSurface) p = drawn(v, p, length(p - now_[v]));
  const Vec3 drift = p - start_[v];
  const float far = length(drift);
  next_[v] = far > kMostDrift ? start_[v] + drift * (kMostDrift / far) : p;
}

void Smoother::findGentle() {
  gentle_.assign(now_.size(), 0);
  const Mesh& mesh = original_.mesh();
  std::vector<Vec3> normals(now_.size());
  overVertices([&](std::size_t v) {
    if (nearest_[v] != kNoFace) normals[v] = faceNormal(mesh, mesh.triangles[nearest_[v]]);
  });
  overVertices([&](std::size_t v) {
    if (motion_[v] != Motion::skin && motion_[v] != Motion::relaxed) return;
    gentle_[v] =
        std::all_of(near_.begin() + first_[v], near_.begin() + first_[v + 1],
                    [&](std::uint32_t n) { return dot(normals[v], normals[n]) > kGentle; });
  });
}

/// Marching leaves slivers where the surface passes close to a node. Where the original bends
/// gently its vertices may slide along it; edges stay where they are.
void Smoother::evenOut() {
  propose([&](std::size_t v) { move(v, 0.5f, true); });
  accept();
}

void Smoother::smoothOnce() {
  propose([&](std::size_t v) {
    const Motion motion = motion_[v];
    move(v, motion == Motion::relaxed ? 0.3f : 0.5f,
         motion == Motion::seam || motion == Motion::relaxed);
  });
  accept();
}

/// Takes the moves over, except around triangles that would suffer. Taking one back can hurt a
/// triangle next to it, so again until none does; with all taken back nothing has changed.
void Smoother::accept() {
  std::vector<std::uint8_t> back(now_.size(), 0), taken(now_.size(), 1);
  for (int round = 0; round < kTakeBackRounds; ++round) {
    std::atomic<bool> any{false};
    parallelFor(triangles_.size(), kGrain, [&](std::size_t begin, std::size_t end) {
      ctx_.check();
      for (std::size_t i = begin; i < end; ++i) {
        const SurfaceTriangle& t = surface_.triangles[triangles_[i]];
        // One that was well stays so until a corner is taken back.
        const auto& [a, b, c] = t.vertices;
        if (!(taken[a] | taken[b] | taken[c])) continue;
        const Vec3 before = normalAt(now_, t), after = normalAt(next_, t);
        const float lb = length(before), la = length(after);
        if (dot(before, after) > 0.2f * lb * la && la > std::min(kLeastArea, 0.25f * lb)) continue;
        any = true;
        for (const std::uint32_t v : t.vertices)
          std::atomic_ref(back[v]).store(1, std::memory_order_relaxed);
      }
    });
    if (!any) break;
    std::ranges::fill(taken, 0);
    bool moved = false;
    for (const std::uint32_t v : vertices_)
      if (back[v] && !(next_[v] == now_[v])) {
        next_[v] = now_[v];
        taken[v] = 1;
        moved = true;
      }
    if (!moved) break;  // what is left was flat before
  }
  propose([&](std::size_t v) { now_[v] = next_[v]; });
}

}  // namespace

std::vector<std::uint32_t> smoothSurface(MultiSurface& surface, const TriangleTree& original,
                                         float skinReach, float smoothing, const Context& ctx) {
  return Smoother(surface, original, skinReach, ctx)
      .run(static_cast<int>(std::lround(float(kRoundsAtOne) * smoothing)));
}

}  // namespace maquette
