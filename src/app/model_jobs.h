#pragma once

#include <memory>
#include <string>

#include "app/latest_clicks.h"
#include "app/segmenters.h"
#include "app/services.h"

namespace maquette {

/// What the gpu lane does with models; call on that lane only. Every function loads the model it
/// needs and throws what the model throws.
/// @{
inline constexpr const char* kDefaultModel = "classical";  ///< of shapes and solids

ShapeResult generateShape(Services& services, const ImageSet& views, const ShapeParams& params,
                          const Context& ctx);
PartsResult findParts(Services& services, const std::string& segmenter, const MeshPtr& mesh,
                      const AutoParams& params, const Context& ctx);
CompleteResult makeSolids(Services& services, const MeshPtr& mesh, const Segmentation& segmentation,
                          const CompleteParams& params, const Context& ctx);

/// Whom clicks on a mesh are for.
struct ClickJob {
  std::string segmenter;  ///< its id
  std::string label;      ///< for people
  MeshPtr mesh;
  AutoParams params;

  JobSize size() const { return sizeOfClick(mesh, params); }
};

/// An answer to clicks, and which ones it answers.
struct ClickAnswer {
  std::uint64_t number = 0;                      ///< as LatestClicks counts
  std::shared_ptr<const Candidates> candidates;  ///< null: there were no clicks
};

/// Parks a session for this mesh beside its segmenter, unless it is there already.
void openSession(Services& services, const ClickJob& job, const Context& ctx);
/// Asks the parked session, opening it first where needed.
ClickAnswer askSession(Services& services, const ClickJob& job, LatestClicks& clicks,
                       const Context& ctx);
/// @}

/// The classical segmenter, which answers while a network is on its way; beside the ModelManager,
/// which lends models one by one. The work lane's, and no other's.
class StandIn {
 public:
  ClickAnswer ask(const Registry& registry, const MeshPtr& mesh, LatestClicks& clicks,
                  const Context& ctx);

 private:
  std::unique_ptr<PartSegmenter> model_;
  MeshPtr mesh_;
  std::unique_ptr<SegmentSession> session_;
};

}  // namespace maquette
