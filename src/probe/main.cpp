// Looks at one thing and answers through kReplyDescriptor. Started by the self-test, never by hand:
//
//   maquette-probe machine|neural|rendering|classical|folders

#include <unistd.h>

#include <cstdlib>
#include <string_view>
#include <utility>

#include "child/process.h"
#include "core/base/log.h"
#include "core/base/outcome.h"
#include "core/models/neural_plugin.h"
#include "probe/teller.h"

int main(int argc, char** argv) {
  using namespace maquette;
  constexpr std::pair<std::string_view, void (*)()> kSubjects[] = {{"machine", tellMachine},
                                                                   {"neural", tellNeural},
                                                                   {"rendering", tellRendering},
                                                                   {"classical", tellSmallJob},
                                                                   {"folders", tellFolders}};
  constexpr std::uint64_t kProcessorSeconds = 600;  // many cores for half a minute
  followParent(kProcessorSeconds);
  prepareNeuralEnvironment();
  ::dup2(kReplyDescriptor, STDERR_FILENO);  // what libraries complain about is part of the answer
  setLogLevel(1);
  for (const auto& [name, look] : kSubjects) {
    if (argc != 2 || name != argv[1]) continue;
    try {
      look();
    } catch (...) {
      const Failure failure = currentFailure();
      tell("error", failure.message);
      tell("error.detail", failure.detail);
    }
    tell("done", "yes");
    ::_exit(0);  // a driver that falls over its own end has no one left to tell
  }
  return EXIT_FAILURE;
}
