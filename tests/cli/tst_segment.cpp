#include <QtCore/QJsonArray>
#include <QtCore/QTemporaryDir>
#include <QtTest>
#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "cli/cli_process.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "core/models/neural_plugin.h"
#include "io/mesh_file.h"
#include "io/npy.h"
#include "support/p3_sam_files.h"

using namespace maquette;
using namespace maquette::test;

namespace {

const std::filesystem::path kFixture = MAQUETTE_TEST_DATA "/neural/28-end-to-end.safetensors";

}  // namespace

/// P3-SAM without a window, with the small network that knows the four bodies of fixture 28.
class TstSegment : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  QString at(const QString& name) const { return folder_.filePath(name); }
  bool neural_ = false;

  CliRun run(const QStringList& arguments) const {
    return runCli(QStringList{"--weights", "p3-sam=" + at("small.safetensors")} + arguments);
  }
  QStringList automatic(const QStringList& more) const {
    return QStringList{"segment", at("bodies.obj"), "--model", "p3-sam", "--points",
                       "4001",    "--prompts",      "40",      "--seed", "42",
                       "--json"} +
           more;
  }
  std::vector<std::int32_t> labels(const char* name) const {
    return readLabels(at(name).toStdString());
  }

 private Q_SLOTS:
  void initTestCase() {
    // No weights but those that are named.
    qputenv("MAQUETTE_MODELS", at("store").toUtf8());
    for (const char* place : {"HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME", "HF_HOME"})
      qputenv(place, at("home").toUtf8());
    neural_ = NeuralPlugin().unavailable().empty();
    writeSmallP3Sam(at("small.safetensors").toStdString(), kFixture);
    writeMesh(at("bodies.obj").toStdString(), fourBodies(kFixture), {});
  }

  void theFourBodiesAreFoundAndTheMasksKept() {
    if (!neural_) QSKIP("this build has no neural plug-in");
    const CliRun found = run(automatic({"--labels", at("bodies.npy"), "-o", at("bodies.ply"),
                                        "--save-masks", at("bodies.masks")}));
    QVERIFY2(found.exitCode == 0, found.err);
    const QJsonObject report = found.json();
    QCOMPARE(report["model"].toString(), QString("p3-sam"));
    QCOMPARE(report["points"].toInt(), 4001);
    QCOMPARE(report["prompts"].toInt(), 40);
    QCOMPARE(report["masks"].toInt(), 40);
    QCOMPARE(report["seed"].toInt(), 42);
    QCOMPARE(report["memory"][0]["model"].toString(), QString("p3-sam"));
    QVERIFY2(found.err.contains("P3-SAM: memory about"), found.err);

    // As the fixture has it, for nearly every triangle: our samples are others.
    const auto want = partsOfFourBodies(kFixture);
    const auto got = labels("bodies.npy");
    QCOMPARE(got.size(), want.size());
    std::map<std::int32_t, std::map<std::int32_t, int>> shared;
    for (std::size_t f = 0; f < got.size(); ++f) ++shared[got[f]][want[f]];
    int right = 0;
    for (const auto& [part, of] : shared)
      right += std::ranges::max_element(of, {}, [](const auto& c) { return c.second; })->second;
    QVERIFY2(right > 0.95 * double(got.size()), qPrintable(QString::number(right)));
    QVERIFY(std::size_t(report["parts"].toArray().size()) == shared.size());
    QCOMPARE(readMesh(at("bodies.ply").toStdString(), {}, {}).mesh.triangles.size(), got.size());

    otherPartsFromTheSameMasks(got);
  }

  void aClickTakesAPart() {
    if (!neural_) QSKIP("this build has no neural plug-in");
    // On the ball at the top, without the plate at the bottom.
    const CliRun clicked =
        run({"segment", at("bodies.obj"), "--model", "p3-sam", "--labels", at("click.npy"),
             "--click", "0.1,0.05,1.92", "--not", "-0.6,0,0.15", "--json"});
    QVERIFY2(clicked.exitCode == 0, clicked.err);
    const QJsonArray candidates = clicked.json()["candidates"].toArray();
    QVERIFY(!candidates.isEmpty());
    for (int i = 1; i < candidates.size(); ++i)
      QVERIFY(candidates[i - 1]["triangles"].toInt() <= candidates[i]["triangles"].toInt());
    const Mesh mesh = fourBodies(kFixture);
    const auto inside = labels("click.npy");
    int ball = 0, plate = 0;
    for (std::size_t f = 0; f < inside.size(); ++f) {
      const float z = mesh.positions[mesh.triangles[f][0]].z;
      ball += inside[f] == 1 && z > 1.2f;
      plate += inside[f] == 1 && z < 0.2f;
    }
    QVERIFY2(ball > 200 && plate == 0, qPrintable(QString("%1 %2").arg(ball).arg(plate)));
  }

  void withoutWeightsItSaysWhatToDo() {
    const CliRun absent = runCli(automatic({"--labels", at("no.npy")}));
    QCOMPARE(absent.exitCode, 6);
    QVERIFY(!QFile::exists(at("no.npy")));
    if (neural_) QVERIFY2(absent.err.contains("maquette-cli models download p3-sam"), absent.err);
  }

  void aWeightFileThatDoesNotDoIsRefused() {
    for (const char* text : {"p3-sam", "p3-sam=", "other=x"})
      QCOMPARE(runCli({"--weights", text, "segment", at("bodies.obj"), "--labels", at("no.npy")})
                   .exitCode,
               3);
    if (!neural_) QSKIP("this build has no neural plug-in");
    std::filesystem::copy_file(at("small.safetensors").toStdString(),
                               at("short.safetensors").toStdString());
    std::filesystem::resize_file(at("short.safetensors").toStdString(), 600000);
    const CliRun cut = runCli(QStringList{"--weights", "p3-sam=" + at("short.safetensors")} +
                              automatic({"--labels", at("no.npy")}));
    QCOMPARE(cut.exitCode, 4);
    QVERIFY2(cut.err.contains("short.safetensors"), cut.err);
    QVERIFY(!QFile::exists(at("no.npy")));
  }

  void whatDoesNotFitTogetherIsWrongUsage_data() {
    QTest::addColumn<QStringList>("more");
    QTest::newRow("a flag of another model") << QStringList{"--granularity", "0.2"};
    QTest::newRow("masks of classical") << QStringList{"--save-masks", at("x")};
    QTest::newRow("masks of masks") << QStringList{"--save-masks", at("x"), "--masks", at("y")};
    QTest::newRow("masks for a click") << QStringList{"--masks", at("y"), "--click", "0,0,0"};
  }
  void whatDoesNotFitTogetherIsWrongUsage() {
    QFETCH(QStringList, more);
    const CliRun wrong =
        runCli(QStringList{"segment", at("bodies.obj"), "--labels", at("no.npy")} + more);
    QVERIFY2(wrong.exitCode == 2, wrong.err);
  }

  void hostileMasksAreRefused_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::newRow("empty") << QByteArray();
    QTest::newRow("text") << QByteArray("not masks");
    QTest::newRow("a long header") << QByteArray("\xff\xff\xff\xff\xff\xff\xff\x7f{}", 10);
    QTest::newRow("nothing in it") << QByteArray("\x02\0\0\0\0\0\0\0{}", 10);
  }
  void hostileMasksAreRefused() {
    QFETCH(QByteArray, bytes);
    QFile file(at("hostile.masks"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    const CliRun run = runCli(
        {"segment", at("bodies.obj"), "--labels", at("no.npy"), "--masks", at("hostile.masks")});
    QVERIFY2(run.exitCode == 4, run.err);
    QVERIFY2(run.err.contains("hostile.masks"), run.err);
    QVERIFY(!QFile::exists(at("no.npy")));
  }

  void interruptingLeavesNothing() {
    if (!neural_) QSKIP("this build has no neural plug-in");
    QProcess process;
    process.start(MAQUETTE_BIN_DIR "/maquette-cli",
                  QStringList{"--weights", "p3-sam=" + at("small.safetensors"), "segment",
                              at("bodies.obj"), "--model", "p3-sam", "--prompts", "2000",
                              "--labels", at("cancelled.npy"), "--save-masks", at("cancelled")});
    QVERIFY(process.waitForStarted());
    QByteArray said;
    QTRY_VERIFY_WITH_TIMEOUT((said += process.readAllStandardError()).contains("Looking"), 60000);
    ::kill(pid_t(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(!QFile::exists(at("cancelled.npy")) && !QFile::exists(at("cancelled")));
  }

 private:
  /// Without the network: nothing of it is opened, and the weights are not asked for.
  void otherPartsFromTheSameMasks(const std::vector<std::int32_t>& before) {
    const QStringList again{"segment", at("bodies.obj"),   "--labels", at("again.npy"),
                            "--masks", at("bodies.masks"), "--json"};
    const CliRun same = runCli(again);
    QVERIFY2(same.exitCode == 0, same.err);
    QVERIFY2(labels("again.npy") == before, "the same thresholds, the same parts");
    QCOMPARE(same.json()["seed"].toInt(), 42);
    QVERIFY(!same.json().contains("memory"));
    std::size_t last = 0;
    for (const char* granularity : {"0", "0.5", "1"}) {
      const CliRun made = runCli(again + QStringList{"--granularity", granularity});
      QVERIFY2(made.exitCode == 0, made.err);
      const auto parts = std::size_t(made.json()["parts"].toArray().size());
      QVERIFY2(parts >= last, granularity);
      last = parts;
    }
    // Of another mesh they are worth nothing.
    Mesh other = fourBodies(kFixture);
    other.positions.front().x += 0.01f;
    writeMesh(at("other.obj").toStdString(), other, {});
    const CliRun foreign = runCli(
        {"segment", at("other.obj"), "--labels", at("no.npy"), "--masks", at("bodies.masks")});
    QVERIFY2(foreign.exitCode == 3, foreign.err);
    QVERIFY(!QFile::exists(at("no.npy")));
  }
};

QTEST_GUILESS_MAIN(TstSegment)
#include "tst_segment.moc"
