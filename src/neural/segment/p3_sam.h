#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/jobs/context.h"
#include "masks/p3_sam_plan.h"
#include "neural/nn/watch.h"
#include "neural/segment/mask_batches.h"
#include "neural/segment/mask_heads.h"
#include "neural/segment/sonata.h"
#include "neural/segment/voxels.h"

namespace maquette::neural {

/// Edge of the cells that samples fall into, in the unit of the network's frame.
inline constexpr double kCellEdge = 0.005;

/// A sampled surface as P3-SAM sees it, in the frame of its input.
struct P3SamInput {
  std::span<const double> places;   ///< 3 N, frame S
  std::span<const double> normals;  ///< 3 N, unit length
};

/// Every random choice between a sampled surface and its masks.
struct P3SamDraws {
  std::vector<std::int64_t> representatives;   ///< M: the sample that stands for each cell
  std::vector<CurvePermutation> permutations;  ///< one for each stage
  std::int64_t start = 0;                      ///< the sample that is the first prompt
};

/// As the official program draws them with this seed.
P3SamDraws drawnFrom(std::uint64_t seed, const Voxels& voxels);

/// P3-SAM: Sonata, the layers that merge its stages, the mask heads.
///
/// Its features of a surface are computed once; then prompts are answered, as many as one likes.
class P3Sam {
 public:
  /// @param file      in the layout of the official one; sizes are read off it. What no shape
  ///                  shows is the official one's unless its metadata says otherwise: the window
  ///                  of attention ("p3_sam_window"), samples of a surface ("p3_sam_points")
  /// @param streamed  the encoder's blocks stay in the file until they are needed
  /// @throws FileError  another network, or something is missing, left over or of another shape
  P3Sam(const WeightFile& file, Placement placement, bool streamed);

  /// Of weights that are at hand, under the official names. Whether any are missing or left over is
  /// for the caller to ask.
  ///
  /// @param window  of attention
  P3Sam(const Parameters& weights, std::int64_t window);

  /// What the heads see of a surface; the first layers are not kept yet.
  ///
  /// @param voxels  of the places
  /// @param watch   sees the encoder's steps and "features", [M, F]
  /// @throws Error      a number stopped being one; says where
  /// @throws Cancelled  between two blocks
  HeadPoints features(const P3SamInput& input, const Voxels& voxels, const P3SamDraws& draws,
                      const Context& ctx, const Watch& watch = {}) const;

  /// Keeps what the points say in the heads' first layers. @throws Cancelled
  void keepFirstLayers(HeadPoints& points, const Context& ctx) const;

  /// Samples that lie far apart: int64 [count].
  at::Tensor farApart(const HeadPoints& points, std::int64_t count, std::int64_t start) const;

  /// The three masks of each prompt.
  ///
  /// @param prompts  float [K, 3], frame S
  /// @throws Error  as features()
  MaskBatch masks(const HeadPoints& points, const at::Tensor& prompts, std::int64_t pairs,
                  const Context& ctx) const;

  /// Samples of a surface that the network is used to.
  std::int64_t usualPoints() const { return usualPoints_; }

  const Placement& placement() const { return placement_; }
  bool streamed() const { return encoder_->layers->streamed(); }
  std::int64_t mappedBytes() const { return mappedBytes_; }  ///< of weights that no tensor holds
  const MaskHeads& heads() const { return *heads_; }

 private:
  void build(const Parameters& encoder, const Parameters& rest, bool streamed);

  Placement placement_;
  SonataConfig config_;
  std::optional<Sonata> encoder_;
  ThreeLayers merge_;
  std::optional<MaskHeads> heads_;
  std::int64_t usualPoints_ = kP3SamPoints;
  std::int64_t mappedBytes_ = 0;
};

}  // namespace maquette::neural
