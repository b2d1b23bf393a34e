#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

#include "core/jobs/context.h"

namespace maquette {

/// A regular file open for reading. Folders, pipes and devices are refused without waiting.
class InputFile {
 public:
  /// @throws FileError  missing, not readable, not a regular file, or empty
  explicit InputFile(std::filesystem::path file);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }  ///< bytes, when it was opened

  /// Reads up to `bytes` from `offset`; less only where the file ends.
  std::size_t readAt(std::uint64_t offset, void* to, std::size_t bytes) const;

  /// Everything from the start to the end, in slices that report and can be stopped.
  std::string readAll(const Context& ctx) const;

 private:
  std::filesystem::path path_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace maquette
