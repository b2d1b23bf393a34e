#pragma once

#include <chrono>

namespace maquette {

/// When a model that nobody uses goes.
struct ReleasePolicy {
  enum class When {
    afterJob,
    afterIdle,       ///< after `idle` without a job
    keepWhileItFits  ///< when something else needs its memory
  };
  When when = When::keepWhileItFits;
  std::chrono::milliseconds idle = std::chrono::minutes(5);
};

}  // namespace maquette
