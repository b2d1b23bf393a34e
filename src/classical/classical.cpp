#include "classical/classical.h"

#include <memory>
#include <string>
#include <utility>

#include "classical/field_completer.h"
#include "classical/graph_segmenter.h"
#include "classical/inflation.h"

namespace maquette {
namespace {

/// One line per job: add<Interface>(registry, "Label", bytes it takes at its defaults, factory).
template <class Model>
void add(Registry& registry, std::string label, std::int64_t peakBytes,
         std::unique_ptr<Model> (*make)()) {
  registry.add(
      {"classical",
       std::move(label),
       {0, peakBytes},
       ModelEntry::Make<Model>([make](const MemoryPlan&, const Context&) { return make(); }),
       {}});
}

constexpr std::int64_t kMiB = std::int64_t{1} << 20;

}  // namespace

void registerClassical(Registry& registry) {
  add<ShapeGenerator>(registry, "Inflated silhouette", 300 * kMiB, makeInflationGenerator);
  add<PartSegmenter>(registry, "Creases and necks", 400 * kMiB, makeGraphSegmenter);
  add<PartCompleter>(registry, "Labelled distance field", 700 * kMiB, makeFieldCompleter);
}

}  // namespace maquette
