#pragma once

#include <filesystem>
#include <vector>

#include "cli/report.h"
#include "core/models/interfaces.h"
#include "io/mesh_file.h"

namespace maquette {

/// The parts that became solids, ready to be written.
std::vector<NamedPart> namedSolids(const Segmentation& segmentation, const CompleteResult& result);

/// One entry per part of the segmentation: name, and describe() of its solid or null.
Report describeSolids(const Segmentation& segmentation, const CompleteResult& result);

}  // namespace maquette
