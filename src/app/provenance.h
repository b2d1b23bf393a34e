#pragma once

#include <map>
#include <memory>

#include "core/document/document.h"

namespace maquette {

/// Remembers what was made from what, for as long as the made thing is alive: so that undo finds
/// the answer too, without the document having to carry it.
template <class Made, class From>
class Provenance {
 public:
  void note(const std::shared_ptr<const Made>& made, From from) {
    std::erase_if(known_, [](const auto& entry) { return entry.first.expired(); });
    if (made) known_.insert_or_assign(made, std::move(from));
  }
  const From* of(const std::shared_ptr<const Made>& made) const {
    const auto found = made ? known_.find(made) : known_.end();
    return found == known_.end() ? nullptr : &found->second;
  }

 private:
  std::map<std::weak_ptr<const Made>, From, std::owner_less<>> known_;
};

}  // namespace maquette
