#pragma once

#include <optional>

#include "masks/parts_from_masks.h"

namespace maquette {

/// Parts of a mesh from the masks that a network found, for other settings than it was run with.
/// What does not depend on these is prepared once. The work lane's, but for masks().
class PartsMaker {
 public:
  /// What came of it, and what could be done about too many parts.
  struct Made {
    PartsResult result;
    std::vector<std::pair<PartId, PartId>> merge;  ///< to at most kMostCompleted, as withMerged
  };

  PartsMaker(MeshPtr mesh, MaskSetPtr masks) : mesh_(std::move(mesh)), masks_(std::move(masks)) {}

  const MaskSet& masks() const { return *masks_; }
  void prepare(const Context& ctx);
  Made make(const AutoParams& params, const Context& ctx);
  /// For parts that are there already, made with `params`.
  std::vector<std::pair<PartId, PartId>> mergeProposal(const AutoParams& params,
                                                       const Context& ctx);

 private:
  const MeshPtr mesh_;
  const MaskSetPtr masks_;
  std::optional<PartsFromMasks> prepared_;
};

}  // namespace maquette
