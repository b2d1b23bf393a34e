#pragma once

#include <filesystem>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace maquette {

/// Brings files into the page cache ahead of their use, on a thread that gives way to everybody.
class Prefetch {
 public:
  /// @param affordable  whether this many bytes can be cached without pushing anything out; asked
  ///                    before and again while a file is read
  explicit Prefetch(std::function<bool(std::int64_t bytes)> affordable);
  /// Stops it.
  ~Prefetch();

  /// Instead of what it was at. Any thread; returns at once.
  void start(std::vector<std::filesystem::path> files);
  /// Returns when nothing is read any more, which is soon.
  void cancel();
  /// Waits for the end; whether all was brought in.
  bool finish();

 private:
  bool read(const std::filesystem::path& file, const std::stop_token& stop) const;

  const std::function<bool(std::int64_t)> affordable_;
  std::mutex mutex_;  // guards the rest
  bool complete_ = false;
  std::jthread thread_;
};

}  // namespace maquette
