#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/context.h"
#include "solid/label_field.h"
#include "solid/rank_mask.h"
#include "solid/shell.h"

namespace maquette {

/// Closed pieces wholly inside others. The skin shows nothing of them, so their part is told by
/// their own surface.
class BuriedPieces {
 public:
  BuriedPieces() = default;
  /// @param skinFaces  the triangle nearest to each node of the skin
  BuriedPieces(const Shell& shell, const VoxelGrid& grid, std::span<const std::uint32_t> skinFaces,
               std::span<const Material> facePart, const Context& ctx);

  /// Gives their nodes to their parts.
  void claim(LabelField& field) const;

  /// Where the surface of a piece passes between two nodes, 0 at `a`; nothing if none does.
  std::optional<float> between(const VoxelGrid& grid, std::size_t a, std::size_t b) const;

 private:
  struct Piece {
    Material part = 0;
    double volume = 0.;
    std::vector<Triangle> triangles;
  };
  struct Run {
    std::size_t begin = 0, end = 0;  // nodes of one row
    Material part = 0;
  };
  std::vector<Run> runs_;  // later ones lie in earlier ones
  RankMask nodes_;
  std::unique_ptr<Mesh> mesh_;
  std::optional<TriangleTree> tree_;
};

}  // namespace maquette
