#pragma once

#include <string>

#include "core/jobs/context.h"
#include "io/threemf_model.h"
#include "io/threemf_package.h"

namespace maquette::threemf {

/// Reads one model file of the package.
///
/// @return  the indices of its triangles are in range, everything else is as the file says
/// @throws FileError  it is missing, or says what makes no sense
Model readModel(const Package& package, const std::string& name, const Context& ctx);

}  // namespace maquette::threemf
