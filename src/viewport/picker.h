#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/geometry/triangle_tree.h"
#include "viewport/camera.h"
#include "viewport/pieces.h"

namespace maquette {

/// What is under the pointer.
struct Pick {
  std::uint32_t face = 0;  ///< of Document::shape, also where a solid is shown
  Vec3 position;  ///< on what is shown, at home: moved-apart parts report where they belong
  PartId part = PartId::none;
  float distance = 0.f;  ///< along the ray, mm
};

/// Finds triangles along a ray. Trees are built on the first question and kept while their mesh is
/// shown.
class Picker {
 public:
  void show(const Document& document, const std::vector<Piece>& pieces);
  std::optional<Pick> pick(const Ray& ray) const;

 private:
  struct Tree {
    MeshPtr mesh;
    std::unique_ptr<TriangleTree> tree;
  };
  const TriangleTree& treeOf(const MeshPtr& mesh) const;
  std::optional<RayHit> firstHit(const Piece& piece, const Ray& ray) const;
  std::uint32_t shapeFaceNear(Vec3 position, PartId part) const;

  MeshPtr shape_;
  LabelsPtr labels_;
  std::vector<Piece> pieces_;
  mutable std::vector<Tree> trees_;
};

}  // namespace maquette
