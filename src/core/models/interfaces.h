#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/image/image.h"
#include "core/jobs/context.h"
#include "core/models/parameters.h"
#include "core/segmentation/mask_set.h"
#include "core/segmentation/segmentation.h"

namespace maquette {

/// What a model will need, in bytes.
struct Footprint {
  std::int64_t weightBytes = 0;
  std::int64_t peakBytes = 0;  ///< weights and everything else, at the worst moment
};

/// A mesh and what its user should know about how it came to be.
struct ShapeResult {
  MeshPtr mesh;
  std::vector<std::string> notes;
};

/// Pictures to a closed mesh.
class ShapeGenerator {
 public:
  virtual ~ShapeGenerator() = default;
  virtual Footprint footprint(const ShapeParams& params) const = 0;

  /// @return  a closed, consistently oriented mesh standing on z = 0, centred in x and y
  /// @throws InvalidInput  no front picture, nothing to see in it, or a parameter out of range
  /// @throws Cancelled
  virtual ShapeResult generate(const ImageSet& views, const ShapeParams& params,
                               const Context& ctx) = 0;
};

/// A click on the surface: this belongs to the part, or it does not.
struct Click {
  std::uint32_t face = 0;  ///< triangle index
  Vec3 position;           ///< on that triangle
  bool positive = true;
};

/// What the user has said so far.
struct Prompts {
  std::vector<Click> clicks;  ///< in order; at least one positive
};

/// One possible answer to the prompts.
struct Candidate {
  FaceMask faces;     ///< F flags
  float score = 0.f;  ///< [0, 1], how sure the segmenter is
};

/// Answers from small to large; never empty.
struct Candidates {
  std::vector<Candidate> masks;
  std::size_t preferred = 0;  ///< index of the one to show first
};

/// One mesh with its features kept; queries are fast.
class SegmentSession {
 public:
  virtual ~SegmentSession() = default;

  /// Every mask contains all positive clicks and no negative one (unless both are on one
  /// triangle). A negative click never enlarges a mask.
  ///
  /// @throws InvalidInput  no positive click, or a face out of range
  virtual Candidates query(const Prompts& prompts, const Context& ctx) = 0;
};

/// What an automatic segmentation comes to.
struct PartsResult {
  Segmentation segmentation;
  /// The part that holds what the segmenter left open, so that people see it; none: there is none.
  PartId unassigned = PartId::none;
  MaskSetPtr masks = {};  ///< what it was made from, for other thresholds; null where there is none
  std::vector<std::string> notes = {};  ///< what the user should know
};

/// A mesh to parts.
class PartSegmenter {
 public:
  virtual ~PartSegmenter() = default;

  /// @throws InvalidInput  requireUsable fails
  virtual std::unique_ptr<SegmentSession> open(MeshPtr mesh, const ClickParams& params,
                                               const Context& ctx) = 0;

  /// Same input, same result. What a session of clickParamsOf(params) has computed serves here, and
  /// the other way round.
  virtual PartsResult automatic(MeshPtr mesh, const AutoParams& params, const Context& ctx) = 0;
};

/// Parts to solids.
struct CompleteResult {
  std::vector<MeshPtr> solids;  ///< one per Segmentation::parts; null where a part vanished
  MeshPtr whole;                ///< the closed original that the solids add up to
  std::vector<std::string> notes;
};

class PartCompleter {
 public:
  virtual ~PartCompleter() = default;

  /// Closed, manifold solids that do not overlap, leave no gap and add up to the closed shape.
  ///
  /// @throws InvalidInput  no labels, or not one per triangle
  /// @throws OutOfMemory   the voxel size asks for more than there is; says which would fit
  virtual CompleteResult complete(MeshPtr mesh, const Segmentation& segmentation,
                                  const CompleteParams& params, const Context& ctx) = 0;
};

}  // namespace maquette
