#include "solid/multi_surface.h"

#include <algorithm>
#include <bit>
#include <span>
#include <utility>

#include "core/jobs/parallel.h"
#include "solid/kuhn_cell.h"
#include "solid/rank_mask.h"

namespace maquette {
namespace {

using namespace kuhn;

class Mesher {
 public:
  Mesher(const std::vector<Material>& material, const VoxelGrid& grid, const Crossing01& crossing,
         const Context& ctx)
      : material_(material), grid_(grid), crossing_(crossing), ctx_(ctx) {
    for (int s = 0; s < 8; ++s) steps_[std::size_t(s)] = grid.index(s & 1, s >> 1 & 1, s >> 2 & 1);
  }

  MultiSurface run() {
    findSlots();
    ctx_.report(0.3f);
    out_.vertices.resize(count_);
    placeVertices(0);
    placeVertices(1);
    ctx_.report(0.6f);
    emitTriangles();
    return std::move(out_);
  }

 private:
  Materials materialsAt(std::size_t node) const {
    Materials m{};
    for (std::size_t s = 0; s < 8; ++s) m[s] = material_[node + steps_[s]];
    return m;
  }

  void findSlots();
  void placeVertices(int pass);
  void emitTriangles();
  class TetWriter;
  void emitTet(std::size_t node, const Materials& m, int tet,
               std::vector<SurfaceTriangle>& out) const;
  void emitPolygon(const std::array<int, 4>& corners, int i, int j, const Materials& m,
                   std::span<const std::uint32_t> ring, std::span<const std::array<int, 3>> ideal,
                   std::vector<SurfaceTriangle>& out) const;

  std::uint32_t vertexAt(std::size_t node, int slot) const {
    const std::uint32_t r = nodes_.rank(node);
    return base_[r] +
           static_cast<std::uint32_t>(std::popcount(mask_[r] & ((std::uint32_t{1} << slot) - 1)));
  }
  // Corners as steps from `node`, ascending as sets.
  std::uint32_t edgeVertex(std::size_t node, int a, int b) const {
    return vertexAt(node + steps_[std::size_t(a)], edgeSlot(b ^ a));
  }
  std::uint32_t faceVertex(std::size_t node, int a, int b, int c) const {
    return vertexAt(node + steps_[std::size_t(a)], faceSlot(b ^ a, c ^ b));
  }
  /// The middle of the edge vertices between some corners. Beside the outside only those on the
  /// skin count: a seam begins on the skin, not below it.
  Vec3 edgeMean(std::size_t node, const Materials& m, std::span<const int> corners) const {
    const bool skin =
        std::ranges::any_of(corners, [&](int c) { return m[std::size_t(c)] == kOutside; });
    Vec3 sum;
    float count = 0.f;
    for (std::size_t i = 0; i < corners.size(); ++i)
      for (std::size_t j = i + 1; j < corners.size(); ++j) {
        if (skin && m[std::size_t(corners[i])] != kOutside &&
            m[std::size_t(corners[j])] != kOutside)
          continue;
        sum += out_.vertices[edgeVertex(node, corners[i], corners[j])].position;
        count += 1.f;
      }
    return sum / count;
  }
  void setVertex(std::uint32_t vertex, Vec3 position, std::initializer_list<Material> materials) {
    SurfaceVertex& v = out_.vertices[vertex];
    v.position = position;
    v.materials.fill(SurfaceVertex::kNoMaterial);
    std::ranges::copy(materials, v.materials.begin());
    std::sort(v.materials.begin(), v.materials.begin() + std::ptrdiff_t(materials.size()));
  }

  const std::vector<Material>& material_;
  const VoxelGrid& grid_;
  const Crossing01& crossing_;
  const Context& ctx_;
  std::array<std::size_t, 8> steps_{};
  RankMask nodes_;                   // that own a vertex
  std::vector<std::uint32_t> mask_;  // one per such node
  std::vector<std::uint32_t> base_;  // its first vertex
  std::uint32_t count_ = 0;
  MultiSurface out_;
};

void Mesher::findSlots() {
  struct Found {
    std::size_t node;
    std::uint32_t mask;
  };
  constexpr std::size_t kSlice = 32;  // rows
  const std::size_t rows = std::size_t(grid_.ny) * std::size_t(grid_.nz);
  std::vector<std::vector<Found>> found((rows + kSlice - 1) / kSlice);
  parallelFor(rows, kSlice, [&](std::size_t begin, std::size_t end) {
    ctx_.check();
    for (std::size_t row = begin; row < end; ++row) {
      // The rim is outside, so a node on its far side owns nothing.
      if (int(row % std::size_t(grid_.ny)) + 1 >= grid_.ny ||
          int(row / std::size_t(grid_.ny)) + 1 >= grid_.nz)
        continue;
      const std::size_t first = row * std::size_t(grid_.nx);
      for (std::size_t node = first; node + 1 < first + std::size_t(grid_.nx); ++node) {
        const Material* m = material_.data() + node;
        const Material own = *m;
        if (m[1] == own && m[steps_[2]] == own && m[steps_[3]] == own && m[steps_[4]] == own &&
            m[steps_[5]] == own && m[steps_[6]] == own && m[steps_[7]] == own)
          continue;
        // Zero where the node itself owns none but its cell is mixed: kept for its tetrahedra.
        found[begin / kSlice].push_back({node, slotMask(materialsAt(node))});
      }
    }
  });
  nodes_ = RankMask(grid_.nodes());
  for (const auto& some : found) {
    ctx_.check();
    for (const Found& f : some) nodes_.insert(f.node);
  }
  nodes_.number();
  ctx_.check();
  mask_.reserve(nodes_.count());
  base_.reserve(nodes_.count());
  for (const auto& some : found) {
    ctx_.check();
    for (const Found& f : some) {
      mask_.push_back(f.mask);
      base_.push_back(count_);
      count_ += static_cast<std::uint32_t>(std::popcount(f.mask));
    }
  }
}

/// Pass 0 places edge vertices, 1 face and tetrahedron vertices between them.
void Mesher::placeVertices(int pass) {
  parallelFor(grid_.nodes(), 1 << 15, [&](std::size_t begin, std::size_t end) {
    ctx_.check();
    nodes_.forEach(begin, end, [&](std::size_t node) {
      const std::uint32_t mask = mask_[nodes_.rank(node)];
      const Materials m = materialsAt(node);
      for (int step = 1; step < 8 && pass == 0; ++step) {
        if (!(mask >> edgeSlot(step) & 1)) continue;
        const std::size_t other = node + steps_[std::size_t(step)];
        const float t = crossing_(node, other);
        const Vec3 along{float(step & 1), float(step >> 1 & 1), float(step >> 2 & 1)};
        setVertex(vertexAt(node, edgeSlot(step)), grid_.point(node) + along * t,
                  {m[0], m[std::size_t(step)]});
      }
      for (int f = 0; f < kFaces && pass == 1; ++f) {
        if (!(mask >> (kEdges + f) & 1)) continue;
        const auto [first, second] = kFaceSteps[std::size_t(f)];
        setVertex(vertexAt(node, kEdges + f),
                  edgeMean(node, m, std::array{0, first, first | second}),
                  {m[0], m[std::size_t(first)], m[std::size_t(first | second)]});
      }
      for (int t = 0; t < kTets && pass == 1; ++t) {
        if (!(mask >> tetSlot(t) & 1)) continue;
        const auto& c = kTetCorners[std::size_t(t)];
        setVertex(vertexAt(node, tetSlot(t)), edgeMean(node, m, c),
                  {m[0], m[std::size_t(c[1])], m[std::size_t(c[2])], m[7]});
      }
    });
  });
}

/// Emits the part of the sheet between corners i and j, oriented from the lower material up.
void Mesher::emitPolygon(const std::array<int, 4>& corners, int i, int j, const Materials& m,
                         std::span<const std::uint32_t> ring,
                         std::span<const std::array<int, 3>> ideal,
                         std::vector<SurfaceTriangle>& out) const {
  const int ci = corners[std::size_t(i)], cj = corners[std::size_t(j)];
  const Material mi = m[std::size_t(ci)], mj = m[std::size_t(cj)];
  std::array<int, 3> normal{};
  for (std::size_t t = 1; t + 1 < ring.size(); ++t) {
    std::array<int, 3> u{}, v{};
    for (std::size_t a = 0; a < 3; ++a) {
      u[a] = ideal[t][a] - ideal[0][a];
      v[a] = ideal[t + 1][a] - ideal[0][a];
    }
    for (std::size_t a = 0; a < 3; ++a)
      normal[a] += u[(a + 1) % 3] * v[(a + 2) % 3] - u[(a + 2) % 3] * v[(a + 1) % 3];
  }
  int along = 0;
  for (std::size_t a = 0; a < 3; ++a) along += normal[a] * ((cj >> a & 1) - (ci >> a & 1));
  const bool turn = (along > 0) != (mi < mj);
  const auto push = [&](std::uint32_t a, std::uint32_t b, std::uint32_t c) {
    if (turn) std::swap(b, c);
    out.push_back({{a, b, c}, std::min(mi, mj), std::max(mi, mj)});
  };
  if (ring.size() == 3) return push(ring[0], ring[1], ring[2]);
  const auto at = [&](std::size_t v) { return out_.vertices[ring[v]].position; };
  if (lengthSquared(at(2) - at(0)) <= lengthSquared(at(3) - at(1))) {
    push(ring[0], ring[1], ring[2]);
    push(ring[0], ring[2], ring[3]);
  } else {
    push(ring[0], ring[1], ring[3]);
    push(ring[1], ring[2], ring[3]);
  }
}

/// Collects the corners of one polygon of a tetrahedron.
class Mesher::TetWriter {
 public:
  TetWriter(const Mesher& mesher, std::size_t node, const Materials& m, int tet,
            std::vector<SurfaceTriangle>& out)
      : mesher_(mesher),
        node_(node),
        m_(m),
        tet_(tet),
        c_(kTetCorners[std::size_t(tet)]),
        out_(out) {}

  void addEdge(int a, int b) {
    if (a > b) std::swap(a, b);
    add(mesher_.edgeVertex(node_, corner(a), corner(b)), idealMean({corner(a), corner(b)}));
  }
  void addFaceWithout(int v) {
    std::array<int, 3> f{};
    for (int k = 0, n = 0; k < 4; ++k)
      if (k != v) f[std::size_t(n++)] = corner(k);
    add(mesher_.faceVertex(node_, f[0], f[1], f[2]), idealMean({f[0], f[1], f[2]}));
  }
  void addCentre() {
    add(mesher_.vertexAt(node_, tetSlot(tet_)), idealMean({c_[0], c_[1], c_[2], c_[3]}));
  }
  /// Ends the polygon, which separates corners i and j.
  void emit(int i, int j) {
    mesher_.emitPolygon(c_, i, j, m_, std::span(ring_).first(size_), std::span(ideal_).first(size_),
                        out_);
    size_ = 0;
  }

 private:
  int corner(int v) const { return c_[std::size_t(v)]; }
  void add(std::uint32_t vertex, std::array<int, 3> ideal) {
    ring_[size_] = vertex;
    ideal_[size_++] = ideal;
  }

  const Mesher& mesher_;
  std::size_t node_;
  const Materials& m_;
  int tet_;
  const std::array<int, 4>& c_;
  std::vector<SurfaceTriangle>& out_;
  std::array<std::uint32_t, 4> ring_{};
  std::array<std::array<int, 3>, 4> ideal_{};
  std::size_t size_ = 0;
};

void Mesher::emitTet(std::size_t node, const Materials& m, int tet,
                     std::vector<SurfaceTriangle>& out) const {
  const Groups g(m, tet);
  if (g.count == 1) return;
  TetWriter write(*this, node, m, tet, out);
  if (g.count == 2 && g.size[0] == 2) {
    write.addEdge(g.at(0, 0), g.at(1, 0));
    write.addEdge(g.at(0, 0), g.at(1, 1));
    write.addEdge(g.at(0, 1), g.at(1, 1));
    write.addEdge(g.at(0, 1), g.at(1, 0));
    write.emit(g.at(0, 0), g.at(1, 0));
  } else if (g.count == 2) {
    const int lone = g.size[0] == 1 ? 0 : 1;
    for (int b = 0; b < 3; ++b) write.addEdge(g.at(lone, 0), g.at(1 - lone, b));
    write.emit(g.at(lone, 0), g.at(1 - lone, 0));
  } else if (g.count == 3) {
    int pair = 0;
    while (g.size[std::size_t(pair)] != 2) ++pair;
    const int a0 = g.at(pair, 0), a1 = g.at(pair, 1);
    const int b = g.at((pair + 1) % 3, 0), d = g.at((pair + 2) % 3, 0);
    for (const int single : {b, d}) {
      write.addEdge(a0, single);
      write.addEdge(a1, single);
      write.addFaceWithout(a0);
      write.addFaceWithout(a1);
      write.emit(a0, single);
    }
    write.addEdge(b, d);
    write.addFaceWithout(a0);
    write.addFaceWithout(a1);
    write.emit(b, d);
  } else {
    for (int i = 0; i < 4; ++i)
      for (int j = i + 1; j < 4; ++j) {
        const int k = i == 0 ? (j == 1 ? 2 : 1) : 0;
        write.addEdge(i, j);
        write.addFaceWithout(k);
        write.addCentre();
        write.addFaceWithout(6 - i - j - k);
        write.emit(i, j);
      }
  }
}

void Mesher::emitTriangles() {
  constexpr std::size_t kSlice = 1 << 15;
  std::vector<std::vector<SurfaceTriangle>> made((grid_.nodes() + kSlice - 1) / kSlice);
  parallelFor(grid_.nodes(), kSlice, [&](std::size_t begin, std::size_t end) {
    ctx_.check();
    nodes_.forEach(begin, end, [&](std::size_t node) {
      const Materials m = materialsAt(node);
      for (int tet = 0; tet < kTets; ++tet) emitTet(node, m, tet, made[begin / kSlice]);
    });
  });
  std::size_t total = 0;
  for (const auto& some : made) total += some.size();
  out_.triangles.reserve(total);
  for (auto& some : made) {
    out_.triangles.insert(out_.triangles.end(), some.begin(), some.end());
    some = {};
  }
}

}  // namespace

MultiSurface multiSurface(const std::vector<Material>& material, const VoxelGrid& grid,
                          const Crossing01& crossing, const Context& ctx) {
  return Mesher(material, grid, crossing, ctx).run();
}

}  // namespace maquette
