#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

namespace maquette {

/// What is known about the file that a part is of.
struct PartState {
  std::string address;    ///< asked for
  std::string validator;  ///< a strong ETag or a Last-Modified date; "" when the server gave none
  std::optional<std::uint64_t> total;
};

/// A file on its way: TARGET.part, with its state beside it, kept until it is complete.
///
/// One at a time for a target, in this process and all others; the lock goes with the object.
class PartFile {
 public:
  /// Opens what an earlier session left, or begins an empty one.
  ///
  /// @throws FileError  the folder cannot be written, or somebody else is downloading this file
  explicit PartFile(std::filesystem::path target);
  ~PartFile();
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  std::uint64_t size() const { return size_; }
  const PartState& state() const { return state_; }

  /// Throws away what there is and begins the file that `state` describes.
  void begin(PartState state);

  /// @throws FileError  names the cause ("the disk is full"); what was written before stays
  void append(const char* data, std::size_t bytes);

  /// Brings everything to the disk, lets `check` look at the part, and gives it the final name.
  ///
  /// @param check  throws when the content is not right; the part is then gone
  void finish(const std::function<void(const std::filesystem::path&)>& check);

  /// Removes the part and its state. Nothing can be written after.
  void discard();

 private:
  void open();
  [[noreturn]] void fail(int code) const;

  std::filesystem::path target_, part_, stateFile_;
  PartState state_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

}  // namespace maquette
