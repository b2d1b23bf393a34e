// libtorch's CUDA half, opened whether or not there is a graphics card.

#include "core/base/error.h"
#include "core/models/neural_plugin.h"
#include "neural/facts.h"

using namespace maquette;

namespace {

NeuralPlugin& plugin() {
  static NeuralPlugin opened(MAQUETTE_PLUGIN, {NeuralStart::Cuda::always, 1});
  return opened;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

FACT(itOpensOrNamesTheLibraryThatIsMissing) {
  const NeuralFacts& facts = plugin().facts();
  std::cout << "      " << (facts.cudaOpened ? "opened" : "not opened") << " in "
            << facts.cudaOpenSeconds << " s; " << facts.cudaReason << " " << facts.kernels
            << std::endl;
  if (facts.cudaOpened) {
    EXPECT(!facts.kernels.empty());
    EXPECT(facts.cuda == facts.cudaReason.empty());
    EXPECT(facts.cudaRuntime >= 13000 && facts.cudaRuntime < 20000);
    EXPECT(facts.cudnn >= 90000 && facts.cudnn < 200000);  // known without a card, too
    EXPECT(facts.cuda == (facts.card.computeMajor > 0 && !facts.card.uuid.empty()));
  } else {
    EXPECT(contains(facts.cudaReason, ".so"));
    EXPECT(contains(facts.cudaReason, "packaging/bootstrap --cuda"));
  }
}

FACT(withoutADriverItSaysSoAndTheProcessorComputes) {
  if (plugin().facts().cuda) SKIP("this machine has a graphics card");
  if (plugin().facts().cudaOpened) EXPECT(contains(plugin().facts().cudaReason, "NVIDIA driver"));
  EXPECT(!plugin().table().deviceMemory());  // asking creates nothing
  EXPECT(plugin().table().trial({}, Context()).relativeError < 1e-5);
  MESSAGE_OF(Unsupported, plugin().table().trial({NeuralDevice::cuda, {}}, Context()));
}

FACT(theNumberOfThreadsIsTheOneAskedFor) { EXPECT(plugin().facts().threads == 1); }

FACT_MAIN
