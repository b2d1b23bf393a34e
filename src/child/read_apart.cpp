#include "child/read_apart.h"

#include <spdlog/fmt/fmt.h>

#include <utility>

#include "child/process.h"
#include "core/base/error.h"
#include "core/base/log.h"

namespace maquette {
namespace {

constexpr const char* kName = "maquette-reader";

std::filesystem::path& chosenProgram() {
  static std::filesystem::path program;
  return program;
}

[[noreturn]] void throwCrashed(const ApartTask& task, const Ending& ending,
                               const std::string& detail) {
  throw FileError(
      fmt::format("{} cannot be read: the reader for files of this kind failed on it, so it is "
                  "damaged or very unusual. {}",
                  task.shown, task.advice),
      fmt::format("{}: {} {}, {}", kName, ending.bySignal ? "signal" : "exit status", ending.code,
                  detail));
}

[[noreturn]] void throwTooLong(const ApartTask& task) {
  throw FileError(fmt::format("{} was given up: it could not be read within {} seconds. {}",
                              task.shown, task.mostTime.count(), task.advice));
}

}  // namespace

std::filesystem::path readerProgram() {
  return chosenProgram().empty() ? helperProgram(kName) : chosenProgram();
}

void setReaderProgram(std::filesystem::path program) { chosenProgram() = std::move(program); }

Reply readApart(const ApartTask& task, const Context& ctx) {
  ctx.check();
  // Twice the time: on the processor, in case that this process is not there to look at the clock.
  std::vector<std::string> arguments{std::to_string(task.mostBytes),
                                     std::to_string(2 * task.mostTime.count() + 2)};
  arguments.insert(arguments.end(), task.arguments.begin(), task.arguments.end());
  ChildProcess child(readerProgram(), arguments);
  const auto deadline = ChildProcess::Clock::now() + task.mostTime;
  try {
    return readReply(
        [&](void* to, std::size_t bytes) { return child.read(to, bytes, deadline, ctx); },
        task.mostBytes, ctx);
  } catch (const BrokenReply& broken) {
    child.kill();
    throwCrashed(task, child.wait(), broken.what());
  } catch (const ChildProcess::TimedOut&) {
    throwTooLong(task);
  } catch (const OutOfMemory& error) {
    if (*error.what() != '\0') throw;
    throw OutOfMemory(
        fmt::format("{} needs more memory than there is. Close other programs, or "
                    "make the file smaller.",
                    task.shown));
  } catch (const FileError& error) {
    if (*error.what() != '\0') throw;
    throwCrashed(task, child.wait(), error.detail());
  }
}

}  // namespace maquette
