#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/geometry/triangle_tree.h"
#include "core/jobs/context.h"
#include "solid/multi_surface.h"
#include "solid/original_fit.h"
#include "solid/triangle_cells.h"

namespace maquette {

/// A change of the surface: triangles `was` give way to `is`.
struct SkinStep {
  static constexpr std::uint32_t kNoVertex = 0xffffffffu;
  struct Made {
    OriginalFit::Corners corners;
    std::uint32_t like = 0;  ///< one of `was`, in whose sheet it lies
  };
  std::vector<std::uint32_t> was;
  std::vector<Made> is;
  /// The sides inside that go and come; those around stay.
  std::vector<std::array<std::uint32_t, 2>> sidesBefore, sidesAfter;
  bool skin = true;                 ///< whether those sides are of the skin
  std::uint32_t moved = kNoVertex;  ///< the vertex that changes its place, or a new one
};

/// The part of a surface that is fitted to the original: which triangles are around a vertex, what
/// they and their sides cost (square voxels, see OriginalFit), and how steps change that.
class SkinRegion {
 public:
  using Corners = OriginalFit::Corners;
  static constexpr float kGain = 0.002f;  ///< square voxels that a step must win

  /// @param seeds     one flag per vertex; the region is these, their neighbours and all triangles
  ///                  around them
  /// @param original  in grid units
  /// @throws Cancelled  ctx was asked to stop
  SkinRegion(MultiSurface& surface, const std::vector<std::uint8_t>& seeds,
             const TriangleTree& original, const Context& ctx);

  const OriginalFit& fit() const { return *fit_; }
  std::size_t vertices() const { return surface_.vertices.size(); }
  const SurfaceVertex& vertex(std::uint32_t v) const { return surface_.vertices[v]; }
  const SurfaceTriangle& triangle(std::uint32_t f) const { return surface_.triangles[f]; }
  Vec3 at(std::uint32_t v) const { return surface_.vertices[v].position; }

  /// Whether all triangles around the vertex are known, so that it may change.
  bool active(std::uint32_t v) const { return slot_[v] != kNone; }
  /// Triangles around an active vertex.
  const std::vector<std::uint32_t>& star(std::uint32_t v) const {
    return around_[slot_[v]].triangles;
  }
  bool has(std::uint32_t f, std::uint32_t v) const;
  /// Triangles at the side from an active vertex to another.
  std::vector<std::uint32_t> beside(std::uint32_t a, std::uint32_t b) const;
  /// Neighbours of an active vertex.
  std::vector<std::uint32_t> around(std::uint32_t v) const;
  /// Neighbours along the skin.
  std::vector<std::uint32_t> skinAround(std::uint32_t v) const;

  /// Of the skin triangles and sides around a vertex.
  float starCost(std::uint32_t v) const;
  /// Of what a step takes away. Call before its vertex moves.
  float costOf(const SkinStep& step);
  /// Where planes of the original under some triangles meet, within `reach` of `from`.
  std::vector<Vec3> meetings(std::span<const std::uint32_t> faces, Vec3 from, float reach) const;
  /// No step may make a triangle lower than this, or than those that it replaces.
  float leastHeight(const SkinStep& step) const;

  struct Outcome {
    float cost = 0.f;
    std::vector<TriangleFit> fits;
  };
  /// What a step makes, if that wins enough against the cost before and is sound.
  std::optional<Outcome> outcomeOf(const SkinStep& step, float before, float least);
  /// Whether the new triangles are high enough and cross nothing.
  bool isSound(const SkinStep& step, float least);

  /// Tries a place for a vertex; it stays there if a step that names it as moved is then taken.
  void place(std::uint32_t v, Vec3 p) { surface_.vertices[v].position = p; }
  /// @param before  what the step takes away
  /// @param at      where its moved vertex was
  void take(const SkinStep& step, const Outcome& made, float before, Vec3 at);
  /// Takes the step if it wins at least so much.
  bool tryStep(const SkinStep& step, float gain = kGain);

  /// From here on steps can be taken back.
  void remember();
  /// What the steps since have won.
  float won() const { return won_; }
  /// Takes back all steps since. Vertices that were added stay, in no triangle.
  void takeBack();

  /// Vertices of the triangles that the last step took or made.
  const std::vector<std::uint32_t>& touched() const { return touched_; }

  /// A new vertex in no triangle yet, at which the sheets of some triangles meet.
  std::uint32_t addVertex(std::span<const std::uint32_t> faces);
  /// Takes the vertex away that was added last.
  void dropVertex();
  /// Removes the triangles that steps took away. The region is of no use afterwards.
  void clean();

 private:
  static constexpr std::uint32_t kNone = 0xffffffffu;
  struct Around {
    std::vector<std::uint32_t> triangles;
    std::uint32_t moves = 0;  // how often the vertex has moved
  };
  struct Known {
    float cost;
    std::uint32_t moves;  // of both ends, when the cost was found
  };
  /// The triangles around the seeds and their neighbours.
  std::vector<std::uint32_t> collect(const std::vector<std::uint8_t>& seeds, const Context& ctx);
  bool isHigh(const SkinStep& step, float least) const;
  void enter(std::uint32_t f);
  void remove(std::uint32_t f);
  std::uint32_t movesOf(std::uint32_t a, std::uint32_t b) const {
    return (active(a) ? around_[slot_[a]].moves : 0) + (active(b) ? around_[slot_[b]].moves : 0);
  }
  struct Taken {
    struct Was {
      std::uint32_t f;
      SurfaceTriangle triangle;
      TriangleFit fit;
    };
    std::vector<Was> was;
    std::vector<std::uint32_t> made;
    std::uint32_t moved;
    Vec3 from;
  };
  std::optional<float> knownSide(std::uint32_t a, std::uint32_t b) const;
  float sideCost(std::uint32_t a, std::uint32_t b, bool skin);

  MultiSurface& surface_;
  std::vector<std::uint32_t> slot_;  // into around_, one per vertex; kNone: not active
  std::vector<Around> around_;
  std::unordered_map<std::uint32_t, TriangleFit> fits_;  // of the region's triangles
  std::unordered_map<std::uint64_t, Known> sides_;       // of the skin, by ends
  std::vector<std::uint32_t> touched_;
  bool remembers_ = false;
  std::vector<Taken> taken_;  // since remember()
  float won_ = 0.f;
  std::optional<OriginalFit> fit_;
  std::optional<TriangleCells> cells_;
};

}  // namespace maquette
