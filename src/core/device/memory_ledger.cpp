#include "core/device/memory_ledger.h"

#include <algorithm>
#include <utility>

namespace maquette {

void MemoryLedger::record(LedgerEntry entry) {
  const std::lock_guard lock(mutex_);
  entries_.push_back(std::move(entry));
}

std::vector<LedgerEntry> MemoryLedger::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

double MemoryLedger::correction(const std::string& stage) const {
  const std::lock_guard lock(mutex_);
  double worst = 0.;
  for (const LedgerEntry& entry : entries_)
    if (entry.stage == stage && entry.predicted > 0)
      worst = std::max(worst, double(entry.measured) / double(entry.predicted));
  return worst > 0. ? worst : 1.;
}

}  // namespace maquette
