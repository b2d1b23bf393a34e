#pragma once

#include <memory>
#include <vector>

#include "classical/merge_tree.h"
#include "classical/normal_fit.h"
#include "classical/sight.h"
#include "classical/superfaces.h"
#include "core/models/interfaces.h"
#include "surface/surface_graph.h"

namespace maquette {

/// All that clicks and cuts need to know about one mesh.
struct SurfaceFeatures {
  SurfaceGraph graph;
  std::vector<float> creases;  ///< one per link
  Superfaces faces;
  std::vector<NormalFit> fits;  ///< one per patch
  Sight sight;
  MergeTree tree;
};

/// @throws InvalidInput  requireUsable fails
/// @throws Cancelled
SurfaceFeatures featuresOf(const Mesh& mesh, const Context& ctx);

/// Answers clicks: candidates are the regions of the hierarchy above the first wanted click,
/// corrected by the other clicks in order (see ClickCut).
std::unique_ptr<SegmentSession> makeGraphSession(SurfaceFeatures features);

}  // namespace maquette
