#pragma once

#include <string>
#include <vector>

#include "app/services.h"
#include "core/geometry/mesh.h"

namespace maquette {

inline constexpr const char* kClassical = "classical";

/// Everything that finds parts, in the registry's order.
std::vector<const ModelEntry*> segmentersIn(const Registry& registry);

/// The one that the settings name, or the classical one where there is none of that name.
const ModelEntry& segmenterBy(const Settings& settings, const Registry& registry);

/// Why it cannot be used now; empty if it can.
std::string whyUnavailable(const ModelEntry& segmenter);

/// What finding the parts of a mesh takes, or answering a click on it; `mesh` may be null.
/// @{
JobSize sizeOfAutomatic(const MeshPtr& mesh, const AutoParams& params);
JobSize sizeOfClick(const MeshPtr& mesh, const AutoParams& params);
/// @}

}  // namespace maquette
