#pragma once

#include <memory>
#include <stop_token>
#include <thread>

#include "core/jobs/context.h"

namespace maquette {

/// Shows a job's progress on stderr (a moving line on a terminal, a line a stage elsewhere) and
/// turns Ctrl+C or SIGTERM into a request to stop. One at a time.
class ProgressLine {
 public:
  explicit ProgressLine(bool quiet);
  ~ProgressLine();  ///< clears the line
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  Context context() const { return {stop_.get_token(), progress_}; }

 private:
  void watch(const std::stop_token& ended) const;

  bool quiet_;
  std::stop_source stop_;
  std::shared_ptr<Progress> progress_;
  std::jthread watcher_;  // last: ends before what it looks at
};

}  // namespace maquette
