#include <QCoreApplication>
#include <QSignalSpy>
#include <QTest>
#include <QThread>
#include <atomic>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "app/lane.h"

using namespace maquette;

namespace {

/// Works until it is asked to stop; says when it has begun.
auto untilStopped(std::shared_ptr<std::latch> begun) {
  return [begun](const Context& ctx) -> int {
    begun->count_down();
    while (true) {
      ctx.report(0.5f);
      std::this_thread::yield();
    }
  };
}

/// Waits for `begun`, then lets the lane finish; the outcome.
template <class T>
Outcome<T> ended(JobHandle<T>& handle) {
  handle.result.waitForFinished();
  return handle.result.result();
}

}  // namespace

/// Each case of a race names its legal endings; any other fails.
class TstLane : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void aJobGivesItsValue() {
    Lane lane("test");
    auto job = lane.run([](const Context&) { return 42; });
    const auto outcome = ended(job);
    QVERIFY(outcome.hasValue());
    QCOMPARE(*outcome, 42);
  }

  void aThrowingJobGivesAFailureWithItsMessage() {
    Lane lane("test");
    auto job =
        lane.run([](const Context&) -> int { throw FileError("The file is empty.", "size 0"); });
    const auto outcome = ended(job);
    QVERIFY(outcome.failed());
    QCOMPARE(outcome.failure().message, std::string("The file is empty."));
    QCOMPARE(outcome.failure().detail, std::string("size 0"));
    auto next = lane.run([](const Context&) { return 1; });
    QVERIFY2(ended(next).hasValue(), "the lane goes on after a failure");
  }

  void jobsRunInOrderOnOneThread() {
    Lane lane("test");
    auto order = std::make_shared<std::vector<int>>();
    auto threads = std::make_shared<std::vector<std::thread::id>>();
    for (int i = 0; i < 100; ++i)
      lane.run([=](const Context&) {
        order->push_back(i);
        threads->push_back(std::this_thread::get_id());
      });
    auto last = lane.run([=](const Context&) { return *order; });
    const auto outcome = ended(last);
    QCOMPARE(outcome->size(), std::size_t{100});
    QVERIFY(std::ranges::is_sorted(*outcome));
    for (const auto id : *threads) QCOMPARE(id, threads->front());
    QVERIFY(threads->front() != std::this_thread::get_id());
  }

  void cancelledBeforeItStartsItNeverRuns() {
    Lane lane("test");
    auto begun = std::make_shared<std::latch>(1);
    auto blocker = lane.run(untilStopped(begun));
    begun->wait();
    auto ran = std::make_shared<std::atomic<bool>>(false);
    auto job = lane.run([ran](const Context&) { *ran = true; });
    job.stop.request_stop();
    blocker.stop.request_stop();
    QVERIFY(ended(job).cancelled());  // the one legal ending: it had not started
    QVERIFY(!*ran);
    QVERIFY(ended(blocker).cancelled());
  }

  void cancelledMidWayItStopsWhenItNextLooks() {
    Lane lane("test");
    auto begun = std::make_shared<std::latch>(1);
    auto job = lane.run(untilStopped(begun));
    begun->wait();
    job.stop.request_stop();
    QVERIFY(ended(job).cancelled());  // it would run for ever otherwise
  }

  void cancelledAtAnyMomentItIsCancelledOrWhole() {
    Lane lane("test");
    for (int round = 0; round < 200; ++round) {
      auto job = lane.run([round](const Context& ctx) {
        for (int i = 0; i < 50; ++i) ctx.report(float(i) / 50.f);
        return round;
      });
      if (round % 3 == 0) std::this_thread::yield();
      job.stop.request_stop();
      const auto outcome = ended(job);
      // Legal: cancelled at one of its looks; or the whole value, if the wish came after the last.
      QVERIFY(outcome.cancelled() || (outcome.hasValue() && *outcome == round));
    }
  }

  void cancelledAfterTheEndTheValueStays() {
    Lane lane("test");
    auto job = lane.run([](const Context&) { return 7; });
    job.result.waitForFinished();
    job.stop.request_stop();
    QCOMPARE(*ended(job), 7);
  }

  void theReceiverHearsOnItsOwnThread() {
    Lane lane("test");
    QObject receiver;
    std::optional<int> heard;
    QThread* where = nullptr;
    lane.run([](const Context&) { return 3; }).then(&receiver, [&](const Outcome<int>& outcome) {
      heard = *outcome;
      where = QThread::currentThread();
    });
    QTRY_VERIFY(heard.has_value());
    QCOMPARE(*heard, 3);
    QCOMPARE(where, QThread::currentThread());
  }

  void aReceiverThatIsGoneHearsNothing() {
    Lane lane("test");
    for (int round = 0; round < 200; ++round) {
      auto receiver = std::make_unique<QObject>();
      bool heard = false, gone = false, heardAfter = false;
      auto job = lane.run([](const Context& ctx) {
        ctx.report(0.5f);
        return 1;
      });
      job.then(receiver.get(), [&](const Outcome<int>&) {
        heard = true;
        heardAfter = gone;
      });
      if (round % 2 == 0) QCoreApplication::processEvents();
      receiver.reset();
      gone = true;
      job.result.waitForFinished();
      QCoreApplication::processEvents();
      // Legal: heard before it went; or never heard. Not legal: a call after it was deleted.
      QVERIFY(!heardAfter);
      Q_UNUSED(heard)
    }
  }

  void ofTwoJobsForOneKeyTheLastOneGivesItsValue() {
    Lane lane("test");
    for (int round = 0; round < 200; ++round) {
      auto first = lane.runLatest("click", [](const Context& ctx) {
        for (int i = 0; i < 20; ++i) ctx.report(float(i) / 20.f);
        return 1;
      });
      auto second = lane.runLatest("click", [](const Context&) { return 2; });
      const auto one = ended(first), two = ended(second);
      // Legal for the first: cancelled in the queue or at a look; or done before the second came.
      QVERIFY(one.cancelled() || (one.hasValue() && *one == 1));
      // Legal for the second: its value. Nobody asked it to stop.
      QVERIFY(two.hasValue() && *two == 2);
    }
  }

  void aQueuedJobThatIsReplacedEndsAtOnce() {
    Lane lane("test");
    auto begun = std::make_shared<std::latch>(1);
    auto blocker = lane.run(untilStopped(begun));
    begun->wait();
    auto old = lane.runLatest("click", [](const Context&) { return 1; });
    auto latest = lane.runLatest("click", [](const Context&) { return 2; });
    QVERIFY2(old.result.isFinished(), "although the lane is still busy");
    QVERIFY(ended(old).cancelled());
    blocker.stop.request_stop();
    QCOMPARE(*ended(latest), 2);
  }

  void anotherKeyIsLeftAlone() {
    Lane lane("test");
    auto begun = std::make_shared<std::latch>(1);
    auto blocker = lane.run(untilStopped(begun));
    begun->wait();
    auto one = lane.runLatest("one", [](const Context&) { return 1; });
    auto two = lane.runLatest("two", [](const Context&) { return 2; });
    auto plain = lane.run([](const Context&) { return 3; });
    blocker.stop.request_stop();
    QCOMPARE(*ended(one), 1);
    QCOMPARE(*ended(two), 2);
    QCOMPARE(*ended(plain), 3);
  }

  void closingStopsTheRunningAndTheQueued() {
    auto begun = std::make_shared<std::latch>(1);
    std::optional<JobHandle<int>> running;
    std::vector<JobHandle<int>> queued;
    {
      Lane lane("test");
      running = lane.run(untilStopped(begun));
      begun->wait();
      for (int i = 0; i < 5; ++i) queued.push_back(lane.run([](const Context&) { return 1; }));
    }
    QVERIFY(ended(*running).cancelled());
    for (auto& job : queued) QVERIFY(ended(job).cancelled());
  }

  void closingAtAnyMomentEndsEveryJobOnce() {
    for (int round = 0; round < 100; ++round) {
      QObject receiver;
      int calls = 0;
      std::vector<JobHandle<int>> jobs;
      {
        Lane lane("test");
        for (int i = 0; i < 4; ++i) {
          jobs.push_back(lane.run([i](const Context& ctx) {
            for (int k = 0; k < 20; ++k) ctx.report(float(k) / 20.f);
            return i;
          }));
          jobs.back().then(&receiver, [&](const Outcome<int>&) { ++calls; });
        }
      }
      for (int i = 0; i < 4; ++i) {
        const auto outcome = ended(jobs[std::size_t(i)]);
        // Legal: its value, if it was done before the lane closed; cancelled otherwise.
        QVERIFY(outcome.cancelled() || (outcome.hasValue() && *outcome == i));
      }
      QTRY_COMPARE(calls, 4);
    }
  }

  void whatLivesOnTheLaneDiesOnTheLane() {
    std::thread::id worker, ending;
    {
      Lane lane("test", [&] { ending = std::this_thread::get_id(); });
      auto job = lane.run([](const Context&) { return std::this_thread::get_id(); });
      worker = *ended(job);
    }
    QCOMPARE(ending, worker);
  }

  void progressIsSeenWhileTheJobRuns() {
    Lane lane("test");
    auto begun = std::make_shared<std::latch>(1);
    auto job = lane.run([begun](const Context& ctx) {
      ctx.stage("Finding edges");
      ctx.report(0.25f);
      begun->count_down();
      while (true) ctx.check();
    });
    begun->wait();
    QCOMPARE(job.progress->snapshot().stage, std::string("Finding edges"));
    QCOMPARE(job.progress->snapshot().fraction, 0.25f);
    job.stop.request_stop();
    QVERIFY(ended(job).cancelled());
  }
};

QTEST_GUILESS_MAIN(TstLane)
#include "tst_lane.moc"
