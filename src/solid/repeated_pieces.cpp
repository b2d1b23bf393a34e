#include "solid/repeated_pieces.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <numeric>

#include "core/geometry/bounds.h"
#include "core/geometry/triangle_tree.h"
#include "solid/facing.h"

namespace maquette {
namespace {

constexpr std::size_t kMostPieces = 64;  // after the largest; more are a soup, or many small solids

struct Piece {
  std::vector<std::uint32_t> faces;
  double area = 0.;
  Bounds box;
};

std::vector<Piece> piecesOf(const Mesh& mesh, const EdgeTable& edges) {
  DisjointSets sets = sheetSets(mesh, edges);
  std::vector<std::uint32_t> numberOf(mesh.triangles.size(), 0xffffffffu);
  std::vector<Piece> pieces;
  for (std::uint32_t f = 0; f < mesh.triangles.size(); ++f) {
    std::uint32_t& number = numberOf[sets.find(f)];
    if (number == 0xffffffffu) {
      number = static_cast<std::uint32_t>(pieces.size());
      pieces.emplace_back();
    }
    Piece& piece = pieces[number];
    piece.faces.push_back(f);
    piece.area += double(length(areaVector(mesh, mesh.triangles[f])));
    for (const std::uint32_t v : mesh.triangles[f]) piece.box.add(mesh.positions[v]);
  }
  return pieces;
}

bool within(const Bounds& inner, const Bounds& outer, float by) {
  for (int a = 0; a < 3; ++a)
    if (inner.min[a] < outer.min[a] - by || inner.max[a] > outer.max[a] + by) return false;
  return true;
}

/// Whether a few of its triangles lie where others may: by their boxes, before a tree is built.
///
/// @param gone  F flags: the piece's own triangles, and those that do not count
bool mayLieOnOthers(const Mesh& mesh, const std::vector<std::uint8_t>& gone, const Piece& piece,
                    float upon) {
  for (const std::size_t i : {std::size_t{0}, piece.faces.size() / 2, piece.faces.size() - 1}) {
    Bounds point;
    point.add(faceCentre(mesh, mesh.triangles[piece.faces[i]]));
    bool near = false;
    for (std::size_t f = 0; f < gone.size() && !near; ++f) {
      if (gone[f]) continue;
      Bounds box;
      for (const std::uint32_t v : mesh.triangles[f]) box.add(mesh.positions[v]);
      near = within(point, box, upon);
    }
    if (!near) return false;
  }
  return true;
}

/// Whether every corner and centre of the piece lies on the surface.
bool liesOn(const TriangleTree& surface, const Mesh& mesh, const Piece& piece, float upon,
            const Context& ctx) {
  for (std::size_t i = 0; i < piece.faces.size(); ++i) {
    if (i % 4096 == 0) ctx.check();
    const Triangle& t = mesh.triangles[piece.faces[i]];
    if (!surface.nearest(faceCentre(mesh, t), upon)) return false;
    for (const std::uint32_t v : t)
      if (!surface.nearest(mesh.positions[v], upon)) return false;
  }
  return true;
}

}  // namespace

std::vector<std::uint8_t> repeatedPieces(const Mesh& mesh, const EdgeTable& edges, float upon,
                                         const Context& ctx) {
  std::vector<std::uint8_t> repeated(mesh.triangles.size(), 0);
  auto pieces = piecesOf(mesh, edges);
  ctx.check();
  if (pieces.size() < 2) return repeated;
  // Of those that are equal but for rounding the first stays.
  std::ranges::stable_sort(pieces, std::greater{}, [](const Piece& piece) {
    return piece.area > 0. ? std::llround(1e4 * std::log(piece.area))
                           : std::numeric_limits<long long>::min();
  });
  const std::size_t looked = std::min(pieces.size(), kMostPieces);
  for (std::size_t p = looked; p-- > 0;) {
    const bool another = std::ranges::any_of(pieces, [&](const Piece& other) {
      return &other != &pieces[p] && !repeated[other.faces[0]] &&
             within(pieces[p].box, other.box, upon);
    });
    if (!another) continue;
    std::vector<std::uint8_t> gone = repeated;
    for (const std::uint32_t f : pieces[p].faces) gone[f] = 1;
    ctx.check();
    if (!mayLieOnOthers(mesh, gone, pieces[p], upon)) continue;
    Mesh others;
    others.positions = mesh.positions;
    for (std::size_t f = 0; f < gone.size(); ++f)
      if (!gone[f]) others.triangles.push_back(mesh.triangles[f]);
    if (liesOn(TriangleTree(others, ctx), mesh, pieces[p], upon, ctx))
      for (const std::uint32_t f : pieces[p].faces) repeated[f] = 1;
  }
  return repeated;
}

}  // namespace maquette
