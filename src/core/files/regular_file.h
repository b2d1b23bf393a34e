#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

namespace maquette {

/// A regular file open for reading. Folders, pipes and devices are refused without waiting.
class RegularFile {
 public:
  /// @throws FileError  missing, not readable, or not a regular file
  explicit RegularFile(std::filesystem::path file);
  ~RegularFile();
  RegularFile(const RegularFile&) = delete;
  RegularFile& operator=(const RegularFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size() const { return size_; }    ///< bytes, when it was opened
  int descriptor() const { return descriptor_; }  ///< for the system's calls

  /// Reads up to `bytes` from `offset`; less only where the file ends. Any thread.
  ///
  /// @throws FileError
  std::size_t readAt(std::uint64_t offset, void* to, std::size_t bytes) const;

 private:
  std::filesystem::path path_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace maquette
