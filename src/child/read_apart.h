#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "child/reply.h"
#include "core/jobs/context.h"

namespace maquette {

/// What a process of its own is to read, and what it may cost.
struct ApartTask {
  std::vector<std::string> arguments;  ///< of maquette-reader: "mesh FILE" or "picture FILE"
  std::string shown;                   ///< the file's name as messages show it
  std::string advice;                  ///< what to try when it cannot be read: "Save it as PNG."
  std::uint64_t mostBytes = 0;         ///< of memory
  std::chrono::seconds mostTime{60};   ///< by the clock
};

/// Lets maquette-reader read a file, so that whatever happens to a reader of somebody else's make
/// (a crash, a hang, all memory used) happens to that process and not to this one.
///
/// Cancelling kills it, which takes less than 200 ms wherever it is.
///
/// @throws FileError    it crashed, took too long, or says so itself; the message names the file
/// @throws OutOfMemory, InvalidInput, Unsupported  it says so, or it cannot be started
/// @throws Cancelled
Reply readApart(const ApartTask& task, const Context& ctx);

/// maquette-reader: beside the running program, or in ../libexec/maquette.
std::filesystem::path readerProgram();

/// Takes another program for maquette-reader from now on; for tests. Empty: the usual one again.
void setReaderProgram(std::filesystem::path program);

}  // namespace maquette
