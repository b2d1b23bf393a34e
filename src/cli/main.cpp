#include <spdlog/fmt/fmt.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/progress_line.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/outcome.h"
#include "core/device/memory_budget.h"
#include "core/jobs/parallel.h"
#include "core/models/neural_plugin.h"
#include "solid/threads.h"

namespace maquette {
namespace {

// Documented in the README and in --help.
enum ExitCode {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kInvalidInput = 3,
  kFileError = 4,
  kOutOfMemory = 5,
  kUnsupported = 6,
  kCancelled = 130,  // as shells say for Ctrl+C
};

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 2 wrong usage, 3 the input cannot be worked on, 4 a file cannot be read "
    "or\n"
    "written, 5 not enough memory, 6 not available here, 130 cancelled, 1 anything else.";

int exitCodeOfCurrent() {
  try {
    throw;
  } catch (const Cancelled&) {
    return kCancelled;
  } catch (const InvalidInput&) {
    return kInvalidInput;
  } catch (const FileError&) {
    return kFileError;
  } catch (const OutOfMemory&) {
    return kOutOfMemory;
  } catch (const std::bad_alloc&) {
    return kOutOfMemory;
  } catch (const Unsupported&) {
    return kUnsupported;
  } catch (...) {
    return kFailed;
  }
}

int printNotGood(const NotGood& found, bool json) {
  fmt::print("{}", json ? found.report.dump(2) + "\n" : asText(found.report));
  fmt::print(stderr, "maquette-cli: {}\n", found.what());
  return kInvalidInput;
}

/// The options before the command.
struct Common {
  bool json = false, quiet = false;
  std::optional<std::uint64_t> seed;
  std::int64_t memoryLimit = 0;
  bool int8 = false;  ///< large weights of networks in 8 bits
  std::vector<std::string> weights;
};

int perform(const Action& action, const Common& common) {
  const bool json = common.json;
  try {
    Report report;
    {
      const ProgressLine line(common.quiet);
      Session session(line.context(), common.seed, common.memoryLimit, common.int8, common.quiet,
                      common.weights);
      report = action(session);
      if (!session.memory().empty()) report["memory"] = session.memory();
    }
    const std::string text = json ? report.dump(2) + "\n" : asText(report);
    // A full disk or a closed pipe behind stdout must not look like success.
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
      throw FileError("The report could not be written to the standard output.");
    return kDone;
  } catch (const NotGood& found) {
    return printNotGood(found, json);
  } catch (...) {
    const int code = exitCodeOfCurrent();
    const Failure failure = code == kCancelled ? Failure{"Cancelled.", {}} : currentFailure();
    fmt::print(stderr, "maquette-cli: {}\n", failure.message);
    if (!failure.detail.empty()) log("cli")->info("{}", failure.detail);
    if (json) {
      const Report error{{"error", {{"code", code}, {"message", failure.message}}}};
      fmt::print("{}\n", error.dump(2, ' ', false, Report::error_handler_t::replace));
    }
    return code;
  }
}

int run(int argc, char** argv) {
  CLI::App app("Maquette without a window: a picture becomes printable parts.");
  app.set_version_flag("--version", "maquette-cli " MAQUETTE_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(kExitCodes);
  Common common;
  int threads = 0, verbosity = 1;
  app.add_flag("--json", common.json, "Report as JSON on the standard output");
  app.add_flag("-q,--quiet", common.quiet, "No progress on the standard error");
  app.add_option("--threads", threads, "Threads to use (0: one per core)")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--seed", common.seed,
                 "For whatever draws random numbers (default: 42 for parts, else 0)");
  app.add_option("--verbosity", verbosity, "Log: 0 errors, 1 warnings, 2 information, 3 everything")
      ->check(CLI::Range(0, 3))
      ->capture_default_str();
  app.add_option_function<std::string>(
         "--memory-limit",
         [&common](const std::string& text) {
           try {
             common.memoryLimit = parseBytes(text);
           } catch (const InvalidInput& error) {
             throw CLI::ValidationError(error.what());
           }
         },
         "What models may take, on the processor or the graphics card: 6GB, 800MB (default: what "
         "is "
         "free)")
      ->type_name("SIZE");
  app.add_option("--weights", common.weights,
                 "Uses another weight file of the same family for a network, for this command")
      ->type_name("ID=FILE")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_flag("--int8-weights", common.int8,
               "Hold the large weights of networks in 8 bits where a network can do that, also if "
               "there is memory: P3-SAM's take 130 MB instead of 451 MB, and the result loses a "
               "little");
  Action action;
  addGenerate(app, action);
  addSegment(app, action);
  addComplete(app, action);
  addMake(app, action);
  addExport(app, action);
  addInfo(app, action);
  addModels(app, action);
  addWeights(app, action);
  addDoctor(app, action);
  addCheck(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  }
  setLogLevel(verbosity);
  setThreadLimit(threads);
  applyThreadLimit(threads);
  return perform(action, common);
}

}  // namespace
}  // namespace maquette

int main(int argc, char** argv) {
  maquette::prepareNeuralEnvironment();
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit becomes an error that names it, not a death
  return maquette::run(argc, argv);
}
