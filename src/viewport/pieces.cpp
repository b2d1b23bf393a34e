#include "viewport/pieces.h"

#include <algorithm>

namespace maquette {
namespace {

Bounds boundsOfFaces(const Mesh& mesh, const Faces& faces) {
  Bounds bounds;
  for (const std::uint32_t f : faces)
    for (const std::uint32_t v : mesh.triangles[f]) bounds.add(mesh.positions[v]);
  return bounds;
}

/// Triangles by part: entry 0 holds those of no part, entry i + 1 those of parts[i].
std::vector<Faces> facesByPart(const Segmentation& segmentation) {
  std::vector<std::uint32_t> entryOf(std::size_t{65536}, 0);
  for (std::uint32_t i = 0; i < segmentation.parts.size(); ++i)
    entryOf[static_cast<std::size_t>(segmentation.parts[i].id)] = i + 1;
  entryOf[0] = 0;
  std::vector<Faces> out(segmentation.parts.size() + 1);
  const Labels& labels = *segmentation.labels;
  for (std::uint32_t f = 0; f < labels.size(); ++f)
    out[entryOf[static_cast<std::size_t>(labels[f])]].push_back(f);
  return out;
}

const Piece* find(const std::vector<Piece>& pieces, PartId id) {
  const auto found = std::ranges::find(pieces, id, &Piece::id);
  return found == pieces.end() ? nullptr : &*found;
}

/// A piece of the labelled shape, sharing what it can with the one it was before.
Piece surfacePiece(PartId id, const MeshPtr& shape, Faces faces, const std::vector<Piece>& before) {
  Piece piece;
  piece.id = id;
  piece.mesh = shape;
  const Piece* old = find(before, id);
  if (old && old->mesh == shape && old->faces && *old->faces == faces) {
    piece.faces = old->faces;
    piece.bounds = old->bounds;
  } else {
    piece.bounds = boundsOfFaces(*shape, faces);
    piece.faces = std::make_shared<const Faces>(std::move(faces));
  }
  return piece;
}

Piece wholePiece(PartId id, const MeshPtr& mesh, const std::vector<Piece>& before) {
  Piece piece;
  piece.id = id;
  piece.mesh = mesh;
  const Piece* old = find(before, id);
  piece.bounds = old && old->mesh == mesh && !old->faces ? old->bounds : boundsOf(*mesh);
  return piece;
}

}  // namespace

std::vector<Piece> piecesOf(const Document& document, const std::vector<Piece>& before) {
  std::vector<Piece> pieces;
  const Segmentation& segmentation = document.segmentation;
  if (!document.shape || document.shape->triangles.empty()) return pieces;
  const bool labelled = segmentation.labels && !segmentation.parts.empty() &&
                        segmentation.labels->size() == document.shape->triangles.size();
  if (!labelled) {
    pieces.push_back(wholePiece(PartId::none, document.shape, before));
    return pieces;
  }
  std::vector<Faces> faces = facesByPart(segmentation);
  const bool anySolid = std::ranges::any_of(
      segmentation.parts, [](const Part& p) { return p.solid && !p.solid->triangles.empty(); });
  for (std::size_t i = 0; i < segmentation.parts.size(); ++i) {
    const Part& part = segmentation.parts[i];
    const bool solid = part.solid && !part.solid->triangles.empty();
    if (!solid && faces[i + 1].empty()) continue;
    Piece piece = solid ? wholePiece(part.id, part.solid, before)
                        : surfacePiece(part.id, document.shape, std::move(faces[i + 1]), before);
    piece.solid = solid;
    piece.visible = part.visible;
    piece.colour = part.colour;
    pieces.push_back(std::move(piece));
  }
  if (!anySolid && !faces[0].empty())
    pieces.push_back(surfacePiece(PartId::none, document.shape, std::move(faces[0]), before));
  return pieces;
}

void explode(std::vector<Piece>& pieces, float amount) {
  Bounds whole;
  for (Piece& piece : pieces) {
    piece.offset = {};
    whole.add(piece.bounds);
  }
  if (amount <= 0.f || pieces.size() < 2) return;
  float lowest = whole.min.z;
  for (Piece& piece : pieces) {
    piece.offset = (piece.bounds.centre() - whole.centre()) * amount;
    lowest = std::min(lowest, piece.bounds.min.z + piece.offset.z);
  }
  for (Piece& piece : pieces) piece.offset.z += whole.min.z - lowest;
}

Bounds boundsOf(const std::vector<Piece>& pieces) {
  Bounds bounds;
  for (const Piece& piece : pieces) {
    if (!piece.visible) continue;
    bounds.add(piece.bounds.min + piece.offset);
    bounds.add(piece.bounds.max + piece.offset);
  }
  return bounds;
}

}  // namespace maquette
