#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>

namespace maquette {

/// The calls of the system on which writing a file can fail. Tests put faults in their place;
/// pwrite is called from several threads.
struct SystemCalls {
  ssize_t (*pwrite)(int, const void*, std::size_t, off_t);
  int (*fsync)(int);
  int (*close)(int);
  int (*rename)(const char*, const char*);
};

/// What everything that writes files calls. Changed by tests only, while nothing is being written.
SystemCalls& systemCalls();

/// Writes all of `data` at `offset`, in as many calls as it takes.
///
/// @param offset  is behind what was written afterwards, also where not all of it was
/// @return        0, or an errno
int writeAll(int descriptor, std::span<const std::byte> data, std::uint64_t& offset);

/// Lets a file take the place of `target`.
///
/// @param forGood  also on the disk, which the name reaches with its folder; where that cannot be
///                 asked for, it comes later
/// @return         0, or an errno
int takePlace(const std::filesystem::path& file, const std::filesystem::path& target, bool forGood);

}  // namespace maquette
