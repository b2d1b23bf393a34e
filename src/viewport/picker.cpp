#include "viewport/picker.h"

#include <algorithm>
#include <cmath>

namespace maquette {

void Picker::show(const Document& document, const std::vector<Piece>& pieces) {
  shape_ = document.shape;
  labels_ = document.segmentation.labels;
  pieces_ = pieces;
  std::erase_if(trees_, [&](const Tree& t) {
    return t.mesh != shape_ &&
           std::ranges::none_of(pieces_, [&](const Piece& p) { return p.mesh == t.mesh; });
  });
}

const TriangleTree& Picker::treeOf(const MeshPtr& mesh) const {
  const auto found = std::ranges::find(trees_, mesh, &Tree::mesh);
  if (found != trees_.end()) return *found->tree;
  trees_.push_back({mesh, std::make_unique<TriangleTree>(*mesh)});
  return *trees_.back().tree;
}

std::optional<RayHit> Picker::firstHit(const Piece& piece, const Ray& ray) const {
  const TriangleTree& tree = treeOf(piece.mesh);
  const Vec3 origin = ray.origin - piece.offset;
  float from = 0.f;
  // Triangles of other parts are in the same tree: step past them.
  for (int step = 0; step < 256; ++step) {
    const auto hit = tree.firstHit(origin, ray.direction, from);
    if (!hit || !piece.faces) return hit;
    if ((*labels_)[hit->face] == piece.id) return hit;
    from = std::nextafter(hit->distance, Bounds::kInfinity);
  }
  return {};
}

std::uint32_t Picker::shapeFaceNear(Vec3 position, PartId part) const {
  const auto nearest = treeOf(shape_).nearest(position);
  const std::uint32_t face = nearest ? nearest->face : 0;
  if (!labels_ || (*labels_)[face] == part) return face;
  // Inside a cut, the nearest skin may be the neighbour's.
  float best = Bounds::kInfinity;
  std::uint32_t bestFace = face;
  for (std::uint32_t f = 0; f < labels_->size(); ++f) {
    if ((*labels_)[f] != part) continue;
    const float d = lengthSquared(faceCentre(*shape_, shape_->triangles[f]) - position);
    if (d < best) {
      best = d;
      bestFace = f;
    }
  }
  return bestFace;
}

std::optional<Pick> Picker::pick(const Ray& ray) const {
  std::optional<RayHit> best;
  const Piece* where = nullptr;
  for (const Piece& piece : pieces_) {
    if (!piece.visible || piece.mesh->triangles.empty()) continue;
    const auto hit = firstHit(piece, ray);
    if (hit && (!best || hit->distance < best->distance)) {
      best = hit;
      where = &piece;
    }
  }
  if (!best) return {};
  Pick pick;
  pick.face = best->face;
  pick.part = where->id;
  pick.distance = best->distance;
  pick.position = ray.origin + ray.direction * best->distance - where->offset;
  if (where->solid) pick.face = shapeFaceNear(pick.position, where->id);
  return pick;
}

}  // namespace maquette
