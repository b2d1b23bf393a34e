#pragma once

#include "classical/body_plan.h"
#include "classical/level_runs.h"
#include "classical/sheet_refinement.h"
#include "classical/silhouette_grid.h"

namespace maquette {

/// One half of an object: a sheet over its outline.
struct Swelling {
  SilhouetteGrid grid;
  SwollenSheet sheet;
  ScalarImage nodes;           ///< swell at the lattice's nodes
  std::vector<LevelRun> runs;  ///< where it ends level
};

/// With the mesh that gives 100 to 200 thousand triangles on both sides, finer where details ask
/// for it, whatever the outline.
Swelling swellAutomatically(const Silhouette& silhouette, const BodyPlan& plan, const Context& ctx);

/// @param resolution  cells along the longest side
/// @throws OutOfMemory  that would make too many triangles; says what would fit
Swelling swellAtResolution(const Silhouette& silhouette, const BodyPlan& plan, int resolution,
                           const Context& ctx);

/// Triangles that a resolution may lead to, both sides together; 0: automatic.
double expectedTriangles(int resolution);

}  // namespace maquette
