#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "core/jobs/context.h"
#include "download/transfer.h"
#include "models/store.h"

namespace maquette {

/// How the download of a model goes. Written by the download, read by whoever shows it; any thread.
class FetchFigures {
 public:
  struct Snapshot {
    std::uint64_t done = 0, total = 0;  ///< bytes of all its files; 0 before it begins
    double bytesPerSecond = 0.;
    bool waiting = false;               ///< for the server, before another try
    std::optional<double> secondsLeft;  ///< absent while nothing comes
  };
  Snapshot snapshot() const;
  void set(const Snapshot& now);

 private:
  mutable std::mutex mutex_;
  Snapshot now_;
};

struct FetchOptions {
  std::string mirror;  ///< "" for the official host; see addressOf()
  TransferPatience patience;
};

/// Downloads what `group` lacks, checks every file whole, and remembers that.
///
/// Blocks; needs a QCoreApplication. When it ends early, what has arrived is continued next time.
///
/// @param figures  may be null
/// @throws Unsupported  a licence is not accepted yet
/// @throws FileError    not enough room, not reachable, not what is published…; says what to try
/// @throws Cancelled    ctx was asked to stop
void fetchModel(const ModelStore& store, const ModelGroup& group, const FetchOptions& options,
                const Context& ctx, FetchFigures* figures = nullptr);

}  // namespace maquette
