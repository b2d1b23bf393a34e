#pragma once

#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace maquette {

/// What one stage was thought to need and what it took, in bytes beyond its weights.
struct LedgerEntry {
  std::string stage;           ///< "p3-sam/encode"
  std::string where;           ///< the device's name, or "processor"
  std::int64_t predicted = 0;  ///< as the model estimated it, uncorrected
  std::int64_t measured = 0;
  double seconds = 0.;
};

/// Keeps predictions honest: every stage's predicted and measured peak. Any thread.
class MemoryLedger {
 public:
  /// Remembers nothing beyond this run.
  MemoryLedger() = default;
  /// Goes on where `file` ends; a file that is missing or damaged is a new beginning.
  explicit MemoryLedger(std::filesystem::path file);

  void record(LedgerEntry entry);
  std::vector<LedgerEntry> entries() const;  ///< oldest first
  /// By how much estimates of this stage fall short here: the largest measured / predicted of the
  /// last eight runs, between a half and four; 1 when it never ran.
  double correction(const std::string& stage, const std::string& where) const;

  /// Writes what was recorded, whole or not at all; what cannot be written is only logged. Nothing
  /// without a file, or when nothing is new.
  void save() const;

 private:
  const std::filesystem::path file_;
  mutable std::mutex mutex_;  // guards the two below
  std::vector<LedgerEntry> entries_;
  mutable bool saved_ = true;
};

/// The ledger's place among the user's data.
std::filesystem::path memoryLedgerFile();

}  // namespace maquette
