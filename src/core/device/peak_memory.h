#pragma once

#include <cstdint>

namespace maquette {

/// The most memory that this process holds while one of these lives, and how much more that is than
/// at the beginning. One at a time: the system has one high-water mark per process.
///
/// What other threads take meanwhile counts, too.
class PeakResident {
 public:
  PeakResident();
  /// Bytes above the beginning; 0 where the system does not say.
  std::int64_t growth() const;

 private:
  std::int64_t before_ = 0;
  bool reset_ = false;
};

}  // namespace maquette
