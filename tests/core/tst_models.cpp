#include <QtTest>

#include "core/base/error.h"
#include "core/models/model_manager.h"
#include "support/shapes.h"

using namespace maquette;

namespace {

class ScriptedMonitor : public MemoryMonitor {
 public:
  MemorySample sample() override { return now; }
  MemorySample now{{16'000'000'000, 8'000'000'000, 100'000'000}, std::nullopt, {}};
};

int alive = 0;

class Cubes : public ShapeGenerator {
 public:
  Cubes() { ++alive; }
  ~Cubes() override { --alive; }
  Footprint footprint(const ShapeParams&) const override { return {}; }
  ShapeResult generate(const ImageSet&, const ShapeParams& params, const Context&) override {
    return {std::make_shared<Mesh>(test::makeCube(params.sizeMm)), {}};
  }
};

ModelEntry cubes(std::string id, std::int64_t peak = 0) {
  return {
      std::move(id),
      "Cubes",
      {peak, peak},
      [](const Context&) -> std::unique_ptr<ShapeGenerator> { return std::make_unique<Cubes>(); },
      {}};
}

}  // namespace

class TstModels : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void oneModelAtATime() {
    Registry registry;
    registry.add(cubes("a"));
    registry.add(cubes("b"));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    {
      auto lease = manager.acquire<ShapeGenerator>("a", {});
      QCOMPARE(alive, 1);
      QCOMPARE(manager.state().id, std::string("a"));
      QCOMPARE(lease->generate({}, {}, {}).mesh->triangles.size(), 12u);
      QVERIFY_EXCEPTION_THROWN(manager.unload(), Error);
      QVERIFY_EXCEPTION_THROWN(manager.acquire<ShapeGenerator>("b", {}), Error);
    }
    { auto lease = manager.acquire<ShapeGenerator>("b", {}); }
    QCOMPARE(alive, 1);
    manager.unload();
    QCOMPARE(alive, 0);
    QCOMPARE(manager.state().phase, ModelManager::State::Phase::none);
  }

  void whatDoesNotFitIsRefused() {
    Registry registry;
    registry.add(cubes("big", 7'600'000'000));
    registry.add(cubes("fits", 7'400'000'000));
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    QVERIFY_EXCEPTION_THROWN(manager.acquire<ShapeGenerator>("big", {}), OutOfMemory);
    { auto lease = manager.acquire<ShapeGenerator>("fits", {}); }
    monitor.now.device = MemoryFigures{2'000'000'000, 1'000'000'000, 0};  // a small card
    manager.unload();
    QVERIFY_EXCEPTION_THROWN(manager.acquire<ShapeGenerator>("fits", {}), OutOfMemory);
  }

  void theReasonIsTheMessage() {
    Registry registry;
    ModelEntry missing = cubes("neural");
    missing.unavailable = "The weights are not here. Open Models to fetch them.";
    registry.add(missing);
    ScriptedMonitor monitor;
    ModelManager manager(registry, monitor);
    try {
      manager.acquire<ShapeGenerator>("neural", {});
      QFAIL("must throw");
    } catch (const Unsupported& error) {
      QCOMPARE(std::string(error.what()), missing.unavailable);
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
