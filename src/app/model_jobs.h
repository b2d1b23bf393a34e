#pragma once

#include <string>

#include "app/services.h"

namespace maquette {

/// What the gpu lane does with models; call on that lane only. Every function loads the model it
/// needs and throws what the model throws.
/// @{
inline constexpr const char* kDefaultModel = "classical";

ShapeResult generateShape(Services& services, const ImageSet& views, const ShapeParams& params,
                          const Context& ctx);
PartsResult findParts(Services& services, const MeshPtr& mesh, const AutoParams& params,
                      const Context& ctx);
CompleteResult makeSolids(Services& services, const MeshPtr& mesh, const Segmentation& segmentation,
                          const CompleteParams& params, const Context& ctx);

/// Parks a session for this mesh, unless it is there already.
void openSession(Services& services, const MeshPtr& mesh, const Context& ctx);
/// Asks the parked session, opening it first where needed.
Candidates askSession(Services& services, const MeshPtr& mesh, const Prompts& prompts,
                      const Context& ctx);
/// @}

}  // namespace maquette
