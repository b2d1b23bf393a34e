#pragma once

#include <filesystem>
#include <memory>

#include "core/models/interfaces.h"
#include "core/models/memory_plan.h"

namespace maquette::neural {

/// P3-SAM behind the product's interface; also a PlannedModel. It and its sessions belong to one
/// thread at a time.
///
/// Features of a mesh are computed once for open() and automatic(), as long as it is the same mesh
/// with as many samples and the same seed. A session may outlive its segmenter.
///
/// @throws FileError  not readable, another network, or incomplete; OutOfMemory; Cancelled
std::unique_ptr<PartSegmenter> makeP3Sam(const std::filesystem::path& weights,
                                         const MemoryPlan& plan, const Context& ctx);

}  // namespace maquette::neural
