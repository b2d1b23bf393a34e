#include "app/segmenters.h"

#include "core/base/error.h"

namespace maquette {

std::vector<const ModelEntry*> segmentersIn(const Registry& registry) {
  std::vector<const ModelEntry*> found;
  for (const ModelEntry& entry : registry.entries())
    if (std::holds_alternative<ModelEntry::Make<PartSegmenter>>(entry.make))
      found.push_back(&entry);
  return found;
}

const ModelEntry& segmenterBy(const Settings& settings, const Registry& registry) {
  const ModelEntry* entry = registry.find<PartSegmenter>(settings.segmenter);
  if (!entry) entry = registry.find<PartSegmenter>(kClassical);
  if (!entry) throw Error("Maquette was built without anything that finds parts.");
  return *entry;
}

std::string whyUnavailable(const ModelEntry& segmenter) {
  return segmenter.weights ? segmenter.weights().unavailable : std::string();
}

JobSize sizeOfAutomatic(const MeshPtr& mesh, const AutoParams& params) {
  JobSize size;
  size.triangles = mesh ? std::int64_t(mesh->triangles.size()) : 0;
  size.points = params.points;
  size.prompts = params.prompts;
  return size;
}

JobSize sizeOfClick(const MeshPtr& mesh, const AutoParams& params) {
  JobSize size = sizeOfAutomatic(mesh, params);
  size.prompts = 1;
  return size;
}

}  // namespace maquette
