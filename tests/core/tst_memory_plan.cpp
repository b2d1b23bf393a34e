#include <QTemporaryDir>
#include <QtTest>
#include <fstream>

#include "core/base/error.h"
#include "core/device/memory_budget.h"
#include "core/device/memory_ledger.h"
#include "core/device/peak_memory.h"
#include "core/models/ladder.h"
#include "core/models/prefetch.h"
#include "core/scripted_models.h"
#include "support/write_faults.h"

using namespace maquette;
using test::rung;

namespace {

constexpr std::int64_t kGB = 1'000'000'000;

MemoryPlan roomFor(std::int64_t room) {
  MemoryPlan plan;
  plan.model = "net";
  plan.label = "The network";
  plan.where = "processor";
  plan.room = room;
  return plan;
}

/// Large and fast, small and slow, smaller and less exact.
Ladder threeRungs() {
  return {rung("at once", 2 * kGB, 4 * kGB), rung("in chunks", 2 * kGB, kGB),
          rung("bf16", kGB, kGB, Precision::bf16, "Computed with less precision.")};
}

/// Tries that fail as often as asked, and what was alive when each began.
struct Attempts {
  int failures = 0;
  int alive = 0;
  std::vector<std::string> tried;
  bool leftBehind = false;

  std::string operator()(const Rung& on) {
    leftBehind |= alive > 0;
    struct Tensor {
      int& count;
      explicit Tensor(int& c) : count(++c) {}
      ~Tensor() { --count; }
    };
    const Tensor tensor(alive);
    tried.push_back(on.name);
    if (int(tried.size()) <= failures) throw OutOfMemory("no room", "of tensor");
    return on.name;
  }
};

}  // namespace

class TstMemoryPlan : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void amountsAreReadAsPeopleWriteThem() {
    QCOMPARE(parseBytes("6GB"), 6 * kGB);
    QCOMPARE(parseBytes("6 GB"), 6 * kGB);
    QCOMPARE(parseBytes("1.5g"), 1'500'000'000);
    QCOMPARE(parseBytes("2GiB"), std::int64_t{2} << 30);
    QCOMPARE(parseBytes("512MiB"), std::int64_t{512} << 20);
    QCOMPARE(parseBytes("800mb"), 800'000'000);
    QCOMPARE(parseBytes("4000000000"), 4 * kGB);
    for (const char* wrong : {"", "GB", "-1GB", "0", "12", "6 apples", "6GBs", "nan", "inf",
                              "1e9GB", "99999999999999999999", "6GB ", "1.2.3GB", " 6GB"})
      QVERIFY_EXCEPTION_THROWN(parseBytes(wrong), InvalidInput);
    QCOMPARE(shownBytes(4'620'000'000), std::string("4.6 GB"));
    QCOMPARE(shownBytes(999'700'000), std::string("1.0 GB"));
    QCOMPARE(shownBytes(700'000'000), std::string("700 MB"));
  }

  void roomIsWhatIsFreeWithinTheLimit() {
    const MemoryFigures machine{16 * kGB, 8 * kGB, kGB};
    QCOMPARE(roomIn(machine, {0, kGB}), 7 * kGB);
    QCOMPARE(roomIn(machine, {4 * kGB, kGB}), 3 * kGB);
    QCOMPARE(roomIn(machine, {100 * kGB, kGB}), 7 * kGB);
    QVERIFY(roomIn({4 * kGB, kGB / 2, kGB}, {0, kGB}) < 0);
    QCOMPARE(roomIn({}, {2 * kGB, 0}), 2 * kGB);  // a machine that says nothing
  }

  void thePlanIsTheFirstThatFits() {
    QCOMPARE(planMemory(roomFor(6 * kGB), threeRungs(), nullptr).rung, 0u);
    QCOMPARE(planMemory(roomFor(6 * kGB - 1), threeRungs(), nullptr).rung, 1u);
    const MemoryPlan last = planMemory(roomFor(2 * kGB), threeRungs(), nullptr);
    QCOMPARE(last.rung, 2u);
    QCOMPARE(spokenPlan(last), std::string("about 2.0 GB of 2.0 GB, bf16"));
    MemoryPlan limited = roomFor(kGB);
    limited.limit = 5 * kGB;
    try {
      planMemory(limited, threeRungs(), nullptr);
      QFAIL("must throw");
    } catch (const OutOfMemory& error) {
      QVERIFY2(QString(error.what()).contains("Raise the limit to 6.1 GB"), error.what());
    }
    QVERIFY_EXCEPTION_THROWN(planMemory(roomFor(1), {}, nullptr), Error);
    Ladder wrong = threeRungs();
    std::swap(wrong[0], wrong[2]);
    QVERIFY_EXCEPTION_THROWN(planMemory(roomFor(9 * kGB), wrong, nullptr), Error);
  }

  void weightsInEightBitsAreTheLastResortOrTheUsersChoice() {
    Ladder ladder = threeRungs();
    ladder[2].precision = Precision::f32;
    ladder[2].weights = WeightForm::int8;
    ladder[2].loss = std::string(kInt8Loss);
    QCOMPARE(planMemory(roomFor(9 * kGB), ladder, nullptr).rung, 0u);
    QCOMPARE(planMemory(roomFor(2 * kGB), ladder, nullptr).rung, 2u);
    const MemoryPlan chosen = planMemory(roomFor(9 * kGB), ladder, nullptr, true);
    QCOMPARE(chosen.rung, 2u);
    QVERIFY(chosen.chosen().weights == WeightForm::int8 && !chosen.chosen().loss.empty());
    QCOMPARE(planMemory(roomFor(9 * kGB), threeRungs(), nullptr, true).rung, 0u);
  }

  void theLedgerCorrectsActivationsAndNotWeights() {
    MemoryLedger ledger;
    const Ladder estimate = threeRungs();
    const MemoryPlan plan = planMemory(roomFor(9 * kGB), estimate, &ledger);
    recordUse(ledger, plan, estimate[0], {0, {{"step", 8 * kGB, 1.}}});  // 6 beside the weights
    QCOMPARE(ledger.correction("net/step", "processor"), 1.5);
    QCOMPARE(ledger.correction("net/step", "another card"), 1.);
    const MemoryPlan next = planMemory(roomFor(8 * kGB), estimate, &ledger);
    QCOMPARE(next.rung, 0u);
    QCOMPARE(next.peak(), 8 * kGB);
    QCOMPARE(planMemory(roomFor(7 * kGB), estimate, &ledger).rung, 1u);
    // One strange run is forgotten, and never believed wholly.
    ledger.record({"net/step", "processor", kGB, 100 * kGB, 1.});
    QCOMPARE(ledger.correction("net/step", "processor"), 4.);
    QCOMPARE(planMemory(roomFor(2 * kGB), estimate, &ledger).rung, 2u);  // and locks nothing out
    for (int i = 0; i < 8; ++i) ledger.record({"net/step", "processor", kGB, kGB, 1.});
    QCOMPARE(ledger.correction("net/step", "processor"), 1.);
  }

  void theLedgerIsThereNextTime() {
    const QTemporaryDir folder;
    const std::filesystem::path file = folder.filePath("new/ledger").toStdString();
    {
      MemoryLedger ledger(file);
      QVERIFY(ledger.entries().empty());
      ledger.record({"net/en code", "RTX 9", kGB, 2 * kGB, 1.5});
      ledger.save();
    }
    MemoryLedger again(file);
    QCOMPARE(again.entries().size(), 1u);
    QCOMPARE(again.entries()[0].stage, std::string("net/en code"));
    QCOMPARE(again.entries()[0].seconds, 1.5);
    QCOMPARE(again.correction("net/en code", "RTX 9"), 2.);
    for (int i = 0; i < 600; ++i) again.record({"net/a", "RTX 9", kGB, kGB, 1.});
    again.save();
    QCOMPARE(MemoryLedger(file).entries().size(), 500u);
    QCOMPARE(QDir(folder.filePath("new")).entryList(QDir::Files).size(),
             1);  // nothing half written
  }

  void aDamagedLedgerIsANewBeginning_data() {
    QTest::addColumn<QByteArray>("content");
    const QByteArray head = "Maquette memory ledger 1\n";
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("other") << QByteArray("{}\n");
    QTest::newRow("cut") << head + "net/a\tcard\t100 2";
    QTest::newRow("words") << head + "net/a\tcard\tmany 200 1\n";
    QTest::newRow("negative") << head + "net/a\tcard\t-1 200 1\n";
    QTest::newRow("huge") << head + "net/a\tcard\t1 99999999999999999999 1\n";
    QTest::newRow("more") << head + "net/a\tcard\t100 200 1 7\n";
    QTest::newRow("binary") << head + QByteArray(100, '\0');
  }
  void aDamagedLedgerIsANewBeginning() {
    QFETCH(QByteArray, content);
    const QTemporaryDir folder;
    const std::string file = folder.filePath("ledger").toStdString();
    std::ofstream(file, std::ios::binary) << std::string(content.constData(), content.size());
    MemoryLedger ledger(file);
    QVERIFY(ledger.entries().empty());
    ledger.record({"net/a", "card", 1, 1, 1.});
    ledger.save();
    QCOMPARE(MemoryLedger(file).entries().size(), 1u);
  }

  void whereverWritingFailsTheOldLedgerStays() {
    const test::Scratch scratch;
    const std::filesystem::path file = scratch / "ledger";
    const auto goOn = [&] {
      MemoryLedger ledger(file);
      ledger.record({"net/a", "card", 1, 1, 1.});
      ledger.save();
    };
    goOn();
    const std::string old = test::contentOf(file);
    for (int call = 0; call < 3; ++call) {  // the write, the close, the rename
      test::WriteFaults faults;
      faults.failAt(call, ENOSPC, test::WriteFaults::Kind::shortThenFails);
      goOn();
      QVERIFY(faults.calls() > call);
      QCOMPARE(test::contentOf(file), old);
      QCOMPARE(scratch.files(), 1u);
    }
    goOn();
    QCOMPARE(MemoryLedger(file).entries().size(), 2u);
  }

  void aLedgerThatCannotBeWrittenIsNoTrouble() {
    MemoryLedger ledger("/proc/nowhere/ledger");
    ledger.record({"net/a", "card", 1, 1, 1.});
    ledger.save();
    QCOMPARE(ledger.entries().size(), 1u);
  }

  void theLadderIsDescendedOneRungAtATime() {
    for (int failures = 0; failures < 3; ++failures) {
      Attempts attempts{failures, 0, {}, false};
      int released = 0;
      const auto done = runOnLadder(threeRungs(), 0, attempts, [&] { ++released; }, {});
      QCOMPARE(done.rung, std::size_t(failures));
      QCOMPARE(released, failures);
      QCOMPARE(done.notes.size(), failures == 2 ? 1u : 0u);
    }
    Attempts attempts{3, 0, {}, false};
    QVERIFY_EXCEPTION_THROWN(runOnLadder(threeRungs(), 0, std::ref(attempts), {}, {}), OutOfMemory);
    QCOMPARE(attempts.tried, (std::vector<std::string>{"at once", "in chunks", "bf16"}));
    QVERIFY(!attempts.leftBehind);  // what failed was gone before the next try
  }

  void aRungThatNeedsAsMuchIsNoWayOut() {
    Ladder ladder = threeRungs();
    ladder.insert(ladder.begin() + 1, rung("another way", 3 * kGB, 3 * kGB));
    Attempts attempts{1, 0, {}, false};
    runOnLadder(ladder, 0, std::ref(attempts), {}, {});
    QCOMPARE(attempts.tried, (std::vector<std::string>{"at once", "in chunks"}));
  }

  void theLadderStopsWhenAsked() {
    std::stop_source stop;
    int tries = 0;
    const auto step = [&](const Rung&) -> int {
      ++tries;
      stop.request_stop();
      throw std::bad_alloc();
    };
    QVERIFY_EXCEPTION_THROWN(
        runOnLadder(threeRungs(), 0, step, {}, Context(stop.get_token(), nullptr)), Cancelled);
    QCOMPARE(tries, 1);
  }

  void prefetchReadsWhatThereIsRoomFor() {
    const QTemporaryDir folder;
    const std::string file = folder.filePath("weights").toStdString();
    std::ofstream(file, std::ios::binary) << std::string(40 << 20, 'w');
    Prefetch roomy([](std::int64_t bytes) { return bytes <= 40 << 20; });
    roomy.start({file});
    QVERIFY(roomy.finish());
    roomy.start({file, folder.filePath("missing").toStdString()});
    QVERIFY(!roomy.finish());
    int asked = 0;
    Prefetch tight([&](std::int64_t) { return ++asked < 3; });  // memory runs short on the way
    tight.start({file});
    QVERIFY(!tight.finish());
    QCOMPARE(asked, 3);
    roomy.start({file});
    roomy.cancel();  // returns, and nothing reads any more
    roomy.start({file});
    QVERIFY(roomy.finish());
  }

  void peaksAreMeasured() {
    const PeakResident peak;
    if (peak.growth() == 0 && residentBytes() == 0) QSKIP("this system does not say");
    {
      std::vector<char> much(200 << 20, 1);
      QVERIFY(much[much.size() / 2] == 1);
    }
    QVERIFY(peak.growth() > 150 << 20);  // though it is gone again
    const PeakResident next;
    QVERIFY(next.growth() < 100 << 20);
  }
};

QTEST_APPLESS_MAIN(TstMemoryPlan)
#include "tst_memory_plan.moc"
