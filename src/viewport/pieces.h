#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "core/document/document.h"
#include "core/geometry/bounds.h"

namespace maquette {

using Faces = std::vector<std::uint32_t>;  ///< triangle indices, ascending
using FacesPtr = std::shared_ptr<const Faces>;

/// One thing to draw: a part, what is left over, or the whole shape.
struct Piece {
  PartId id = PartId::none;
  MeshPtr mesh;    ///< the part's solid, or Document::shape
  FacesPtr faces;  ///< which triangles of `mesh`; null: all
  bool solid = false;
  bool visible = true;
  Rgb colour;     ///< of its part; meaningless for PartId::none
  Bounds bounds;  ///< at home, not moved apart
  Vec3 offset;    ///< how far it is moved from home, mm
};

/// What a document looks like, taken apart. A part shows its solid once it has one; triangles of no
/// part are left out then, because the solids already cover them.
///
/// @param before  from the last call: faces that did not change keep their pointer
std::vector<Piece> piecesOf(const Document& document, const std::vector<Piece>& before);

/// Sets every offset: away from the middle of all by `amount` [0, 1], nothing below the ground.
void explode(std::vector<Piece>& pieces, float amount);

Bounds boundsOf(const std::vector<Piece>& pieces);  ///< of the visible ones, where they are shown

}  // namespace maquette
