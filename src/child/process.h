#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "core/jobs/context.h"

namespace maquette {

/// The descriptor through which a child answers.
inline constexpr int kReplyDescriptor = 3;

/// How a child came to its end.
struct Ending {
  bool bySignal = false;
  int code = 0;  ///< the exit status, or the signal
};

/// A program of ours in a process of its own. Everything about processes that depends on the system
/// is in process.cpp.
class ChildProcess {
 public:
  /// Starts it with nothing but standard error and a pipe for its reply.
  ///
  /// @throws Unsupported  it cannot be started
  ChildProcess(const std::filesystem::path& program, const std::vector<std::string>& arguments);
  ~ChildProcess();  ///< kills what still runs, and waits until it is gone
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  using Clock = std::chrono::steady_clock;

  /// Reads up to `bytes` of the reply, as soon as there are some; 0 at the end.
  ///
  /// @throws Cancelled  within 20 ms of ctx being asked to stop; the child is killed
  /// @throws TimedOut   nothing came before `deadline`; the child is killed
  struct TimedOut {};
  std::size_t read(void* to, std::size_t bytes, Clock::time_point deadline, const Context& ctx);

  void kill() noexcept;
  Ending wait();  ///< until it has ended

 private:
  pid_t pid_ = -1;
  int reply_ = -1;
  bool ended_ = false;
  Ending ending_;
};

/// For the start of a child's main: no more memory than `bytes`, no more processor time than
/// `seconds`, no core dump, and no life without the parent.
///
/// Sanitizers map terabytes of addresses and look into memory by themselves, so a build with them
/// goes without the limit on memory.
void confineThisProcess(std::uint64_t bytes, std::uint64_t seconds);

/// As confineThisProcess, without its limits on memory and rights: for a child that opens drivers.
void followParent(std::uint64_t seconds);

/// A program of ours that other programs start: beside the running one, or in ../libexec/maquette.
std::filesystem::path helperProgram(const std::string& name);

/// The folder of the running program.
std::filesystem::path programFolder();

/// All memory of this machine, bytes.
std::uint64_t memoryOfMachine();

}  // namespace maquette
