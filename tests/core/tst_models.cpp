#include <QtTest>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/models/model_manager.h"
#include "core/scripted_models.h"

using namespace maquette;

using test::Cubes;
using test::cubes;
using test::rung;
using test::ScriptedMonitor;
using When = ReleasePolicy::When;
using Phase = ModelManager::State::Phase;

namespace {

constexpr std::int64_t kGB = 1'000'000'000;

/// What is parked beside a model, and how many there are.
struct Parked {
  static inline int alive = 0;
  Parked() { ++alive; }
  ~Parked() { --alive; }
};

/// A model that says what it took.
class Honest : public Cubes, public PlannedModel {
 public:
  void follow(const MemoryPlan& plan) override { plan_ = plan; }
  MemoryUse used() const override {
    return {plan_.rung, {{"step", plan_.chosen().weightBytes() + 3 * kGB, 1.}}};
  }

 private:
  MemoryPlan plan_;
};

}  // namespace

class TstModels : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { setLogLevel(1); }

  void oneModelAtATime() {
    Registry registry;
    registry.add(cubes("a"));
    registry.add(cubes("b"));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    {
      auto lease = manager.acquire<ShapeGenerator>("a", {});
      QCOMPARE(Cubes::alive, 1);
      QCOMPARE(manager.state().id, std::string("a"));
      QCOMPARE(manager.state().bytes, 1'000'000);
      QVERIFY(manager.state().inUse);
      QCOMPARE(lease->generate({}, {}, {}).mesh->triangles.size(), 12u);
      QVERIFY_EXCEPTION_THROWN(manager.acquire<ShapeGenerator>("b", {}), Error);
    }
    QVERIFY(!manager.state().inUse);
    { auto lease = manager.acquire<ShapeGenerator>("b", {}); }
    QCOMPARE(Cubes::alive, 1);
    QCOMPARE(manager.state().id, std::string("b"));
    QVERIFY(manager.unloadAll("asked for"));
    QCOMPARE(Cubes::alive, 0);
    QCOMPARE(manager.state().phase, Phase::none);
    QCOMPARE(manager.state().bytes, 0);
  }

  void whatIsLoadedIsNotLoadedAgain() {
    Registry registry;
    int loads = 0;
    ModelEntry counted = cubes("a");
    counted.make = ModelEntry::Make<ShapeGenerator>([&](const MemoryPlan&, const Context&) {
      ++loads;
      return std::make_unique<Cubes>();
    });
    registry.add(counted);
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    for (int i = 0; i < 3; ++i) manager.acquire<ShapeGenerator>("a", {});
    QCOMPARE(loads, 1);
    manager.setPolicy({When::afterJob, {}});
    QCOMPARE(Cubes::alive, 0);  // at once, for what is idle
    for (int i = 0; i < 3; ++i) manager.acquire<ShapeGenerator>("a", {});
    QCOMPARE(loads, 4);
    QCOMPARE(Cubes::alive, 0);
  }

  void idleModelsGo() {
    Registry registry;
    registry.add(cubes("a"));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    manager.setPolicy({When::afterIdle, std::chrono::milliseconds(20)});
    { auto lease = manager.acquire<ShapeGenerator>("a", {}); }
    QTRY_COMPARE(manager.state().phase, Phase::none);
    QCOMPARE(Cubes::alive, 0);
    { auto lease = manager.acquire<ShapeGenerator>("a", {}); }  // and may come again
    QTRY_COMPARE(Cubes::alive, 0);
  }

  void modelsWithoutWeightsLeaveTheLoadedOneInPlaceWhileBothFit() {
    Registry registry;
    registry.add(cubes("big", 5 * kGB));
    registry.add(cubes("light", 0, 2 * kGB));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    { auto lease = manager.acquire<ShapeGenerator>("big", {}); }
    monitor.now.host.free = 3 * kGB;  // it is there now
    { auto lease = manager.acquire<ShapeGenerator>("light", {}); }
    QCOMPARE(Cubes::alive, 2);
    QCOMPARE(manager.state().id, std::string("big"));
    manager.makeRoom(kGB, false, "a picture");
    QCOMPARE(Cubes::alive, 2);
    manager.makeRoom(4 * kGB, false, "a picture");
    QCOMPARE(Cubes::alive, 0);
  }

  void whatLeansOnAModelGoesWithIt() {
    Registry registry;
    registry.add(cubes("a"));
    registry.add(cubes("b"));
    registry.add(cubes("light", 0));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    for (const char* id : {"light", "a"}) {
      auto lease = manager.acquire<ShapeGenerator>(id, {});
      QVERIFY(!lease.parked<Parked>());
      lease.park(std::make_shared<Parked>());
    }
    QVERIFY(manager.acquire<ShapeGenerator>("a", {}).parked<Parked>() != nullptr);
    { auto lease = manager.acquire<ShapeGenerator>("b", {}); }
    QCOMPARE(Parked::alive, 1);  // that of the model without weights
    QVERIFY(manager.acquire<ShapeGenerator>("light", {}).parked<Parked>() != nullptr);
    manager.unloadAll("asked for");
    QCOMPARE(Parked::alive, 0);
  }

  void whatBecomesOfAModelDependsOnHowItsJobFailed() {
    Registry registry;
    registry.add(cubes("a"));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    const auto failing = [&](auto error) {
      try {
        auto lease = manager.acquire<ShapeGenerator>("a", {});
        lease.run([&](ShapeGenerator&) -> int { throw error; });
      } catch (...) {
      }
      return Cubes::alive.load();
    };
    QCOMPARE(failing(InvalidInput("no picture")), 1);  // not the model's fault
    QCOMPARE(failing(Cancelled()), 1);                 // as the policy says
    QCOMPARE(failing(OutOfMemory("too large")), 0);
    QCOMPARE(failing(Error("strange")), 0);
    QCOMPARE(failing(std::runtime_error("stranger")), 0);
    manager.setPolicy({When::afterJob, {}});
    QCOMPARE(failing(InvalidInput("no picture")), 0);
    QCOMPARE(failing(Cancelled()), 0);
    manager.setPolicy({});
    try {  // without run(): nothing is known, so the worst is thought
      auto lease = manager.acquire<ShapeGenerator>("a", {});
      throw InvalidInput("no picture");
    } catch (const InvalidInput&) {
    }
    QCOMPARE(Cubes::alive, 0);
  }

  void unloadingWaitsForTheEndOfAJob() {
    Registry registry;
    registry.add(cubes("a"));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    {
      auto lease = manager.acquire<ShapeGenerator>("a", {});
      QVERIFY(!manager.unloadAll("asked for"));
      QCOMPARE(Cubes::alive, 1);
    }
    QCOMPARE(Cubes::alive, 0);
  }

  void aLoadThatFailsLeavesNothingBehind() {
    Registry registry;
    ModelEntry broken = cubes("broken");
    broken.make = ModelEntry::Make<ShapeGenerator>(
        [](const MemoryPlan&, const Context&) -> std::unique_ptr<ShapeGenerator> {
          const Cubes half;
          throw FileError("The weights are damaged.");
        });
    registry.add(broken);
    registry.add(cubes("a"));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    QVERIFY_EXCEPTION_THROWN(manager.acquire<ShapeGenerator>("broken", {}), FileError);
    QCOMPARE(manager.state().phase, Phase::none);
    QCOMPARE(Cubes::alive, 0);
    { auto lease = manager.acquire<ShapeGenerator>("a", {}); }
    QCOMPARE(Cubes::alive, 1);
  }

  void aLoadThatIsTooMuchIsTriedInTheNextWay() {
    Registry registry;
    ModelEntry entry = cubes("a");
    entry.ladder = [](const JobSize&) -> Ladder {
      return {rung("full", 4 * kGB, kGB), rung("half", 2 * kGB, kGB, Precision::bf16)};
    };
    std::vector<std::string> tried;
    entry.make = ModelEntry::Make<ShapeGenerator>([&](const MemoryPlan& plan, const Context&) {
      tried.push_back(plan.chosen().name);
      if (tried.size() == 1) throw std::bad_alloc();
      return std::make_unique<Cubes>();
    });
    registry.add(entry);
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    const auto lease = manager.acquire<ShapeGenerator>("a", {});
    QCOMPARE(tried, (std::vector<std::string>{"full", "half"}));
    QCOMPARE(lease.plan().chosen().name, std::string("half"));
    QCOMPARE(manager.state().bytes, 2 * kGB);
  }

  void precisionIsChosenByWhatIsFree() {
    Registry registry;
    ModelEntry entry = cubes("a");
    entry.ladder = [](const JobSize& size) -> Ladder {
      return {rung("full", 4 * kGB, size.triangles),
              rung("half", 2 * kGB, size.triangles, Precision::bf16, "Less exact.")};
    };
    registry.add(entry);
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    const auto chosen = [&](std::int64_t triangles) {
      return manager.acquire<ShapeGenerator>("a", {}, {triangles}).plan().chosen().precision;
    };
    QCOMPARE(chosen(kGB), Precision::f32);
    monitor.now.host.free = 4 * kGB;  // beside the 4 GB that are loaded
    QCOMPARE(chosen(3 * kGB), Precision::f32);
    QCOMPARE(chosen(5 * kGB), Precision::bf16);  // loaded anew
    monitor.now.host.free = 6 * kGB;
    QCOMPARE(chosen(kGB), Precision::f32);  // and back: the better result is worth it
    manager.unloadAll("asked for");
    monitor.now.host.free = 4 * kGB;
    QCOMPARE(manager.plan<ShapeGenerator>("a", {kGB}).chosen().precision, Precision::bf16);
    QCOMPARE(manager.state().phase, Phase::none);  // a plan loads nothing
    manager.setBudget({2 * kGB, 0});
    QVERIFY_EXCEPTION_THROWN(manager.acquire<ShapeGenerator>("a", {}, {kGB}), OutOfMemory);
    manager.setBudget({3'200'000'000, 0});
    QCOMPARE(chosen(kGB), Precision::bf16);
  }

  void whatWasMeasuredCorrectsTheNextPlan() {
    Registry registry;
    ModelEntry entry = cubes("a");
    entry.ladder = [](const JobSize&) -> Ladder { return {rung("only", kGB, 2 * kGB)}; };
    entry.make = ModelEntry::Make<ShapeGenerator>(
        [](const MemoryPlan&, const Context&) { return std::make_unique<Honest>(); });
    registry.add(entry);
    ScriptedMonitor monitor;
    MemoryLedger ledger;
    ModelManager manager(registry, monitor, &ledger);
    QCOMPARE(manager.plan<ShapeGenerator>("a").peak(), 3 * kGB);
    { auto lease = manager.acquire<ShapeGenerator>("a", {}); }
    QCOMPARE(manager.lastJob()->use.peak(), 4 * kGB);
    QCOMPARE(manager.plan<ShapeGenerator>("a").peak(), 4 * kGB);  // 1 + 2 * 3/2
  }

  void whatDoesNotFitIsRefused() {
    Registry registry;
    registry.add(cubes("big", 0, 7'600'000'000));
    registry.add(cubes("fits", 0, 7'400'000'000));
    ModelEntry neural = cubes("neural", kGB, 3 * kGB);
    neural.neural = true;
    registry.add(neural);
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    QVERIFY_EXCEPTION_THROWN(manager.acquire<ShapeGenerator>("big", {}), OutOfMemory);
    { auto lease = manager.acquire<ShapeGenerator>("fits", {}); }
    monitor.now.device = MemoryFigures{4 * kGB, 2 * kGB, 0};       // a small card
    { auto lease = manager.acquire<ShapeGenerator>("fits", {}); }  // computes on the processor
    QVERIFY_EXCEPTION_THROWN(manager.acquire<ShapeGenerator>("neural", {}), OutOfMemory);
    monitor.now.device->free = 4 * kGB;
    { auto lease = manager.acquire<ShapeGenerator>("neural", {}); }
    QVERIFY(manager.state().onDevice);
    manager.setBudget({2 * kGB, kDesktopReserve});
    try {
      manager.unloadAll("asked for");
      manager.acquire<ShapeGenerator>("neural", {});
      QFAIL("must throw");
    } catch (const OutOfMemory& error) {
      QVERIFY2(QString(error.what()).contains("Raise the limit to 3.1 GB"), error.what());
    }
  }

  void theReasonIsTheMessage() {
    Registry registry;
    ModelEntry missing = cubes("neural");
    const std::string why = "The weights are not here. Open Models to fetch them.";
    missing.weights = [why] { return Weights{{}, why}; };
    registry.add(missing);
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    try {
      manager.acquire<ShapeGenerator>("neural", {});
      QFAIL("must throw");
    } catch (const Unsupported& error) {
      QCOMPARE(std::string(error.what()), why);
    }
    QVERIFY_EXCEPTION_THROWN(manager.acquire<PartSegmenter>("neural", {}), Unsupported);
    QVERIFY_EXCEPTION_THROWN(registry.add(cubes("neural")), Error);
  }

  void parametersHaveLimits() {
    requireValid(ShapeParams{});
    requireValid(AutoParams{});
    requireValid(CompleteParams{});
    QVERIFY_EXCEPTION_THROWN(requireValid(ShapeParams{.sizeMm = -1.f}), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(requireValid(ShapeParams{.thickness = std::nanf("")}), InvalidInput);
    QVERIFY_EXCEPTION_THROWN(requireValid(CompleteParams{.voxelMm = 1e9f}), InvalidInput);
  }

  void theMachineHasMemory() {
    const MemorySample now = systemMemoryMonitor()->sample();
    QVERIFY(now.host.total > 0);
    QVERIFY(now.host.free > 0 && now.host.free <= now.host.total);
    QVERIFY(now.host.ours > 0 && now.host.ours < now.host.total);
  }
};

QTEST_APPLESS_MAIN(TstModels)
#include "tst_models.moc"
