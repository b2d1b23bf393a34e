#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <thread>

#include "core/base/error.h"
#include "doctor/doctor.h"
#include "doctor/judge.h"

using namespace maquette;
using namespace std::chrono_literals;
using End = ProbeAnswer::End;

namespace {

using Said = std::vector<std::pair<std::string, std::string>>;

ProbeAnswer answer(Said said, End end = End::done) { return {end, std::move(said), {}}; }

/// A driver with a good card, of which some things are otherwise.
ProbeAnswer card(const Said& otherwise = {}) {
  ProbeAnswer made = answer({{"driver", "yes"},
                             {"driver.version", "590.48"},
                             {"driver.cuda", "13010"},
                             {"cards", "1"},
                             {"card.name", "Pretend RTX"},
                             {"card.capability", "89"},
                             {"card.total", "24e9"},
                             {"card.free", "20e9"}});
  made.said.insert(made.said.end(), otherwise.begin(), otherwise.end());
  return made;
}

ProbeAnswer plugin(const Said& more, End end = End::done) {
  ProbeAnswer made = answer({{"library", "libtorch 2.11.0"},
                             {"cpu", "AVX2"},
                             {"open.seconds", "1.5"},
                             {"cuda.runtime", "13000"},
                             {"cudnn", "91900"}},
                            end);
  made.said.insert(made.said.end(), more.begin(), more.end());
  return made;
}

Said trials(const std::string& device, double f32, double f16, double bf16) {
  const std::string key = "trial." + device + ".";
  return {{key + "f32.error", std::to_string(f32)},
          {key + "f16.error", std::to_string(f16)},
          {key + "bf16.error", std::to_string(bf16)},
          {"trials." + device, "yes"}};
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

#define SAYS(text, part) QVERIFY2(contains(text, part), (text).c_str())

}  // namespace

class TstDoctor : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  // ---- judging
  // -----------------------------------------------------------------------------------

  void aGoodCardWorks() {
    const Finding finding = judgeCard(card());
    QCOMPARE(finding.verdict, Verdict::works);
    SAYS(finding.summary, "Pretend RTX with 24.0 GB");
    QVERIFY(std::ranges::count(finding.facts,
                               std::pair<std::string, std::string>{"Compute capability", "8.9"}));
  }

  void whyACardIsNotUsedIsSaid_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("value");
    QTest::addColumn<QString>("summary");
    QTest::addColumn<QString>("advice");
    QTest::addColumn<int>("verdict");
    const auto row = [](const char* name, const char* key, const char* value, const char* summary,
                        const char* advice, Verdict verdict) {
      QTest::newRow(name) << key << value << summary << advice << int(verdict);
    };
    row("no driver", "driver", "no", "no NVIDIA driver", "install driver 580", Verdict::absent);
    row("hidden", "hidden", "yes", "hidden", "CUDA_VISIBLE_DEVICES", Verdict::absent);
    row("trouble", "driver.trouble", "It is broken.", "It is broken", "check again",
        Verdict::fails);
    row("old card", "card.capability", "61", "6.1, and 7.5", "", Verdict::absent);
    row("old driver", "driver.cuda", "12020", "CUDA 12.2, and 13.0", "580", Verdict::absent);
    row("small", "card.total", "4e9", "4.0 GB", "", Verdict::limited);
    row("full", "card.free", "2e9", "hold 22.0 GB", "Close programs", Verdict::limited);
  }
  void whyACardIsNotUsedIsSaid() {
    QFETCH(QString, key);
    QFETCH(QString, value);
    QFETCH(QString, summary);
    QFETCH(QString, advice);
    QFETCH(int, verdict);
    const Finding finding = judgeCard(card({{key.toStdString(), value.toStdString()}}));
    QCOMPARE(int(finding.verdict), verdict);
    SAYS(finding.summary, summary.toUtf8().constData());
    SAYS(finding.advice, advice.toUtf8().constData());
  }

  void aDriverThatHangsTakesNothingElseWithIt() {
    const ProbeAnswer machine = answer({{"memory.total", "16e9"},
                                        {"memory.free", "9e9"},
                                        {"doing", "asking the driver for its cards"}},
                                       End::tooLong);
    QCOMPARE(judgeMachine(machine).verdict, Verdict::works);
    const Finding finding = judgeCard(machine);
    QCOMPARE(finding.verdict, Verdict::fails);
    SAYS(finding.summary, "took too long while asking the driver");
  }

  void precisionsAreJudgedOneByOne() {
    ProbeAnswer neural = plugin(trials("cpu", 1e-7, 1e-3, 1e-2));
    QCOMPARE(judgeProcessorTrials(neural).verdict, Verdict::works);
    QCOMPARE(judgeProcessorTrials(neural).facts.size(), std::size_t{3});
    neural = plugin(trials("cpu", 1e-7, 0.3, 1e-2));
    QCOMPARE(judgeProcessorTrials(neural).verdict, Verdict::fails);
    SAYS(judgeProcessorTrials(neural).summary, "wrongly in f16");
    neural = plugin({{"trial.cuda.f32.error", "1e-7"},
                     {"trial.cuda.f16.error", "1e-4"},
                     {"trial.cuda.bf16.failed", "It cannot."},
                     {"trials.cuda", "yes"}});
    QCOMPARE(judgeCardTrials(neural).verdict, Verdict::limited);
    SAYS(judgeCardTrials(neural).summary, "not in bf16");
    neural = plugin({{"trial.cuda.f32.failed", "out of memory"}, {"trials.cuda", "yes"}});
    QCOMPARE(judgeCardTrials(neural).verdict, Verdict::fails);
    QCOMPARE(judgeCardTrials(plugin({{"cuda.reason", "No driver."}})).verdict, Verdict::absent);
  }

  void aCardThatCrashesLeavesTheProcessorsResult() {
    Said said = trials("cpu", 1e-7, 1e-3, 1e-2);
    said.emplace_back("doing", "computing in f16 on the graphics card");
    const ProbeAnswer neural = plugin(said, End::crashed);
    QCOMPARE(judgePlugin(neural).verdict, Verdict::works);
    QCOMPARE(judgeProcessorTrials(neural).verdict, Verdict::works);
    const Finding finding = judgeCardTrials(neural);
    QCOMPARE(finding.verdict, Verdict::fails);
    SAYS(finding.summary, "crashed while computing in f16 on the graphics card");
  }

  void versionsAreReadable() {
    const Finding finding = judgePlugin(plugin({}));
    using Fact = std::pair<std::string, std::string>;
    QVERIFY(std::ranges::count(finding.facts, Fact{"CUDA", "13.0"}));
    QVERIFY(std::ranges::count(finding.facts, Fact{"cuDNN", "9.19.0"}));
  }

  void slowProcessorsAndSoftwareDrawingAreLimits() {
    QCOMPARE(judgePlugin(plugin({{"cpu", "DEFAULT"}})).verdict, Verdict::limited);
    QCOMPARE(judgeRendering(answer({{"drawn", "0.2"}, {"software", "yes"}})).verdict,
             Verdict::limited);
    QCOMPARE(judgeRendering(answer({{"drawn", "0.2"}})).verdict, Verdict::works);
    QCOMPARE(judgeRendering(answer({{"drawn", "0"}})).verdict, Verdict::fails);
    QCOMPARE(judgeRendering(answer({{"no-display", "yes"}})).verdict, Verdict::absent);
    QCOMPARE(judgeRendering(answer({}, End::crashed)).verdict, Verdict::fails);
  }

  void fewSolidsAreAFailure() {
    QCOMPARE(judgeClassical(answer({{"parts", "2"}, {"solids", "2"}})).verdict, Verdict::works);
    QCOMPARE(judgeClassical(answer({{"parts", "2"}, {"solids", "1"}})).verdict, Verdict::fails);
    QCOMPARE(judgeClassical(answer({{"error", "No."}})).verdict, Verdict::fails);
  }

  void fullDisksAndLockedFoldersAreSaid() {
    const Said good{
        {"data.path", "/d"}, {"data.free", "50e9"}, {"cache.path", "/c"}, {"cache.free", "50e9"}};
    QCOMPARE(judgeFolders(answer(good)).verdict, Verdict::works);
    Said little = good;
    little[1].second = "2e9";
    QCOMPARE(judgeFolders(answer(little)).verdict, Verdict::limited);
    Said locked = good;
    locked.emplace_back("data.error", "Read-only file system");
    QCOMPARE(judgeFolders(answer(locked)).verdict, Verdict::fails);
    SAYS(judgeFolders(answer(locked)).summary, "data folder cannot be written: Read-only");
  }

  void theSummarySaysWhatCanBeDone() {
    DoctorReport report;
    const auto add = [&](const char* id, Verdict verdict) {
      report.findings.push_back({.id = id, .title = id, .verdict = verdict});
    };
    add("classical", Verdict::works);
    add("neural-plugin", Verdict::works);
    add("neural-processor", Verdict::works);
    summarise(report);
    QVERIFY(report.works);
    SAYS(report.summary, "on the processor");
    add("neural-card", Verdict::limited);
    report.summary.clear();
    summarise(report);
    SAYS(report.summary, "on the graphics card");
    report.findings[0].verdict = Verdict::fails;
    report.summary.clear();
    summarise(report);
    QVERIFY(!report.works);
    SAYS(report.summary, "1 of 4 checks failed");
  }

  // ---- probes
  // ------------------------------------------------------------------------------------

  void whatAProbeSaysIsReadLineByLine() {
    ProbeReader reader;
    reader.take(
        "noise one\n\x01"
        "a\t1");
    reader.take(
        "23\nbad \xff\x07 bytes\n\n\x01"
        "a\t45");
    const ProbeAnswer read = std::move(reader).answer(End::done);
    QCOMPARE(read.said.size(), std::size_t{2});
    QCOMPARE(read.said[0].second, std::string("123"));
    QCOMPARE(read.number("a"), 45.);
    QCOMPARE(read.noise, std::string("noise one\nbad ?? bytes\n"));
    ProbeReader flooded;
    for (int i = 0; i < 3000; ++i)
      flooded.take("\x01k\t" + std::string(100, 'x') + "\n" + "noise\n");
    flooded.take(std::string(1 << 20, 'y'));
    const ProbeAnswer kept = std::move(flooded).answer(End::done);
    QVERIFY(kept.said.size() < 1000 && kept.noise.size() < 5000);
  }

  void aProbeThatCrashesSaysWhatItDid() {
    const Finding finding =
        judgeRendering(run("printf '\\n\\001doing\\tdrawing\\n' >&3; kill -SEGV $$"));
    QCOMPARE(finding.verdict, Verdict::fails);
    SAYS(finding.summary, "crashed while drawing");
    QCOMPARE(run("exit 0").end, End::crashed);  // it went without a word
    QCOMPARE(run("printf '\\n\\001done\\tyes\\n' >&3; exec sleep 60").end, End::done);
    QCOMPARE(askProbe("/nowhere", "x", soon(), Context()).end, End::notStarted);
  }

  void hangingProbesAreEndedTogether() {
    DoctorOptions options;
    options.probe = script("printf '\\n\\001doing\\tthinking\\n' >&3; exec sleep 60");
    options.mostTime = 500ms;
    const DoctorReport report = examine(options, Context());
    QCOMPARE(report.findings.size(), std::size_t{8});
    for (const Finding& finding : report.findings)
      QVERIFY2(finding.verdict == Verdict::fails || finding.verdict == Verdict::absent,
               finding.id.c_str());
    SAYS(report.find("classical")->summary, "took too long while thinking");
    QVERIFY(!report.works);
    QVERIFY2(report.seconds < 10., "side by side, not one after the other for a minute");
    const std::string text = asText(report, "Maquette");
    SAYS(text, "[fails]      Picture to solids: ");
  }

  void cancellingEndsTheProbes() {
    DoctorOptions options;
    options.probe = script("exec sleep 60");
    std::stop_source stop;
    const std::jthread user([&] {
      std::this_thread::sleep_for(100ms);
      stop.request_stop();
    });
    QElapsedTimer clock;
    clock.start();
    QVERIFY_THROWS_EXCEPTION(
        Cancelled, examine(options, Context(stop.get_token(), std::make_shared<Progress>())));
    QVERIFY(clock.elapsed() < 10'000);  // not the minute
  }

 private:
  static std::chrono::steady_clock::time_point soon() {
    return std::chrono::steady_clock::now() + 20s;
  }
  std::filesystem::path script(const std::string& commands) {
    const QString name = folder_.filePath(QString("probe%1").arg(++scripts_));
    QFile file(name);
    if (!file.open(QIODevice::WriteOnly)) return {};
    file.write(("#!/bin/sh\n" + commands + "\n").c_str());
    file.close();
    file.setPermissions(QFile::ReadOwner | QFile::WriteOwner | QFile::ExeOwner);
    return name.toStdString();
  }
  ProbeAnswer run(const std::string& commands) {
    return askProbe(script(commands), "subject", soon(), Context());
  }

  QTemporaryDir folder_;
  int scripts_ = 0;
};

QTEST_GUILESS_MAIN(TstDoctor)
#include "tst_doctor.moc"
