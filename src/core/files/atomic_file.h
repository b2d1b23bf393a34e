#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

namespace maquette {

/// What a file outlives once it is written.
enum class Durability : std::uint8_t {
  disk,    ///< a power cut: whoever writes waits for the disk, some 20 ms
  system,  ///< the program; after a power cut the file may be empty
};

/// A file that appears whole or not at all.
///
/// Bytes go to a temporary file beside the target; commit() puts it in the target's place. Without
/// commit() the temporary file is removed and an existing target stays as it was.
class AtomicFile {
 public:
  /// @throws FileError  the folder is missing or may not be written, or the target is a folder,
  ///                    a device or a file that may not be written
  explicit AtomicFile(std::filesystem::path target, Durability durability = Durability::disk);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  /// Appends. @throws FileError  names the cause ("the disk is full") and what to try
  void write(const void* data, std::size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }

  /// Makes `piece`, a slice of what is to be appended, which begins `begin` bytes after its start.
  using Fill = std::function<void(std::uint64_t begin, std::span<std::byte> piece)>;

  /// Appends `bytes` bytes that `fill` makes piece by piece, on several threads.
  void writeParallel(std::uint64_t bytes, std::size_t pieceBytes, const Fill& fill);

  /// Overwrites bytes that were written before (a length that is known only later).
  void patch(std::uint64_t offset, const void* data, std::size_t bytes);

  std::uint64_t size() const { return size_; }  ///< bytes written so far
  const std::filesystem::path& target() const { return target_; }

  /// Brings everything to the disk, or the system; nothing can be written after. commit() does it
  /// where needed.
  void finish();

  /// finish(), then takes the target's place.
  void commit();

 private:
  void flush();
  [[noreturn]] void fail(int code);
  void discard() noexcept;

  std::filesystem::path target_;
  std::filesystem::path temporary_;  // empty once committed or discarded
  std::vector<std::byte> buffer_;    // the last bytes, not yet in the file
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
  Durability durability_;
};

/// Writes `content` to `target` in one go, as AtomicFile does.
void writeFile(const std::filesystem::path& target, std::string_view content,
               Durability durability = Durability::disk);

}  // namespace maquette
