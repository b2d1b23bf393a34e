#include "solid/buried_pieces.h"

#include <algorithm>
#include <cmath>

#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "solid/inside.h"

namespace maquette {
namespace {

constexpr std::size_t kMostPieces = 32;  // each costs a look at the whole grid
constexpr std::size_t kSamples = 256;    // triangles of a piece that are asked
constexpr float kUpon = 0.25f;           // voxels between surfaces that are the same
constexpr double kSameSurface = 0.9;     // of the samples

bool closedAlone(const Mesh& mesh, const Context& ctx) {
  const EdgeTable edges = edgesOf(mesh, ctx);
  return std::ranges::all_of(edges.edges, [](const Edge& e) { return e.count == 2; });
}

/// Whether a piece lies on the surface that is seen: the same shape again in other triangles, not
/// something inside.
bool repeats(const TriangleTree& seen, const Mesh& mesh, const std::vector<Triangle>& piece) {
  const std::size_t step = std::max<std::size_t>(1, piece.size() / kSamples);
  double asked = 0., upon = 0.;
  for (std::size_t i = step / 2; i < piece.size(); i += step) {
    asked += 1.;
    upon += seen.nearest(faceCentre(mesh, piece[i]), kUpon).has_value();
  }
  return upon > kSameSurface * asked;
}

}  // namespace

BuriedPieces::BuriedPieces(const Shell& shell, const VoxelGrid& grid,
                           std::span<const std::uint32_t> skinFaces,
                           std::span<const Material> facePart, const Context& ctx) {
  const auto pieceOf = shellsOf(shell.mesh, edgesOf(shell.mesh, ctx), ctx);
  const std::size_t count = pieceOf.empty() ? 0 : 1 + *std::ranges::max_element(pieceOf);
  if (count < 2 || !shell.closed()) return;
  std::vector<std::uint8_t> seen(count, 0);
  for (const std::uint32_t f : skinFaces) seen[pieceOf[f]] = 1;
  if (std::ranges::count(seen, 0) == 0) return;
  std::vector<Piece> pieces(count);
  for (std::size_t f = 0; f < pieceOf.size(); ++f) {
    if (seen[pieceOf[f]]) continue;
    pieces[pieceOf[f]].part = facePart[shell.faceFrom[f]];
    pieces[pieceOf[f]].triangles.push_back(shell.mesh.triangles[f]);
  }
  ctx.check();
  std::erase_if(pieces, [](const Piece& p) { return p.triangles.empty(); });
  Mesh skin;
  skin.positions = shell.mesh.positions;
  for (std::size_t f = 0; f < pieceOf.size(); ++f)
    if (seen[pieceOf[f]]) skin.triangles.push_back(shell.mesh.triangles[f]);
  if (!skin.triangles.empty()) {
    const TriangleTree seenTree(skin, ctx);
    std::erase_if(pieces, [&](const Piece& p) { return repeats(seenTree, skin, p.triangles); });
  }
  Shell alone;
  alone.mesh.positions = shell.mesh.positions;
  for (Piece& piece : pieces) {
    alone.mesh.triangles = piece.triangles;
    piece.volume = closedAlone(alone.mesh, ctx) ? volumeOf(alone.mesh) : 0.;
    ctx.check();
  }
  std::erase_if(pieces, [](const Piece& p) { return p.volume <= 0.; });
  std::ranges::stable_sort(pieces, std::greater{}, &Piece::volume);
  if (pieces.size() > kMostPieces) pieces.resize(kMostPieces);
  if (pieces.empty()) return;

  nodes_ = RankMask(grid.nodes());
  mesh_ = std::make_unique<Mesh>();
  mesh_->positions = shell.mesh.positions;
  for (const Piece& piece : pieces) {
    alone.mesh.triangles = piece.triangles;
    mesh_->triangles.insert(mesh_->triangles.end(), piece.triangles.begin(), piece.triangles.end());
    const auto material = insideNodes(alone, grid, {}, ctx).material;
    for (std::size_t n = 0; n < material.size(); ++n) {
      if (n % (1 << 22) == 0) ctx.check();
      if (material[n] == kOutside) continue;
      nodes_.insert(n);
      if (!runs_.empty() && runs_.back().end == n && runs_.back().part == piece.part)
        ++runs_.back().end;
      else
        runs_.push_back({n, n + 1, piece.part});
    }
  }
  tree_.emplace(*mesh_, ctx);
}

void BuriedPieces::claim(LabelField& field) const {
  for (const Run& run : runs_)
    for (std::size_t n = run.begin; n < run.end; ++n) {
      if (field.material[n] == kOutside) continue;
      field.material[n] = run.part;
      if (field.stored.contains(n)) field.claims[field.stored.rank(n)] = Claims::sole(run.part);
    }
}

std::optional<float> BuriedPieces::between(const VoxelGrid& grid, std::size_t a,
                                           std::size_t b) const {
  if (!tree_ || nodes_.contains(a) == nodes_.contains(b)) return {};
  const Vec3 from = grid.point(a), along = grid.point(b) - from;
  const auto hit = tree_->firstHit(from, along, -1e-3f, 1.001f);
  if (!hit) return {};
  return hit->distance;
}

}  // namespace maquette
