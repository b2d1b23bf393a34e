#pragma once

#include <filesystem>

#include "core/jobs/context.h"
#include "core/models/memory_plan.h"
#include "neural/weights/weight_file.h"

namespace maquette::neural {

/// The weights of a file in the form that a rung wants them in: for Parameters, which sees what
/// they are. In 8 bits they come out of the cache, or into it; where there is none they lie in
/// memory that is counted like a tensor's.
///
/// @throws OutOfMemory  they have to lie in memory, and there is no room
/// @throws FileError, Cancelled
WeightFile weightsFor(const Rung& rung, const std::filesystem::path& file, const Context& ctx);

}  // namespace maquette::neural
