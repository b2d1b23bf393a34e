#include <dlfcn.h>
#include <unistd.h>

#include <QTest>
#include <atomic>
#include <chrono>
#include <cstdlib>

#include "core/device/nvml.h"
#include "core/models/memory_track.h"
#include "support/fake_nvml.h"

using namespace maquette;
using namespace maquette::test;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kGB = 1'000'000'000;
const std::chrono::steady_clock::time_point kStart{1h};

/// A card with so much of 100 GB used, so much of that ours.
MemoryReading cardReading(std::chrono::milliseconds at, std::int64_t used, std::int64_t ours) {
  MemoryReading reading;
  reading.time = kStart + at;
  reading.machine.device = MemoryFigures{100 * kGB, (100 - used) * kGB, ours * kGB};
  reading.machine.deviceName = "Pretend";
  return reading;
}

MemoryReading hostReading(std::chrono::milliseconds at, std::int64_t used, std::int64_t ours) {
  MemoryReading reading;
  reading.time = kStart + at;
  reading.machine.host = {100 * kGB, (100 - used) * kGB, ours * kGB};
  return reading;
}

MemoryReading with(MemoryReading reading, NeuralMemory device) {
  reading.device = device;
  return reading;
}

/// Sets a variable for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace

class TstMemory : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    ::unsetenv("CUDA_VISIBLE_DEVICES");
    void* library = ::dlopen(MAQUETTE_FAKE_NVML, RTLD_NOW | RTLD_LOCAL);
    QVERIFY2(library, ::dlerror());
    script_ = reinterpret_cast<FakeNvml* (*)()>(::dlsym(library, kFakeNvmlEntry))();
  }
  void init() { *script_ = {}; }

  // ---- NVML
  // --------------------------------------------------------------------------------------

  void theDriverSaysWhatTheCardHolds() {
    script_->computing = {{1, 3 * kGB}, {unsigned(getpid()), 500'000'000}};
    const MemorySample now = systemMemoryMonitor(MAQUETTE_FAKE_NVML)->sample();
    QCOMPARE(now.deviceName, std::string("Pretend RTX 4090"));
    QVERIFY(now.device);
    QCOMPARE(now.device->total, 24 * kGB);
    QCOMPARE(now.device->free, 20 * kGB);
    QCOMPARE(now.device->ours, std::int64_t{500'000'000});
    QCOMPARE(now.device->others(), std::int64_t{3'500'000'000});
    QCOMPARE(now.utilisation, std::optional<int>(37));
    QCOMPARE(now.celsius, std::optional<int>(61));
    QCOMPARE(now.deviceTrouble, std::string());
    QVERIFY(now.host.total > now.host.free && now.host.free > 0 && now.host.ours > 0);
  }

  void whoDrawsAndComputesIsCountedOnce() {
    script_->computing = script_->drawing = {{unsigned(getpid()), 700'000'000}};
    auto monitor = systemMemoryMonitor(MAQUETTE_FAKE_NVML);
    QCOMPARE(monitor->sample().device->ours, std::int64_t{700'000'000});
    script_->computing.clear();
    QCOMPARE(monitor->sample().device->ours, std::int64_t{700'000'000});
  }

  void aProcessAmongHundredsIsFound() {
    for (unsigned i = 0; i < 300; ++i) script_->computing.push_back({1'000'000 + i, 1000});
    script_->computing.push_back({unsigned(getpid()), 700'000'000});
    QCOMPARE(systemMemoryMonitor(MAQUETTE_FAKE_NVML)->sample().device->ours,
             std::int64_t{700'000'000});
  }

  void whatTheDriverDoesNotSayIsAbsent() {
    constexpr int kNotSupported = 3;
    FakeNvml::Card& card = script_->cards.front();
    card.utilisationError = card.temperatureError = kNotSupported;
    script_->computing = {{unsigned(getpid()), ~0ull}};  // "not available"
    auto monitor = systemMemoryMonitor(MAQUETTE_FAKE_NVML);
    MemorySample now = monitor->sample();
    QVERIFY(now.device && !now.utilisation && !now.celsius);
    QCOMPARE(now.device->ours, std::int64_t{0});
    card.memoryError = kNotSupported;  // a card that shares the machine's memory
    now = monitor->sample();
    QVERIFY(!now.device);
    QCOMPARE(now.deviceName, std::string("Pretend RTX 4090"));
    QVERIFY(!now.deviceTrouble.empty());
    card.memoryError = 0;
    card.total = card.free = 0;
    QVERIFY(!monitor->sample().device);
  }

  void aLostCardIsSaidAndFoundAgain() {
    constexpr int kGpuLost = 15;
    auto monitor = systemMemoryMonitor(MAQUETTE_FAKE_NVML);
    QVERIFY(monitor->sample().device);
    script_->cards.front().memoryError = kGpuLost;
    for (int i = 0; i < 3; ++i) {
      const MemorySample now = monitor->sample();
      QVERIFY(!now.device && now.deviceName.empty());
      QVERIFY2(now.deviceTrouble.find("does not answer") != std::string::npos,
               now.deviceTrouble.c_str());
    }
    script_->cards.front().memoryError = 0;
    const int startsBefore = script_->inits;
    int samples = 0;
    while (!monitor->sample().device && samples < 100) ++samples;
    QVERIFY(samples > 5 && samples < 30);  // not at every sample, and within some ten seconds
    QCOMPARE(script_->inits, startsBefore + 1);
    QCOMPARE(monitor->sample().deviceTrouble, std::string());
  }

  void nobodyWaitsForADriverThatHangs() {
    auto monitor = systemMemoryMonitor(MAQUETTE_FAKE_NVML);
    QVERIFY(monitor->sample().device);
    std::atomic_ref(script_->hangs) = true;
    for (int i = 0; i < 100; ++i) {  // waiting for each, this test would end by its limit of time
      const MemorySample now = monitor->sample();
      QVERIFY(now.host.total > 0 && !now.device);
      QVERIFY2(now.deviceTrouble.find("does not answer") != std::string::npos,
               now.deviceTrouble.c_str());
    }
    std::atomic_ref(script_->hangs) = false;
    QTest::qWait(1000);  // it answers what it was asked, and the next who asks waits again
    QVERIFY(monitor->sample().device);
    std::atomic_ref(script_->hangs) = true;
    QVERIFY(!monitor->sample().device);
    monitor.reset();  // the window closes
    QCOMPARE(std::atomic_ref(script_->shutdowns).load(), 0);
    std::atomic_ref(script_->hangs) = false;
    QTRY_COMPARE(std::atomic_ref(script_->shutdowns).load(), 1);
  }

  void everyStartOfTheDriverIsEndedOnce() {
    { auto monitor = systemMemoryMonitor(MAQUETTE_FAKE_NVML); }
    QCOMPARE(script_->inits, 1);
    QCOMPARE(script_->shutdowns, 1);
  }

  void aDriverThatDoesNotStartSaysWhatToDo_data() {
    QTest::addColumn<int>("error");
    QTest::addColumn<QString>("said");
    QTest::newRow("not loaded") << 9 << "does not run";
    QTest::newRow("updated") << 18 << "updated";
    QTest::newRow("forbidden") << 4 << "may not";
    QTest::newRow("unknown") << 999 << "999";
  }
  void aDriverThatDoesNotStartSaysWhatToDo() {
    QFETCH(int, error);
    QFETCH(QString, said);
    script_->initError = error;
    auto monitor = systemMemoryMonitor(MAQUETTE_FAKE_NVML);
    const MemorySample now = monitor->sample();
    QVERIFY(!now.device);
    QVERIFY2(QString::fromStdString(now.deviceTrouble).contains(said), now.deviceTrouble.c_str());
  }

  void withoutADriverThereIsNothingToComplainAbout() {
    const MemorySample now = systemMemoryMonitor("/nowhere/libnvidia-ml.so")->sample();
    QVERIFY(!now.device && now.deviceName.empty() && now.deviceTrouble.empty());
    QVERIFY(now.host.total > 0);
    // A library that is something else altogether.
    QVERIFY(!systemMemoryMonitor("libm.so.6")->sample().device);
  }

  void aDriverWithoutCardsIsSaid() {
    script_->cards.clear();
    const MemorySample now = systemMemoryMonitor(MAQUETTE_FAKE_NVML)->sample();
    QVERIFY(!now.device);
    QVERIFY(now.deviceTrouble.find("no graphics card") != std::string::npos);
  }

  void hiddenCardsAreNotShown() {
    for (const char* hidden : {"", "-1", "none", " -1,0"}) {
      const Variable variable("CUDA_VISIBLE_DEVICES", hidden);
      const MemorySample now = systemMemoryMonitor(MAQUETTE_FAKE_NVML)->sample();
      QVERIFY2(!now.device, hidden);
      QVERIFY(now.deviceTrouble.find("CUDA_VISIBLE_DEVICES") != std::string::npos);
    }
  }

  void theCardIsTheOneThatNetworksUse() {
    script_->cards.resize(2);
    script_->cards[1].name = "Second";
    script_->cards[1].uuid = "GPU-77777777-1111-2222-3333-444455556666";
    const auto shown = [](const char* visible) {
      const Variable variable("CUDA_VISIBLE_DEVICES", visible);
      return systemMemoryMonitor(MAQUETTE_FAKE_NVML)->sample().deviceName;
    };
    QCOMPARE(shown("0,1"), std::string("Pretend RTX 4090"));
    QCOMPARE(shown("1"), std::string("Second"));
    QCOMPARE(shown("GPU-7777"), std::string("Second"));  // the beginning of a UUID is enough
    QCOMPARE(shown("5"), std::string());
    QCOMPARE(shown("GPU-9999"), std::string());
    // CUDA counts in an order of its own; once the plug-in is open it tells.
    auto monitor = systemMemoryMonitor(MAQUETTE_FAKE_NVML);
    QCOMPARE(monitor->sample().deviceName, std::string("Pretend RTX 4090"));
    monitor->follow("77777777-1111-2222-3333-444455556666");
    QCOMPARE(monitor->sample().deviceName, std::string("Second"));
    monitor->follow("88888888-0000-0000-0000-000000000000");  // unknown to the driver: stays
    QCOMPARE(monitor->sample().deviceName, std::string("Second"));
  }

  void theDriversFactsAreTheSelfTests() {
    Nvml nvml(MAQUETTE_FAKE_NVML);
    const NvmlFacts facts = nvml.facts();
    QVERIFY(facts.driver && facts.trouble.empty());
    QCOMPARE(facts.version, std::string("590.48.01"));
    QCOMPARE(facts.cuda, 13010);
    QCOMPARE(facts.cards.size(), std::size_t{1});
    QCOMPARE(facts.cards[0].computeMajor * 10 + facts.cards[0].computeMinor, 89);
    QCOMPARE(facts.cards[0].memory->total, 24 * kGB);
  }

  // ---- the track
  // ---------------------------------------------------------------------------------

  void oursAreOthersAndReserveApart() {
    MemoryTrack track;
    track.add(with(cardReading(0ms, 60, 30), {10 * kGB, 12 * kGB, 25 * kGB, 26 * kGB}));
    QCOMPARE(track.now().others(), 30 * kGB);
    QCOMPARE(track.now().ours, 30 * kGB);  // CUDA itself takes some besides the allocator
    QCOMPARE(track.now().allocated, 10 * kGB);
    QCOMPARE(track.limit(), 100 * kGB - kDesktopReserve);
    MemoryReading limited = cardReading(500ms, 60, 30);
    limited.limit = 40 * kGB;
    track.add(limited);
    QCOMPARE(track.limit(), 40 * kGB);
    QCOMPARE(track.now().allocated, std::int64_t{0});  // nobody counts: reserved is all we know
  }

  void whereTheDriverDoesNotKnowUsTheAllocatorDoes() {
    MemoryTrack track;
    track.add(with(cardReading(0ms, 60, 0), {10 * kGB, 12 * kGB, 25 * kGB, 26 * kGB}));
    QCOMPARE(track.now().ours, 25 * kGB);
    QCOMPARE(track.now().others(), 35 * kGB);
  }

  void figuresThatDoNotFitAreMadeTo() {
    MemoryTrack track;
    track.add(with(cardReading(0ms, 20, 50), {90 * kGB, 90 * kGB, 70 * kGB, 70 * kGB}));
    QCOMPARE(track.now().ours, 20 * kGB);
    QCOMPARE(track.now().allocated, 20 * kGB);
    QCOMPARE(track.now().others(), std::int64_t{0});
    MemoryTrack nothing;  // a machine that says nothing at all
    nothing.add({});
    QCOMPARE(nothing.now().used(), 0.);
    QCOMPARE(nothing.level(), MemoryLevel::calm);
    QCOMPARE(nothing.limit(), std::int64_t{0});
    QCOMPARE(nothing.peak(), std::int64_t{0});
  }

  void theHistoryIsTwoMinutesLong() {
    MemoryTrack track;
    QVERIFY(track.empty());
    for (int i = 0; i <= 600; ++i) track.add(hostReading(i * 500ms, 40, 1));
    QCOMPARE(track.history().size(), std::size_t{241});
    QCOMPARE(track.now().time - track.history().front().time, 120s);
    track.add(hostReading(1h, 40, 1));  // the machine slept
    QCOMPARE(track.history().size(), std::size_t{1});
  }

  void aCardThatComesOrGoesBeginsTheHistoryAnew() {
    MemoryTrack track;
    for (int i = 0; i < 10; ++i) track.add(cardReading(i * 500ms, 40, 20));
    track.add(hostReading(5s, 10, 1));
    QCOMPARE(track.history().size(), std::size_t{1});
    QVERIFY(!track.now().device);
    QCOMPARE(track.peak(), 1 * kGB);
    track.add(cardReading(6s, 40, 20));
    QCOMPARE(track.history().size(), std::size_t{1});
    QVERIFY(track.now().device);
  }

  void thePeakIsTheJobs() {
    MemoryTrack track;
    track.add(hostReading(0ms, 30, 5));
    track.add(hostReading(500ms, 40, 15));
    track.add(hostReading(1000ms, 30, 6));
    QCOMPARE(track.peak(), 15 * kGB);
    QCOMPARE(track.job(), std::string());
    track.startJob("Making the shape");
    QCOMPARE(track.job(), std::string("Making the shape"));
    QCOMPARE(track.peak(), 6 * kGB);
    track.add(hostReading(1500ms, 30, 9));
    track.add(hostReading(2000ms, 30, 2));
    QCOMPARE(track.peak(), 9 * kGB);
  }

  void thePeakBetweenTwoReadingsIsTheAllocators() {
    MemoryTrack track;
    const auto at = [](std::chrono::milliseconds when, std::int64_t reserved, std::int64_t peak) {
      return with(cardReading(when, 60, 5), {0, 0, reserved * kGB, peak * kGB});
    };
    track.add(at(0ms, 5, 30));
    QCOMPARE(track.peak(), 30 * kGB);
    track.startJob("next");
    track.add(at(500ms, 5, 30));  // still the peak of the job before
    QCOMPARE(track.peak(), 5 * kGB);
    track.add(at(1000ms, 5, 12));  // begun anew for this job's next step
    QCOMPARE(track.peak(), 12 * kGB);
    track.add(at(1500ms, 5, 41));
    QCOMPARE(track.peak(), 41 * kGB);
    track.add(at(2000ms, 5, 6));
    QCOMPARE(track.peak(), 41 * kGB);
  }

  void amberAndRedAreSaidOnceEach() {
    MemoryTrack track;
    std::chrono::milliseconds at{0};
    const auto add = [&](std::int64_t used) {
      track.add(cardReading(at += 500ms, used, 10));
      return track.takeWarning();
    };
    QVERIFY(!add(84));
    QCOMPARE(track.level(), MemoryLevel::calm);
    QCOMPARE(add(85), std::optional(MemoryLevel::amber));
    QCOMPARE(track.level(), MemoryLevel::amber);
    QVERIFY(!add(90));
    QVERIFY(!add(82));  // hardly emptier: not said again
    QVERIFY(!add(86));
    QCOMPARE(add(95), std::optional(MemoryLevel::red));
    QCOMPARE(track.level(), MemoryLevel::red);
    QVERIFY(!add(99));
    QVERIFY(!add(88));  // seven points emptier than red: red may be said again, amber not
    QCOMPARE(add(96), std::optional(MemoryLevel::red));
    QVERIFY(!add(40));
    QCOMPARE(add(97), std::optional(MemoryLevel::red));  // at once: red only
    QVERIFY(!add(40));
    QCOMPARE(add(90), std::optional(MemoryLevel::amber));
  }

  void aReadingOpensNothing() {
    NeuralPlugin neural("/nowhere/libmaquette_neural.so");
    Registry registry;
    auto monitor = systemMemoryMonitor("/nowhere/libnvidia-ml.so");
    const ModelManager models(registry, *monitor);
    const MemoryReading reading = readMemory(*monitor, &neural, models);
    QVERIFY(!neural.opened() && !reading.device && !reading.counted);
    QVERIFY(reading.machine.host.total > 0);
    QVERIFY(reading.time <= std::chrono::steady_clock::now());
  }

 private:
  FakeNvml* script_ = nullptr;
};

QTEST_GUILESS_MAIN(TstMemory)
#include "tst_memory.moc"
