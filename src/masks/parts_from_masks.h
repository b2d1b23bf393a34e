#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "core/models/interfaces.h"
#include "masks/masked_surface.h"

namespace maquette {

/// As many parts as can be completed together.
inline constexpr std::size_t kMostCompleted = 50;

/// Parts from masks on samples of a surface, for any thresholds: what is learned is in the masks.
///
/// Made once for a mesh and its masks; then every call of parts() is a fraction of a second. Safe
/// to use from several threads.
///
/// AutoParams::granularity. 0.5 is the procedure with its published thresholds (part-segmentation
/// specification 4.1). From there towards 0, parts that touch are joined, those first that masks
/// show together: see mergeOrder(). Towards 1, parts are split by masks that were left out, the
/// surest first: see splitOrder(). Both are fixed sequences of which granularity takes a beginning:
/// joins down to a strength of 0.01 at 0, splits down to one of 0.3 at 1. So parts at a larger
/// granularity always lie inside parts at a smaller one, and there are never fewer of them. A
/// wanted number of parts (AutoParams::parts) takes as much of the same sequences whatever the
/// granularity, and joins what does not touch where it has to, small ones first, to the nearest.
///
/// AutoParams::faithful. Reproduces what the specification (4.4) calls oddities; otherwise
/// distances are gaps between boxes, growth is relative to a box's size, and with AutoParams::fill
/// everything is assigned. Without fill, pieces of less than a thousandth of the surface that no
/// mask covers and that nothing grew over are not. What then belongs to no part is a last part
/// named "Unassigned".
///
/// AutoParams::joinSmall. The published procedure's last step (A20), which its own command and its
/// demo leave out and X-Part asks for: so it is off by itself, and the same in both modes. Masks of
/// the pieces that it joins are still there for splits.
///
/// AutoParams::snap. Always: borders between parts move to edges of the surface before parts are
/// joined or split, see settleLabels(); not with AutoParams::faithful.
class PartsFromMasks {
 public:
  /// @throws InvalidInput  the masks are of another mesh or damaged, or the mesh is not usable
  /// @throws Cancelled
  PartsFromMasks(MeshPtr mesh, MaskSetPtr masks, const Context& ctx = {});
  PartsFromMasks(MaskedSurfacePtr surface, MaskSetPtr masks, const Context& ctx = {});
  ~PartsFromMasks();
  PartsFromMasks(PartsFromMasks&&) noexcept;
  PartsFromMasks& operator=(PartsFromMasks&&) noexcept;

  /// Labels are of the triangles of the mesh as it was given.
  ///
  /// @return  notes say what people should know: fewer parts than wanted, more than kMostCompleted,
  ///          masks that found nothing, a surface without shared edges
  /// @throws InvalidInput  a parameter is out of range
  /// @throws Cancelled
  PartsResult parts(const AutoParams& params, const Context& ctx = {}) const;

  /// Which parts to join so that at most `most` are left: those that granularity would join next.
  ///
  /// @return  pairs (goes, stays) of ids in what parts(params) returns, to be applied in order;
  ///          empty where there are few enough
  std::vector<std::pair<PartId, PartId>> mergeProposal(const AutoParams& params, std::size_t most,
                                                       const Context& ctx = {}) const;

  const MaskedSurfacePtr& surface() const;
  const MaskSetPtr& masks() const;

 private:
  struct Prepared;
  std::unique_ptr<Prepared> prepared_;
};

/// Joins parts as a proposal says; the joined lose their solids.
///
/// @throws InvalidInput  it names a part that is not there
Segmentation withMerged(const Segmentation& before,
                        const std::vector<std::pair<PartId, PartId>>& proposal);

}  // namespace maquette
