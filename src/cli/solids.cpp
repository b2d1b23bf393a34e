#include "cli/solids.h"

#include "core/base/error.h"

namespace maquette {

std::vector<NamedPart> namedSolids(const Segmentation& segmentation, const CompleteResult& result) {
  std::vector<NamedPart> parts;
  for (std::size_t p = 0; p < segmentation.parts.size(); ++p)
    if (result.solids[p])
      parts.push_back({segmentation.parts[p].name, result.solids[p], segmentation.parts[p].colour});
  if (parts.empty())
    throw InvalidInput("No part became a solid. Choose finer detail (a smaller --voxel-mm).");
  return parts;
}

Report describeSolids(const Segmentation& segmentation, const CompleteResult& result) {
  Report list = Report::array();
  for (std::size_t p = 0; p < segmentation.parts.size(); ++p) {
    Report entry{{"name", segmentation.parts[p].name}};
    if (result.solids[p])
      entry.update(describe(*result.solids[p]));
    else
      entry["closed"] = nullptr;
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace maquette
