// The plug-in as the programs meet it: through core's NeuralPlugin.

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

#include "core/base/error.h"
#include "core/models/neural_plugin.h"
#include "neural/facts.h"

using namespace maquette;

namespace {

/// One for the whole process, as in the programs.
NeuralPlugin& plugin() {
  static NeuralPlugin opened(MAQUETTE_PLUGIN);
  return opened;
}

bool mapped(const char* library) {
  std::ifstream maps("/proc/self/maps");
  const std::string text(std::istreambuf_iterator<char>(maps), {});
  return text.find(library) != std::string::npos;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

NeuralTrialResult tryIt(Precision precision) {
  return plugin().table().trial({NeuralDevice::cpu, precision, 2, 64, 64}, Context());
}

}  // namespace

FACT(whatLibtorchReadsFromTheEnvironmentIsSetOnceAndTheUsersChoiceStays) {
  ::unsetenv("PYTORCH_ALLOC_CONF");
  ::unsetenv("PYTORCH_CUDA_ALLOC_CONF");
  ::setenv("CUDA_MODULE_LOADING", "EAGER", 1);
  prepareNeuralEnvironment();
  EXPECT(std::getenv("PYTORCH_ALLOC_CONF") == std::string("expandable_segments:True"));
  EXPECT(std::getenv("CUDA_MODULE_LOADING") == std::string("EAGER"));
  ::unsetenv("PYTORCH_ALLOC_CONF");
  ::setenv("PYTORCH_CUDA_ALLOC_CONF", "expandable_segments:False", 1);
  prepareNeuralEnvironment();
  EXPECT(std::getenv("PYTORCH_ALLOC_CONF") == nullptr);
  ::unsetenv("PYTORCH_CUDA_ALLOC_CONF");
}

FACT(aMissingPluginIsNamedWithTheWayToGetIt) {
  NeuralPlugin missing("/nowhere/libmaquette_neural.so");
  EXPECT(!missing.unavailable().empty());
  const std::string message = MESSAGE_OF(Unsupported, missing.table());
  EXPECT(contains(message, "/nowhere/libmaquette_neural.so"));
  EXPECT(contains(message, "packaging/bootstrap"));
  EXPECT(!missing.opened());
}

FACT(aPluginOfAnotherVersionIsRefused) {
  NeuralPlugin old(MAQUETTE_OLD_PLUGIN);
  EXPECT(old.unavailable().empty());
  EXPECT(contains(MESSAGE_OF(Unsupported, old.table()), "another version"));
}

FACT(aPluginOfAnotherLayoutIsRefusedThoughItsNumberFits) {
  NeuralPlugin other(MAQUETTE_OTHER_PLUGIN);
  EXPECT(contains(MESSAGE_OF(Unsupported, other.table()), "another version"));
}

FACT(aLibraryThatIsNoPluginIsRefused) {
  NeuralPlugin none(MAQUETTE_NO_PLUGIN);
  EXPECT(contains(MESSAGE_OF(Unsupported, none.table()), "another version"));
}

FACT(aLibraryThatThePluginLacksIsNamed) {
  NeuralPlugin lacking(MAQUETTE_LACKING_PLUGIN);
  EXPECT(lacking.unavailable().empty());
  EXPECT(contains(MESSAGE_OF(Unsupported, lacking.table()), "libmaquette_absent.so"));
  EXPECT(!MESSAGE_OF(Unsupported, lacking.table()).empty());  // and again, as often as asked
}

FACT(theMissingLibraryIsReadFromTheLoadersWords) {
  const std::string rest = ": cannot open shared object file: No such file or directory";
  EXPECT(missingLibrary("libcudart.so.13" + rest) == "libcudart.so.13");
  EXPECT(missingLibrary("/opt/a b/libx.so" + rest) == "libx.so");
  EXPECT(missingLibrary("libx.so: undefined symbol: f").empty());
  EXPECT(missingLibrary(rest).empty());
}

FACT(aFileThatIsNoLibraryIsRefused) {
  NeuralPlugin text(MAQUETTE_NO_LIBRARY);
  EXPECT(contains(MESSAGE_OF(Unsupported, text.table()), "cannot be opened"));
}

FACT(nothingOfItIsHereBeforeItIsAsked) {
  EXPECT(!plugin().opened());
  for (const char* library :
       {"libtorch", "libc10", "cudart", "cublas", "cupti", "maquette_neural.so"})
    EXPECT(!mapped(library));
}

FACT(openedByTwoThreadsAtOnceItIsOne) {
  const NeuralTable *one = nullptr, *two = nullptr;
  std::jthread other([&] { one = &plugin().table(); });
  two = &plugin().table();
  other.join();
  EXPECT(one == two);
  EXPECT(plugin().opened());
  EXPECT(mapped("libtorch_cpu.so"));
}

FACT(itSaysWhatItFound) {
  const NeuralFacts& facts = plugin().facts();
  EXPECT(contains(facts.library, "libtorch 2."));
  EXPECT(!facts.cpu.empty());
  EXPECT(facts.threads >= 1);
  EXPECT(facts.cuda == facts.cudaReason.empty());
  EXPECT(plugin().cost().seconds > 0.);
  std::cout << "      opened in " << plugin().cost().seconds << " s, "
            << (plugin().cost().residentBytes >> 20) << " MB; " << facts.cudaReason << std::endl;
}

FACT(itComputesInEveryPrecision) {
  EXPECT(tryIt(Precision::f32).relativeError < 1e-5);
  EXPECT(tryIt(Precision::f16).relativeError < 5e-3);
  EXPECT(tryIt(Precision::bf16).relativeError < 4e-2);
  // Half precision is not single precision under another name.
  EXPECT(tryIt(Precision::f16).relativeError > 1e-5);
  EXPECT(tryIt(Precision::bf16).relativeError > tryIt(Precision::f16).relativeError);
}

FACT(itStopsWhenAsked) {
  std::stop_source stop;
  stop.request_stop();
  MESSAGE_OF(Cancelled, plugin().table().trial({}, Context(stop.get_token(), nullptr)));
}

FACT(libtorchsOwnErrorsComeOutAsOurs) {
  const NeuralTable& table = plugin().table();
  // A petabyte: refused by the allocator, not by us.
  const std::string message =
      MESSAGE_OF(OutOfMemory, table.trial({NeuralDevice::cpu, {}, 1, 1, 8'000'000}, Context()));
  EXPECT(contains(message, "not enough memory"));
  MESSAGE_OF(InvalidInput, table.trial({NeuralDevice::cpu, {}, 1, 1, 12}, Context()));
  EXPECT(tryIt(Precision::f32).relativeError < 1e-5);  // and it goes on
}

FACT(withoutAGraphicsCardItSaysSo) {
  if (plugin().facts().cuda) SKIP("this machine has one");
  const std::string message =
      MESSAGE_OF(Unsupported, plugin().table().trial({NeuralDevice::cuda, {}}, Context()));
  EXPECT(message == plugin().facts().cudaReason);
  EXPECT(!plugin().table().deviceMemory());
  plugin().table().resetPeaks();
  plugin().table().releaseCached();
}

FACT(withAGraphicsCardItCountsItsMemory) {
  if (!plugin().facts().cuda) SKIP(plugin().facts().cudaReason);
  const NeuralTable& table = plugin().table();
  EXPECT(!table.deviceMemory());  // not before its first use
  for (const Precision precision : {Precision::f32, Precision::f16, Precision::bf16})
    EXPECT(table.trial({NeuralDevice::cuda, precision, 2, 64, 64}, Context()).relativeError < 4e-2);
  const auto after = table.deviceMemory();
  EXPECT(after && after->allocatedPeak > 0 && after->reserved >= after->allocated);
  table.releaseCached();
  table.resetPeaks();
  const auto released = table.deviceMemory();
  EXPECT(released && released->reserved <= after->reserved);
  EXPECT(released && released->allocatedPeak == released->allocated);
}

FACT_MAIN
