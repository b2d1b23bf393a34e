#include <QJsonArray>
#include <QTemporaryDir>
#include <QTest>

#include "cli/cli_process.h"

using namespace maquette::test;

namespace {

/// The environment of one run: names and values; a null value takes the variable away.
using Variables = QList<std::pair<QByteArray, QByteArray>>;

/// The report's finding of this id.
QJsonObject finding(const CliRun& run, const QString& id) {
  for (const auto& one : run.json()["findings"].toArray())
    if (one.toObject()["id"].toString() == id) return one.toObject();
  return {};
}

QString verdict(const CliRun& run, const QString& id) {
  return finding(run, id)["verdict"].toString();
}

}  // namespace

/// The self-test on machines that lack something. Every case ends with a report.
class TstCliDoctor : public QObject {
  Q_OBJECT

  CliRun doctor(const Variables& variables, const QString& only = {}) {
    const Variables usual{{"MAQUETTE_NVML", "/nowhere/libnvidia-ml.so"},
                          {"XDG_DATA_HOME", folder_.filePath("data").toUtf8()},
                          {"XDG_CACHE_HOME", folder_.filePath("cache").toUtf8()}};
    const QProcessEnvironment before = QProcessEnvironment::systemEnvironment();
    for (const Variables& list : {usual, variables})
      for (const auto& [name, value] : list)
        value.isNull() ? qunsetenv(name) : qputenv(name, value);
    QStringList arguments{"doctor", "--json", "--quiet"};
    if (!only.isEmpty()) arguments << "--only" << only;
    const CliRun run = runCli(arguments);
    for (const Variables& list : {usual, variables})
      for (const auto& [name, value] : list) {
        const QString name8 = QString::fromUtf8(name);
        before.contains(name8) ? qputenv(name, before.value(name8).toUtf8()) : qunsetenv(name);
      }
    return run;
  }

 private Q_SLOTS:
  void everythingIsCheckedWithinHalfAMinute() {
    const CliRun run = doctor({});
    QCOMPARE(run.exitCode, 0);
    const QJsonObject report = run.json();
    QVERIFY2(report["works"].toBool(), run.out);
    QVERIFY(report["seconds"].toDouble() < 30.);
    QCOMPARE(report["findings"].toArray().size(), 8);
    for (const auto& each : report["findings"].toArray()) {
      const QJsonObject one = each.toObject();
      QVERIFY(!one["title"].toString().isEmpty() && !one["summary"].toString().isEmpty());
      QVERIFY2(one["verdict"].toString() != "fails", run.out);
    }
    QVERIFY(verdict(run, "rendering") == "works" || verdict(run, "rendering") == "limited");
    QCOMPARE(verdict(run, "classical"), QString("works"));
    QCOMPARE(verdict(run, "graphics-card"), QString("not there"));
    QVERIFY(finding(run, "graphics-card")["advice"].toString().contains("580"));
    QVERIFY(report["text"].toString().contains("Picture to solids"));
  }

  void aHiddenCardIsSaid() {
    const Variables hidden{{"MAQUETTE_NVML", MAQUETTE_FAKE_NVML}, {"CUDA_VISIBLE_DEVICES", ""}};
    const CliRun run = doctor(hidden, "machine");
    QCOMPARE(run.exitCode, 0);
    QCOMPARE(verdict(run, "graphics-card"), QString("not there"));
    QVERIFY(finding(run, "graphics-card")["summary"].toString().contains("hidden"));
    const CliRun seen = doctor({{"MAQUETTE_NVML", MAQUETTE_FAKE_NVML}}, "machine");
    QCOMPARE(verdict(seen, "graphics-card"), QString("works"));
    QCOMPARE(finding(seen, "graphics-card")["facts"].toObject()["Compute capability"].toString(),
             QString("8.9"));
  }

  void aBrokenDriverIsSaid() {
    const CliRun run =
        doctor({{"MAQUETTE_NVML", MAQUETTE_FAKE_NVML}, {"FAKE_NVML_INIT", "18"}}, "machine");
    QCOMPARE(verdict(run, "graphics-card"), QString("fails"));
    QVERIFY(finding(run, "graphics-card")["summary"].toString().contains("updated"));
    QCOMPARE(verdict(run, "machine"), QString("works"));
    const CliRun empty =
        doctor({{"MAQUETTE_NVML", MAQUETTE_FAKE_NVML}, {"FAKE_NVML_NO_CARD", "1"}}, "machine");
    QVERIFY(finding(empty, "graphics-card")["summary"].toString().contains("no graphics card"));
  }

  void withoutThePluginEverythingElseIsChecked() {
    const CliRun run = doctor({{"MAQUETTE_NEURAL", "/nowhere/plugin.so"}}, "neural,folders");
    QCOMPARE(run.exitCode, 0);
    QCOMPARE(verdict(run, "neural-plugin"), QString("not there"));
    QCOMPARE(verdict(run, "neural-processor"), QString("not there"));
    QCOMPARE(verdict(run, "folders"), QString("works"));
    QVERIFY(run.json()["summary"].toString().contains("Networks do not run"));
  }

  void aPluginThatDoesNotFitIsSaid() {
#ifdef MAQUETTE_OLD_PLUGIN
    CliRun run = doctor({{ "MAQUETTE_NEURAL", MAQUETTE_OLD_PLUGIN }}, "neural");
    QCOMPARE(run.exitCode, 0);
    QCOMPARE(verdict(run, "neural-plugin"), QString("fails"));
    QVERIFY(finding(run, "neural-plugin")["summary"].toString().contains("another version"));
    run = doctor({{ "MAQUETTE_NEURAL", MAQUETTE_LACKING_PLUGIN }}, "neural");
    QCOMPARE(verdict(run, "neural-plugin"), QString("fails"));
    QVERIFY(finding(run, "neural-plugin")["summary"].toString().contains("libmaquette_absent"));
#else
    QSKIP("this build has no neural plug-in");
#endif
  }

  void aFolderThatCannotBeWrittenIsSaid() {
    const CliRun run = doctor({{"XDG_DATA_HOME", "/proc/self/nothing"}}, "folders");
    QCOMPARE(run.exitCode, 0);
    QCOMPARE(verdict(run, "folders"), QString("fails"));
    QVERIFY(finding(run, "folders")["summary"].toString().contains("data folder"));
    QFile file(folder_.filePath("file"));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const CliRun inFile = doctor({{"XDG_CACHE_HOME", file.fileName().toUtf8()}}, "folders");
    QVERIFY(finding(inFile, "folders")["summary"].toString().contains("cache folder"));
    QVERIFY2(!QFile::exists(folder_.filePath("data")), "checking leaves nothing behind");
  }

  void withoutADisplayItSaysSo() {
    const CliRun run = doctor({{"DISPLAY", QByteArray()}}, "rendering");
    QCOMPARE(run.exitCode, 0);
    QCOMPARE(verdict(run, "rendering"), QString("not there"));
    QVERIFY(finding(run, "rendering")["advice"].toString().contains("DISPLAY"));
  }

  void peopleReadWords() {
    const CliRun run = runCli({"doctor", "--only", "folders", "--quiet"});
    QCOMPARE(run.exitCode, 0);
    QVERIFY2(run.out.startsWith("Maquette "), run.out);
    QVERIFY(run.out.contains("Folders and disk: "));
    QCOMPARE(runCli({"doctor", "--only", "nonsense"}).exitCode, 2);
  }

 private:
  QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TstCliDoctor)
#include "tst_doctor.moc"
