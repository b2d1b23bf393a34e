#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "core/jobs/context.h"

namespace maquette {

/// How patient a download is.
struct TransferPatience {
  int tries = 6;                               ///< in a row that bring nothing worth mentioning
  std::chrono::milliseconds stall{30'000};     ///< without a byte, before it is tried again
  std::chrono::milliseconds firstWait{1'000};  ///< before the second try; doubled each time
  std::chrono::milliseconds longestWait{30'000};
};

struct TransferJob {
  std::string address;                 ///< https://, or http:// where a mirror says so
  std::filesystem::path target;        ///< appears whole, checked, or not at all
  std::optional<std::uint64_t> bytes;  ///< where known; another length is refused
  bool checksummed = false;            ///< whether `check` would notice a mixture of two versions
  /// Looks at the complete file before it gets its name; throws FileError when it is not right.
  std::function<void(const std::filesystem::path&, const Context&)> check;
};

/// How a download goes, for who shows it.
struct TransferFigures {
  std::uint64_t done = 0;  ///< bytes on the disk
  std::optional<std::uint64_t> total;
  double bytesPerSecond = 0.;  ///< over the last seconds; 0 while nothing comes
  bool waiting = false;        ///< for the server, before another try
};

/// Brings one file to the disk. Blocks; runs an event loop of its own on the calling thread, and
/// needs a QCoreApplication. What has arrived when it ends early is kept and continued next time.
///
/// Continues with a range request that the server may answer with the whole (If-Range), so that two
/// versions are never mixed. Redirects are followed, at most eight, and never from https to http.
/// Proxies are the system's.
///
/// @param told  called on this thread, some times a second
/// @throws FileError  says what happened and what to try
/// @throws Cancelled  ctx was asked to stop; the part is kept
void transfer(const TransferJob& job, const TransferPatience& patience, const Context& ctx,
              const std::function<void(const TransferFigures&)>& told);

}  // namespace maquette
