#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace maquette {

/// What one stage was thought to need and what it took, in bytes beyond what was held before.
struct LedgerEntry {
  std::string stage;  ///< "shape/classical"
  std::int64_t predicted = 0;
  std::int64_t measured = 0;
  double seconds = 0.;
};

/// Keeps predictions honest: every stage's predicted and measured peak. Any thread.
class MemoryLedger {
 public:
  void record(LedgerEntry entry);
  std::vector<LedgerEntry> entries() const;
  /// measured / predicted over this stage's entries (the largest), or 1 when it never ran.
  double correction(const std::string& stage) const;

 private:
  mutable std::mutex mutex_;
  std::vector<LedgerEntry> entries_;
};

}  // namespace maquette
