#pragma once

#include <cstdint>
#include <vector>

#include "core/models/interfaces.h"
#include "support/assemblies.h"

namespace maquette::test {

/// How a simulated user fared with one part.
struct ClickingResult {
  double afterFirst = 0.;   ///< IoU by area after one click
  double bestOfFirst = 0.;  ///< the best IoU among the candidates of that click
  int clicks = 0;           ///< until IoU 0.9; `limit` + 1 where it was not reached
};

/// Clicks the middle of the largest piece of what is wrong, wanted or unwanted, takes the preferred
/// answer, and goes on until the part is right or `limit` clicks are spent.
ClickingResult clickPart(const Assembly& assembly, std::uint32_t part, SegmentSession& session,
                         int limit);

}  // namespace maquette::test
