#include "core/device/memory_ledger.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <optional>
#include <sstream>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/log.h"
#include "core/files/atomic_file.h"
#include "core/files/user_folders.h"

namespace maquette {
namespace {

constexpr const char* kHead = "Maquette memory ledger 1";
constexpr std::size_t kMostEntries = 500;  // the newest are kept
constexpr std::size_t kRunsThatCount = 8;
constexpr std::int64_t kLargest = std::int64_t{1} << 50;
constexpr double kLeastCorrection = 0.5, kMostCorrection = 4.;

/// Names come from models and drivers: what separates fields may not be in them.
std::string plain(std::string text) {
  std::ranges::replace_if(
      text, [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return text;
}

std::optional<LedgerEntry> entryIn(const std::string& line) {
  std::istringstream fields(line);
  LedgerEntry entry;
  std::string rest;
  if (!std::getline(fields, entry.stage, '\t') || !std::getline(fields, entry.where, '\t') ||
      !(fields >> entry.predicted >> entry.measured >> entry.seconds) || fields >> rest)
    return std::nullopt;
  const bool sane = !entry.stage.empty() && entry.predicted >= 0 && entry.predicted < kLargest &&
                    entry.measured >= 0 && entry.measured < kLargest &&
                    std::isfinite(entry.seconds) && entry.seconds >= 0.;
  return sane ? std::optional(entry) : std::nullopt;
}

std::vector<LedgerEntry> read(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) return {};
  std::vector<LedgerEntry> entries;
  std::string line;
  bool good = std::getline(in, line) && line == kHead;
  while (good && entries.size() < kMostEntries && std::getline(in, line)) {
    const auto entry = entryIn(line);
    good = entry.has_value();
    if (good) entries.push_back(*entry);
  }
  if (good) return entries;
  log("models")->warn("{} is damaged and not used", file.string());
  return {};
}

void write(const std::filesystem::path& file, const std::vector<LedgerEntry>& entries) {
  std::string text = fmt::format("{}\n", kHead);
  for (const LedgerEntry& e : entries)
    text += fmt::format("{}\t{}\t{} {} {:.3f}\n", plain(e.stage), plain(e.where), e.predicted,
                        e.measured, e.seconds);
  try {
    std::error_code error;
    std::filesystem::create_directories(file.parent_path(), error);
    if (error) throwCannotWrite(file, error.value());
    // Every job ends here, a click too: nobody waits for the disk.
    writeFile(file, text, Durability::system);
  } catch (const FileError& error) {
    log("models")->warn("{} ({})", error.what(), error.detail());
  }
}

}  // namespace

MemoryLedger::MemoryLedger(std::filesystem::path file)
    : file_(std::move(file)), entries_(read(file_)) {}

void MemoryLedger::record(LedgerEntry entry) {
  const std::lock_guard lock(mutex_);
  if (entries_.size() >= kMostEntries) entries_.erase(entries_.begin());
  entries_.push_back(std::move(entry));
  saved_ = false;
}

std::vector<LedgerEntry> MemoryLedger::entries() const {
  const std::lock_guard lock(mutex_);
  return entries_;
}

double MemoryLedger::correction(const std::string& stage, const std::string& where) const {
  const std::lock_guard lock(mutex_);
  double worst = 0.;
  std::size_t runs = 0;
  for (auto e = entries_.rbegin(); e != entries_.rend() && runs < kRunsThatCount; ++e) {
    if (e->stage != stage || e->where != where || e->predicted <= 0) continue;
    worst = std::max(worst, double(e->measured) / double(e->predicted));
    ++runs;
  }
  return worst > 0. ? std::clamp(worst, kLeastCorrection, kMostCorrection) : 1.;
}

void MemoryLedger::save() const {
  if (file_.empty()) return;
  std::vector<LedgerEntry> entries;
  {
    const std::lock_guard lock(mutex_);
    if (saved_) return;
    entries = entries_;
    saved_ = true;  // a disk that cannot be written is not asked again for the same
  }
  write(file_, entries);
}

std::filesystem::path memoryLedgerFile() { return userDataFolder() / "maquette" / "memory_ledger"; }

}  // namespace maquette
