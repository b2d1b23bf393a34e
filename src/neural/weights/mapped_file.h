#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>

namespace maquette {

/// The bytes of a file, and what keeps them there.
struct SharedBytes {
  std::span<const std::byte> bytes;
  std::shared_ptr<const void> owner;
};

/// Maps a file into memory, read-only; pages come from the disk when they are touched.
///
/// The file must not be shortened while it is mapped: touching what is gone ends the program, as
/// with every mapping. Replacing it by renaming is harmless.
///
/// @throws FileError  missing, not readable, not a regular file, or empty
SharedBytes mapFile(const std::filesystem::path& file);

/// Asks the system to bring a file into its cache, without waiting. Failing is silent.
void prefetchFile(const std::filesystem::path& file);

/// Says that a weight file is not what its format promises.
///
/// @param what    the rest of a sentence that begins with the file's name: "is cut short"
/// @param detail  for the log
/// @throws FileError  always
[[noreturn]] void throwDamagedWeights(const std::filesystem::path& file, const std::string& what,
                                      const std::string& detail = {});

}  // namespace maquette
