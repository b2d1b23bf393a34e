#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace maquette {

/// The bytes of a pickle, from the first to the last; never one beyond.
class PickleBytes {
 public:
  /// @param file  for messages; outlives this
  PickleBytes(const std::filesystem::path& file, std::span<const std::byte> bytes)
      : file_(file), bytes_(bytes) {}

  const std::filesystem::path& file() const { return file_; }
  std::size_t size() const { return bytes_.size(); }

  /// The next ones. These four throw FileError where there are not as many.
  std::span<const std::byte> take(std::uint64_t count);
  template <class T>
  T number() {  // little-endian
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  std::string_view text(std::uint64_t count);  ///< has to be UTF-8
  std::string_view line();                     ///< up to a line's end, which is passed over

  /// @throws FileError  always; the detail says where
  [[noreturn]] void damaged(const std::string& detail) const;

 private:
  const std::filesystem::path& file_;
  std::span<const std::byte> bytes_;
  std::size_t at_ = 0;
};

}  // namespace maquette
