#include <QtTest>
#include <atomic>
#include <thread>

#include "core/base/error.h"
#include "core/base/outcome.h"
#include "core/jobs/context.h"
#include "core/jobs/parallel.h"
#include "support/shapes.h"

using namespace maquette;

class TstJobs : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void slicesOfProgressNest() {
    auto progress = std::make_shared<Progress>();
    const Context whole({}, progress);
    whole.part(0.5f, 1.f).part(0.f, 0.5f).report(1.f);
    QCOMPARE(progress->snapshot().fraction, 0.75f);
    whole.report(0.2f);  // never goes back
    QCOMPARE(progress->snapshot().fraction, 0.75f);
  }

  void remainingTimeNeedsSomethingToJudgeBy() {
    Progress progress;
    progress.start();
    progress.set(0.5f);
    QVERIFY(!progress.snapshot().secondsLeft);
    QTest::qWait(600);
    const auto now = progress.snapshot();
    QVERIFY(now.secondsLeft);
    QVERIFY(qAbs(*now.secondsLeft - now.elapsedSeconds) < 0.05);  // half done, as long again
  }

  /// A download that begins at 90 % because of yesterday is not nearly done.
  void whatTheJobItselfExpectsCounts() {
    auto progress = std::make_shared<Progress>();
    progress->start();
    const Context job({}, progress);
    job.report(0.9f);
    job.part(0.f, 0.5f).timeLeft(40.);
    QCOMPARE(progress->snapshot().secondsLeft, 40.);
    job.timeLeft({});  // nothing comes: nobody knows
    QTest::qWait(600);
    QVERIFY(!progress->snapshot().secondsLeft);
    Context().timeLeft(1.);
  }

  void aStoppedContextThrows() {
    QVERIFY_EXCEPTION_THROWN(test::stopped().report(0.1f), Cancelled);
    QVERIFY_EXCEPTION_THROWN(test::stopped().part(0.f, 1.f).check(), Cancelled);
    Context().report(1.f);
  }

  void everyEndingBecomesAnOutcome() {
    QCOMPARE(*outcomeOf([] { return 7; }), 7);
    QVERIFY(outcomeOf([]() -> int { throw Cancelled(); }).cancelled());
    const auto failed = outcomeOf([]() -> int { throw FileError("for people", "for the log"); });
    QVERIFY(failed.failed());
    QCOMPARE(failed.failure().message, std::string("for people"));
    QCOMPARE(failed.failure().detail, std::string("for the log"));
    QVERIFY(outcomeOf([] { throw std::bad_alloc(); }).failed());
    QVERIFY(outcomeOf([] { throw 1; }).failed());
    QVERIFY(outcomeOf([] {}).hasValue());
  }

  void everySliceRunsOnce() {
    std::vector<std::atomic<int>> seen(1000);
    parallelFor(seen.size(), 7, [&](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) ++seen[i];
    });
    for (const auto& count : seen) QCOMPARE(count.load(), 1);
    parallelFor(0, 7, [&](std::size_t, std::size_t) { QFAIL("nothing to do"); });
  }

  void theFirstFailureComesBack() {
    std::atomic<int> calls{0};
    const auto work = [&] {
      parallelFor(100000, 1, [&](std::size_t begin, std::size_t) {
        ++calls;
        if (begin == 10) throw InvalidInput("ten");
      });
    };
    QVERIFY_EXCEPTION_THROWN(work(), InvalidInput);
    QVERIFY(calls < 100000);
  }

  // Stop races with the end of the work: it ends with all slices done or with Cancelled.
  void cancelRacesWithTheEnd() {
    int finished = 0, cancelled = 0;
    for (int round = 0; round < 200; ++round) {
      std::stop_source stop;
      const Context ctx(stop.get_token(), std::make_shared<Progress>());
      std::jthread canceller([&] { stop.request_stop(); });
      const auto outcome = outcomeOf([&] {
        std::atomic<int> done{0};
        parallelFor(64, 1, [&](std::size_t, std::size_t) {
          ctx.report(0.5f);
          ++done;
        });
        return done.load();
      });
      QVERIFY(outcome.cancelled() || *outcome == 64);
      ++(outcome.cancelled() ? cancelled : finished);
    }
    QCOMPARE(finished + cancelled, 200);
  }
};

QTEST_APPLESS_MAIN(TstJobs)
#include "tst_jobs.moc"
