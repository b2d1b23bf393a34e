// The model manager from many threads. Also run under the thread sanitizer: packaging/test --tsan.

#include <QtTest>
#include <latch>
#include <random>
#include <thread>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/models/model_manager.h"
#include "core/scripted_models.h"

using namespace maquette;
using test::Cubes;
using test::cubes;
using test::ScriptedMonitor;
using When = ReleasePolicy::When;
using Phase = ModelManager::State::Phase;

namespace {

struct House {
  Registry registry;
  ScriptedMonitor monitor;
  MemoryLedger ledger;
  ModelManager manager;

  House() : manager((fill(), registry), monitor, &ledger) {}
  void fill() {
    for (const char* id : {"a", "b", "c"}) registry.add(cubes(id));
    registry.add(cubes("light", 0));
  }
};

}  // namespace

class TstModelJobs : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { setLogLevel(1); }

  void aWaitingJobIsWokenByARelease() {
    House house;
    auto lease =
        std::make_unique<Lease<ShapeGenerator>>(house.manager.acquire<ShapeGenerator>("a", {}));
    std::latch waiting(1);
    std::jthread other([&] {
      waiting.count_down();
      const auto second = house.manager.acquire<ShapeGenerator>("b", {});
      QCOMPARE(second->generate({}, {}, {}).mesh->triangles.size(), 12u);
    });
    waiting.wait();
    lease.reset();
    other.join();
    QCOMPARE(house.manager.state().id, std::string("b"));
    QCOMPARE(Cubes::alive, 1);
  }

  void aWaitingJobIsWokenByItsCancellation() {
    House house;
    const auto lease = house.manager.acquire<ShapeGenerator>("a", {});  // and kept
    std::stop_source stop;
    std::atomic<bool> cancelled{false};
    std::jthread other([&] {
      try {
        house.manager.acquire<ShapeGenerator>("b", Context(stop.get_token(), nullptr));
      } catch (const Cancelled&) {
        cancelled = true;
      }
    });
    stop.request_stop();
    other.join();  // would wait for ever
    QVERIFY(cancelled);
    QCOMPARE(house.manager.state().id, std::string("a"));
  }

  void manyThreadsOneModel() {
    House house;
    std::atomic<int> inside{0}, together{0}, done{0};
    {
      std::vector<std::jthread> threads;
      for (unsigned t = 0; t < 8; ++t)
        threads.emplace_back([&, t] {
          std::minstd_rand random(t + 1);
          for (int i = 0; i < 60; ++i) {
            const char* ids[] = {"a", "b", "c", "light"};
            std::stop_source stop;
            const Context ctx(stop.get_token(), nullptr);
            switch (random() % 8) {
              case 0:
                house.manager.unloadAll("asked for");
                continue;
              case 1:
                stop.request_stop();
                break;
              case 2:
                house.manager.setPolicy(
                    {When(random() % 3), std::chrono::milliseconds(random() % 3)});
                continue;
              case 3:
                house.manager.makeRoom(std::int64_t(random() % 2) << 40, false, "a picture");
                continue;
              case 4:
                house.manager.plan<ShapeGenerator>("b");
                house.manager.prefetch<ShapeGenerator>("b");
                house.manager.lastJob();
                continue;
              default:
                break;
            }
            try {
              auto lease = house.manager.acquire<ShapeGenerator>(ids[random() % 4], ctx);
              if (++inside > 1) ++together;
              lease.park(std::make_shared<int>(i));
              lease.run([&](ShapeGenerator& model) {
                QCOMPARE(model.generate({}, {}, {}).mesh->triangles.size(), 12u);
                if (random() % 8 == 0) {
                  --inside;
                  throw Error("a strange end");
                }
                --inside;
              });
              ++done;
            } catch (const Cancelled&) {
            } catch (const Error&) {
            }
          }
        });
      std::jthread gauge([&](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          const auto state = house.manager.state();
          QVERIFY(state.id.empty() == (state.phase == Phase::none));
          std::this_thread::yield();
        }
      });
      for (std::jthread& thread : threads) thread.join();
    }
    QCOMPARE(together, 0);
    QVERIFY(done > 50);
    QVERIFY(house.manager.unloadAll("the end"));
    QCOMPARE(Cubes::alive, 0);
    QCOMPARE(house.manager.state().phase, Phase::none);
  }

  void theEndTakesEverythingAlong() {
    {
      House house;
      house.manager.setPolicy({When::afterIdle, std::chrono::hours(1)});
      house.manager.acquire<ShapeGenerator>("a", {}).park(std::make_shared<int>(1));
      QCOMPARE(Cubes::alive, 1);
    }
    QCOMPARE(Cubes::alive, 0);
  }
};

QTEST_APPLESS_MAIN(TstModelJobs)
#include "tst_model_jobs.moc"
