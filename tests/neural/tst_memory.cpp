// Memory from the plan to the last byte, on the processor: what holds here holds on a graphics
// card, whose allocator is another but whose ladder, plan and ledger are these.

#include <ATen/ops/empty.h>
#include <c10/core/CPUAllocator.h>

#include <atomic>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <thread>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/models/model_manager.h"
#include "core/models/neural_plugin.h"
#include "neural/facts.h"
#include "neural/rehearsal.h"
#include "neural/scratch_folder.h"

extern "C" const maquette::NeuralTable* maquetteNeural();

using namespace maquette;
using namespace maquette::test;

namespace {

constexpr std::int64_t kGB = 1'000'000'000;
constexpr RehearsalSize kSize{3, 64, 112};
constexpr RehearsalSize kDeep{9, 128, 64};  // most of it weights

class EmptyMachine : public MemoryMonitor {
 public:
  explicit EmptyMachine(bool withCard) : withCard_(withCard) {}
  MemorySample sample() override {
    MemorySample now;
    now.host = {64 * kGB, 32 * kGB, 0};
    if (withCard_) now.device = MemoryFigures{8 * kGB, 4 * kGB, 0};
    return now;
  }

 private:
  bool withCard_;
};

const NeuralTable& table() {
  static NeuralPlugin plugin(*maquetteNeural(), {NeuralStart::Cuda::whereDriver, 2});
  return plugin.table();
}

std::filesystem::path weightsOf(const RehearsalSize& size) {
  table();  // tensors are counted before there is one
  static const ScratchFolder folder("rehearsal");
  const auto file = folder / (std::to_string(size.blocks) + ".safetensors");
  if (!std::filesystem::exists(file)) writeRehearsal(file, size);
  return file;
}

/// A program in small: the registry, the machine, the plug-in, the manager.
struct House {
  Registry registry;
  EmptyMachine machine;
  MemoryLedger ledger;
  NeuralPlugin plugin;
  ModelManager manager;
  std::int64_t before;

  explicit House(const RehearsalSize& size = kSize, bool withCard = false)
      : machine(withCard),
        plugin(*maquetteNeural(), {NeuralStart::Cuda::whereDriver, 2}),
        manager((registry.add(rehearsal(weightsOf(size), size)), registry), machine, &ledger,
                &plugin) {
    setLogLevel(1);
    plugin.table();
    before = held();
  }
  ~House() {
    manager.unloadAll("the end");
    table().setLimits({});
    table().injectFailure({});
    EXPECT(held() == before);  // to the byte
  }
  static std::int64_t held() { return table().hostMemory().allocated; }

  ShapeResult generate(const Context& ctx = {}) {
    auto model = manager.acquire<ShapeGenerator>("rehearsal", ctx);
    return model.run([&](ShapeGenerator& m) { return m.generate({}, {}, ctx); });
  }
};

/// As it is computed where there is memory enough.
const std::vector<float>& reference(const RehearsalSize& size = kSize) {
  static std::map<std::int64_t, std::vector<float>> known;
  std::vector<float>& numbers = known[size.blocks];
  if (numbers.empty()) numbers = numbersOf(House(size).generate());
  return numbers;
}

double relativeError(const std::vector<float>& a, const std::vector<float>& b) {
  double off = 0., whole = 0.;
  for (std::size_t i = 0; i < a.size(); ++i) {
    off += std::pow(double(a[i]) - double(b[i]), 2.);
    whole += std::pow(double(b[i]), 2.);
  }
  return std::sqrt(off / whole);
}

/// Identical without a note; else a note says so, and the numbers are not far away.
bool honest(const ShapeResult& result, const RehearsalSize& size = kSize) {
  const std::vector<float> numbers = numbersOf(result);
  if (result.notes.empty()) return numbers == reference(size);
  return result.notes.size() == 1 && relativeError(numbers, reference(size)) < 0.05;
}

std::int64_t allocationsOfOneRun() {
  House house;
  table().injectFailure({});
  house.generate();
  return table().injectFailure({});
}

}  // namespace

FACT(tensorsAreCountedToTheByteAndAligned) {
  const std::int64_t before = House::held();
  table();
  {
    const at::Tensor a = at::empty({1000}, at::kByte);
    EXPECT(House::held() == before + 1000);
    EXPECT(reinterpret_cast<std::uintptr_t>(a.const_data_ptr()) % 64 == 0);
    const at::Tensor none = at::empty({0, 7}, at::kFloat);
    EXPECT(House::held() == before + 1000);
  }
  EXPECT(House::held() == before);
  EXPECT(table().hostMemory().allocatedPeak >= before + 1000);
  table().resetPeaks();
  EXPECT(table().hostMemory().allocatedPeak == before);
  // The door through which libtorch's own libraries come.
  void* raw = c10::GetCPUAllocator()->raw_allocate(333);
  EXPECT(House::held() == before + 333);
  c10::GetCPUAllocator()->raw_deallocate(raw);
  EXPECT(House::held() == before);
}

FACT(manyThreadsCountTogether) {
  const std::int64_t before = House::held();
  table().setLimits({before + 4'000'000, 0, 0});
  std::atomic<int> refused{0};
  std::atomic<bool> exceeded{false};
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < 300; ++i) try {
            const at::Tensor part = at::empty({1'000'000}, at::kByte);
            if (House::held() > before + 4'000'000 + 8'000'000) exceeded = true;
          } catch (const OutOfMemory&) {
            ++refused;
          }
      });
  }
  EXPECT(!exceeded);
  EXPECT(table().hostMemory().allocatedPeak <= before + 4'000'000);
  table().setLimits({});
  EXPECT(House::held() == before);
}

FACT(theNetworkComputesSomething) {
  const std::vector<float>& numbers = reference();
  EXPECT(numbers.size() >= 64u * 112u);
  double sum = 0.;
  for (const float value : numbers) {
    EXPECT(std::isfinite(value));
    sum += std::abs(double(value));
  }
  EXPECT(sum / double(numbers.size()) > 0.1);
  EXPECT(numbersOf(House().generate()) == numbers);
}

FACT(noRungWithoutLossChangesABit) {
  for (const RehearsalSize& size : {kSize, kDeep}) {
    House house(size);
    const Ladder ladder = house.registry.entries().front().ladder({});
    for (std::size_t rung = 0; rung < ladder.size(); ++rung) {
      house.manager.unloadAll("the next rung");
      auto model = house.manager.acquire<ShapeGenerator>("rehearsal", {});
      MemoryPlan plan = model.plan();
      plan.rung = rung;
      dynamic_cast<PlannedModel&>(*model).follow(plan);
      const ShapeResult result = model->generate({}, {}, {});
      EXPECT(result.notes.empty() == ladder[rung].loss.empty());
      EXPECT(honest(result, size));
    }
  }
}

FACT(everyAllocationMayFail) {
  const std::int64_t allocations = allocationsOfOneRun();
  EXPECT(allocations > 50);
  int lossy = 0;
  for (std::int64_t n = 1; n <= allocations; ++n) {
    House house;
    reference();
    table().injectFailure({n, 1});
    const ShapeResult result = house.generate();
    EXPECT(honest(result));
    lossy += result.notes.empty() ? 0 : 1;
  }
  EXPECT(lossy == 0);  // one refusal is no reason to lose anything
  std::cout << "      " << allocations << " allocations, each refused once: identical" << std::endl;
}

FACT(severalAllocationsMayFailInARow) {
  const std::int64_t allocations = allocationsOfOneRun();
  int lossy = 0, refused = 0;
  for (const std::int64_t count : {2, 4, 5, 8})
    for (std::int64_t n = 1; n <= allocations; n += 5) {
      House house;
      reference();
      table().injectFailure({n, count});
      try {
        const ShapeResult result = house.generate();
        EXPECT(honest(result));
        lossy += result.notes.empty() ? 0 : 1;
      } catch (const OutOfMemory& error) {
        EXPECT(std::string(error.what()).find("memory") != std::string::npos);
        ++refused;
      }
      table().injectFailure({});
      EXPECT(honest(house.generate()));  // and it goes on
    }
  EXPECT(lossy > 0);
  EXPECT(refused > 0);
}

FACT(everythingMayFail) {
  House house;
  reference();
  table().injectFailure({1, 1'000'000});
  EXPECT(!MESSAGE_OF(OutOfMemory, house.generate()).empty());
  EXPECT(house.manager.state().phase == ModelManager::State::Phase::none);
  EXPECT(House::held() == house.before);
}

FACT(budgetsFromGenerousToTinyAreKept) {
  for (const RehearsalSize& size : {kSize, kDeep}) {
    reference(size);
    int identical = 0, lossy = 0, refused = 0;
    for (std::int64_t limit = 24'000'000; limit > 50'000; limit = limit * 6 / 7) {
      House house(size);
      house.manager.setBudget({limit, 0});
      table().resetPeaks();
      try {
        const ShapeResult result = house.generate();
        EXPECT(honest(result, size));
        ++(result.notes.empty() ? identical : lossy);
        EXPECT(refused == 0);  // less is never better
      } catch (const OutOfMemory& error) {
        const std::string words = error.what();
        EXPECT(words.find("limit") != std::string::npos);
        ++refused;
      }
      EXPECT(table().hostMemory().allocatedPeak - house.before <= limit);
    }
    EXPECT(identical > 3);
    EXPECT(lossy > 0);
    EXPECT(refused > 3);
    std::cout << "      " << identical << " budgets identical, " << lossy << " with a note, "
              << refused << " refused" << std::endl;
  }
}

FACT(theLimitOfAJobThatNeverBeganIsGone) {
  House house;
  house.registry.add([] {
    ModelEntry gone = rehearsal("/nowhere/weights.safetensors", kSize);
    gone.id = "gone";
    return gone;
  }());
  house.manager.setBudget({2'000'000, 0});
  try {
    house.manager.acquire<ShapeGenerator>("gone", {});
    EXPECT(false);
  } catch (const FileError&) {
  }
  const NeuralTrial large{NeuralDevice::cpu, Precision::f32, 1, 2048, 256};
  table().trial(large, {});  // takes more than those 2 MB
  table().resetPeaks();
  table().trial(large, {});
  EXPECT(table().hostMemory().allocatedPeak - house.before > 2'000'000);
}

FACT(aNetworkLargerThanItsBudgetIsStreamedFromItsFile) {
  reference(kDeep);
  House house(kDeep);
  const Rung whole = house.registry.entries().front().ladder({}).front();
  const std::int64_t limit = whole.weightBytes() / 3;
  house.manager.setBudget({limit, 0});
  table().resetPeaks();
  const ShapeResult result = house.generate();
  EXPECT(result.notes.empty());
  EXPECT(numbersOf(result) == reference(kDeep));
  const std::int64_t peak = table().hostMemory().allocatedPeak - house.before;
  EXPECT(peak <= limit);
  std::cout << "      weights " << shownBytes(whole.weightBytes()) << ", budget "
            << shownBytes(limit) << ", peak " << shownBytes(peak) << std::endl;
}

FACT(plansAreNearWhatIsMeasuredAndTheLedgerBringsThemNearer) {
  for (const RehearsalSize& size : {kSize, kDeep}) {
    House house(size);
    house.generate();
    const auto first = house.manager.lastJob();
    EXPECT(first && first->use.peak() > 0);
    const double ratio = double(first->use.peak()) / double(first->plan.peak());
    EXPECT(ratio > 0.6 && ratio < 1.3);
    house.generate();
    const auto second = house.manager.lastJob();
    EXPECT(second->plan.peak() >= second->use.peak());
    EXPECT(double(second->use.peak()) > 0.9 * double(second->plan.peak()));
    std::cout << "      planned " << shownBytes(first->plan.peak()) << ", took "
              << shownBytes(first->use.peak()) << ", planned then "
              << shownBytes(second->plan.peak()) << std::endl;
  }
}

FACT(anotherPrecisionIsLoadedWhenMemoryChanges) {
  House house(kDeep);
  const Ladder ladder = house.registry.entries().front().ladder({});
  house.manager.setBudget({ladder.back().peak() + 50'000, 0});
  EXPECT(house.generate().notes.size() == 1);
  house.manager.setBudget({});
  const ShapeResult result = house.generate();
  EXPECT(result.notes.empty() && honest(result, kDeep));
}

FACT(cancellingAnywhereGivesEverythingBack) {
  for (int at = 0; at < 8; ++at) {
    House house;
    std::stop_source stop;
    const Context ctx(stop.get_token(), nullptr);
    std::jthread other([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(2 * at));
      stop.request_stop();
    });
    try {
      for (int i = 0; i < 1000; ++i) house.generate(ctx);
      EXPECT(false);
    } catch (const Cancelled&) {
    }
  }
}

FACT(onAGraphicsCardTheSameHoldsUpToRounding) {
  NeuralPlugin plugin(*maquetteNeural(), {NeuralStart::Cuda::whereDriver, 2});
  if (!plugin.facts().cuda) SKIP(plugin.facts().cudaReason);
  reference(kDeep);
  House house(kDeep, true);
  const Ladder ladder = house.registry.entries().front().ladder({});
  std::vector<std::vector<float>> results;
  for (std::size_t rung = 0; rung < ladder.size(); ++rung) {
    auto model = house.manager.acquire<ShapeGenerator>("rehearsal", {});
    EXPECT(model.plan().onDevice);
    MemoryPlan plan = model.plan();
    plan.rung = rung;
    dynamic_cast<PlannedModel&>(*model).follow(plan);
    results.push_back(numbersOf(model->generate({}, {}, {})));
    EXPECT(relativeError(results.back(), reference(kDeep)) <
           (ladder[rung].loss.empty() ? 1e-3 : 0.05));
  }
  EXPECT(results[1] == results[2]);  // streamed or not, it is the same work
  house.manager.unloadAll("the next budget");
  const std::int64_t limit = 8'000'000;  // the caching allocator takes blocks of 2 MB
  house.manager.setBudget({limit, 0});
  try {
    house.generate();
  } catch (const OutOfMemory&) {
  }
  EXPECT(table().deviceMemory()->allocatedPeak <= limit);
  house.manager.unloadAll("the end");
  EXPECT(table().deviceMemory()->allocated == 0);
}

FACT_MAIN
