#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include "cli/cli_process.h"

using namespace maquette;
using namespace maquette::test;

class TstCheck : public QObject {
  Q_OBJECT
  const QString data_ = MAQUETTE_TEST_DATA "/neural/";

  CliRun check(const QStringList& arguments) const {
    return runCli(QStringList{"check"} + arguments, data_, 60000);
  }

 private Q_SLOTS:
  void initTestCase() {
    if (check({"02-v21-time-token.safetensors"}).exitCode == 6) QSKIP("built without libtorch");
  }

  void whatTheNetworkComputesIsInTheReport() {
    const CliRun run = check({"02-v21-time-token.safetensors", "--json"});
    QCOMPARE(run.exitCode, 0);
    const QJsonObject report = QJsonDocument::fromJson(run.out).object();
    QCOMPARE(report["passed"].toInt(), 1);
    const QJsonObject fixture = report["fixtures"]["02-v21-time-token"].toObject();
    QCOMPARE(fixture["state"].toString(), QString("passed"));
    const QJsonArray token = fixture["outputs"][2].toArray();
    QCOMPARE(token[0].toString(), QString("token"));
    QCOMPARE(token[1].toString(), QString("passed"));
    QVERIFY(token[2].toDouble() > 0. && token[2].toDouble() < 1e-5);
    QCOMPARE(token[4].toDouble(), 1e-5);
    QCOMPARE(token[5].toDouble(), 2e-5);
  }

  void weightsInEightBitsHaveLimitsOfTheirOwn() {
    const CliRun run = check({"13-block.safetensors", "--dtype", "int8", "--json"});
    QCOMPARE(run.exitCode, 0);
    const QJsonObject report = QJsonDocument::fromJson(run.out).object();
    double worst = 0.;
    for (const QJsonValue& row : report["fixtures"]["13-block"]["outputs"].toArray())
      worst = std::max(worst, row.toArray()[2].toDouble());
    QVERIFY(worst > 1e-3 && worst < 5e-2);  // rounded, and within the limit
    QCOMPARE(check({"13-block.safetensors", "--dtype", "int7"}).exitCode, 2);
  }

  void aDamagedFixtureFailsAndSaysWhy() {
    const QTemporaryDir folder;
    QFile whole(data_ + "02-v21-time-token.safetensors");
    QVERIFY(whole.open(QIODevice::ReadOnly));
    QFile half(folder.filePath("02-v21-time-token.safetensors"));
    QVERIFY(half.open(QIODevice::WriteOnly));
    half.write(whole.read(whole.size() / 2));
    half.close();
    const CliRun run = check({half.fileName()});
    QCOMPARE(run.exitCode, 3);
    QVERIFY(run.out.contains("is cut short"));
  }

  void whatHasNoImplementationIsNoFailure() {
    const QTemporaryDir folder;
    QVERIFY(QFile::copy(data_ + "02-v21-time-token.safetensors",
                        folder.filePath("99-unheard-of.safetensors")));
    const CliRun run = check({folder.path()});
    QCOMPARE(run.exitCode, 0);
    QVERIFY(run.out.contains("no implementation yet"));
  }

  void wrongArgumentsAreRefused() {
    QCOMPARE(check({}).exitCode, 2);
    QCOMPARE(check({"02-v21-time-token.safetensors", "--dtype", "f8"}).exitCode, 2);
  }
};

QTEST_GUILESS_MAIN(TstCheck)
#include "tst_check.moc"
