#include "cli/progress_line.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <string>

namespace maquette {
namespace {

// A handler may only set a flag; the watcher, which wakes 20 times a second, does the rest.
volatile std::sig_atomic_t interrupted = 0;

void interrupt(int) { interrupted = 1; }

}  // namespace

ProgressLine::ProgressLine(bool quiet) : quiet_(quiet), progress_(std::make_shared<Progress>()) {
  std::signal(SIGINT, interrupt);
  std::signal(SIGTERM, interrupt);
  progress_->start();
  watcher_ = std::jthread([this](const std::stop_token& ended) { watch(ended); });
}

ProgressLine::~ProgressLine() {
  watcher_.request_stop();
  watcher_.join();
  if (!quiet_ && isatty(STDERR_FILENO)) std::fputs("\r\033[K", stderr);
}

void ProgressLine::watch(const std::stop_token& ended) const {
  const bool terminal = isatty(STDERR_FILENO);
  std::string shown;
  auto source = stop_;  // shares the state of the original
  while (!ended.stop_requested()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (interrupted) source.request_stop();
    if (quiet_) continue;
    const Progress::Snapshot now = progress_->snapshot();
    if (terminal) {
      const std::string left =
          now.secondsLeft ? fmt::format(" · {:.0f} s left", *now.secondsLeft) : "";
      fmt::print(stderr, "\r\033[K{} {:3.0f} %{}", now.stage, now.fraction * 100.f, left);
      std::fflush(stderr);
    } else if (now.stage != shown) {
      shown = now.stage;
      fmt::print(stderr, "{} ({:.0f} %)\n", shown, now.fraction * 100.f);
    }
  }
}

}  // namespace maquette
