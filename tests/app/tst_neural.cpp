#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QTimer>
#include <algorithm>
#include <chrono>
#include <thread>

#include "app/program.h"

using namespace maquette;

namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kBlockedMs = 500.;  // a sanitizer is no measure
#else
constexpr double kBlockedMs = 50.;
#endif

/// The libraries mapped into this process whose names begin so, one each.
QStringList mapped(const QStringList& beginnings) {
  QFile maps("/proc/self/maps");
  QStringList found;
  if (!maps.open(QIODevice::ReadOnly)) return {"/proc/self/maps cannot be read"};
  for (const QByteArray& line : maps.readAll().split('\n')) {
    const QString name = QString::fromLocal8Bit(line.mid(line.lastIndexOf('/') + 1));
    for (const QString& beginning : beginnings)
      if (name.startsWith(beginning) && !found.contains(name)) found.append(name);
  }
  return found;
}

const QStringList kNeural{"libmaquette_neural", "libtorch", "libc10",   "libcudart",  "libcublas",
                          "libcudnn",           "libcupti", "libcufft", "libcusparse"};

/// How long somebody who wants a turn every millisecond went without one at worst, ms.
class LongestGap {
 public:
  void turn() {
    longest_ = std::max(longest_, double(clock_.nsecsElapsed()) / 1e6);
    clock_.start();
  }
  double longest() const { return longest_; }

 private:
  QElapsedTimer clock_{[] {
    QElapsedTimer clock;
    clock.start();
    return clock;
  }()};
  double longest_ = 0.;
};

struct Waits {
  double loop = 0.;     ///< ms the event loop went without a turn, at worst
  double machine = 0.;  ///< the same of a thread that only sleeps: what the machine kept for others
  double blocked() const { return loop - machine; }
};

/// Lets the event loop run until `ended`, looked at every millisecond.
template <class Ended>
Waits waitUntil(Ended ended) {
  LongestGap inLoop, elsewhere;
  {
    std::jthread sleeper([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
        elsewhere.turn();
      }
    });
    QEventLoop loop;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, &loop, [&] {
      inLoop.turn();
      if (ended()) loop.quit();
    });
    timer.start(1);
    loop.exec();
  }
  return {inLoop.longest(), elsewhere.longest()};
}

Waits waitFor(int ms) {
  QElapsedTimer clock;
  clock.start();
  return waitUntil([&] { return clock.elapsed() >= ms; });
}

}  // namespace

/// The plug-in in the window's process. One case in this order: what is mapped stays mapped.
class TstNeural : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void nothingNeuralIsMappedUntilItIsUsedAndThenTheWindowGoesOn() {
    Program program;
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    program.drop(drawFigure(folder_));
    QTRY_VERIFY_WITH_TIMEOUT(program.document().sources && program.idle(), kLong);
    program.click("makeShape");
    QTRY_VERIFY_WITH_TIMEOUT(program.document().shape && program.idle(), kLong);
    QCOMPARE(mapped(kNeural), QStringList());
    for (const char* beside : {"libQt6Widgets", "libvtkRendering", "libopencv", "libopenvdb"})
      QVERIFY2(!mapped({beside}).isEmpty(), beside);

    NeuralPlugin& neural = program.services.neural;
    if (!neural.unavailable().empty()) QSKIP("this build has no neural plug-in");
    waitFor(1500);  // until the window has drawn what came last
    const Waits before = waitFor(1000);
    auto open = program.services.gpu.run([&](const Context&) { neural.table(); });
    const Waits opening = waitUntil([&] { return open.result.isFinished(); });
    const auto opened = open.result.result();
    QVERIFY2(opened.hasValue(), opened.failed() ? opened.failure().message.c_str() : "cancelled");
    QVERIFY(!mapped({"libtorch_cpu"}).isEmpty());

    // The program goes on while a network computes.
    auto job = program.services.gpu.run([&](const Context& ctx) {
      return neural.table().trial({NeuralDevice::cpu, Precision::f32, 6, 512, 512}, ctx);
    });
    const Waits computing = waitUntil([&] { return job.result.isFinished(); });
    const auto outcome = job.result.result();
    QVERIFY2(outcome.hasValue(),
             outcome.failed() ? outcome.failure().message.c_str() : "cancelled");
    QVERIFY(outcome->relativeError < 1e-5);
    qInfo(
        "opened in %.2f s, %lld MB; a forward pass of %.0f ms; the event loop waited at most "
        "%.1f ms before, %.1f ms and %.1f ms (the machine kept it waiting for %.1f, %.1f, %.1f ms)",
        neural.cost().seconds, static_cast<long long>(neural.cost().residentBytes >> 20),
        outcome->seconds * 1e3, before.loop, opening.loop, computing.loop, before.machine,
        opening.machine, computing.machine);
    QVERIFY(opening.blocked() < kBlockedMs);
    QVERIFY(computing.blocked() < kBlockedMs);

    // What was there before still works beside it.
    program.click("stageParts");
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(!program.document().segmentation.empty() && program.idle(), kLong);
    QVERIFY(!program.errorShown());
  }

  void aNetworkThatIsCancelledEndsAsCancelled() {
    Program program;
    NeuralPlugin& neural = program.services.neural;
    if (!neural.unavailable().empty()) QSKIP("this build has no neural plug-in");
    auto job = program.services.gpu.run([&](const Context& ctx) {
      return neural.table().trial({NeuralDevice::cpu, Precision::f32, 200, 512, 256}, ctx);
    });
    QTRY_VERIFY_WITH_TIMEOUT(job.progress->snapshot().fraction > 0.f, kLong);
    job.stop.request_stop();
    QTRY_VERIFY_WITH_TIMEOUT(job.result.isFinished(), kLong);
    QVERIFY(job.result.result().cancelled());
  }

 private:
  QTemporaryDir folder_;
};

QTEST_MAIN(TstNeural)
#include "tst_neural.moc"
