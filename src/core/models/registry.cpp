#include "core/models/registry.h"

#include "core/base/error.h"

namespace maquette {

void Registry::add(ModelEntry entry) {
  for (const ModelEntry& known : entries_)
    if (known.id == entry.id && known.make.index() == entry.make.index())
      throw Error("Two models share one name.", entry.id);
  entries_.push_back(std::move(entry));
}

}  // namespace maquette
