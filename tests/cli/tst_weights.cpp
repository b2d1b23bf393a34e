#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QtTest>

#include "cli/cli_process.h"
#include "neural/weights/manifest.h"
#include "support/weight_files.h"

using namespace maquette;
using namespace maquette::test;

class TstWeights : public QObject {
  Q_OBJECT
  const QString data_ = MAQUETTE_TEST_DATA "/weights/";

  QJsonObject report(const QStringList& arguments, int exitCode = 0) const {
    const CliRun run = runCli(QStringList{"weights", "--json"} + arguments, data_, 30000);
    return run.exitCode == exitCode ? QJsonDocument::fromJson(run.out).object() : QJsonObject();
  }

 private Q_SLOTS:
  void everyTensorIsListed() {
    const QJsonObject facts = report({"28-checkpoint-nested.ckpt"});
    QCOMPARE(facts["container"].toString(), QString("PyTorch checkpoint"));
    QCOMPARE(facts["tensor_count"].toInt(), 200);
    QCOMPARE(facts["tensors"].toArray().size(), 200);
    QCOMPARE(facts["tensors"][0].toArray(),
             QJsonArray({"model.x_embedder.weight", "F16", QJsonArray({16, 6}), 192}));
    QCOMPARE(facts["types"]["F16"].toInt(), 200);
    QCOMPARE(facts["networks"].toArray().size(), 3);
    QCOMPARE(facts["networks"][0]["network"].toString(), QString("Hunyuan3D 2.1 denoiser"));
    QVERIFY(!facts.contains("against"));
  }

  void peopleReadATable() {
    const CliRun run = runCli({"weights", "28-checkpoint-layouts.ckpt"}, data_, 30000);
    QCOMPARE(run.exitCode, 0);
    QVERIFY(run.out.simplified().contains("view_rows_1_3 F16 [2 7] 28 view_column_2 F16 [5] 10"));
    QVERIFY(run.out.contains(QByteArray("unicode.größe")));
  }

  void officialFilesFitTheirManifest() {
    const QTemporaryDir folder;
    const QString manifest = data_ + "manifests/manifest-checkpoints.json";
    const Manifest mini = readManifests(manifest.toStdString()).at(5);
    const QString file = folder.filePath("model.fp16.safetensors");
    writeSafetensors(file.toStdString(), mini.tensors, Fill::Holes);
    const QJsonObject against = report({file, "--against", manifest})["against"].toObject();
    QCOMPARE(against["manifest"].toArray(), QJsonArray{QString::fromStdString(mini.name)});
    QCOMPARE(against["fits"].toBool(), true);
    QCOMPARE(against["summary"].toString(),
             QString("consumed %1, missing 0, unexpected 0, misshapen 0").arg(mini.tensors.size()));
  }

  void eightBitsAreToldWithTheirErrorAndKept() {
    const QTemporaryDir folder;
    qputenv("MAQUETTE_WEIGHT_CACHE", folder.filePath("cache").toUtf8());
    const QString file = folder.filePath("small.safetensors");
    writeSafetensors(file.toStdString(),
                     {{"x_embedder.weight", {64, 64}, Dtype::F16},
                      {"blocks.0.attn2.to_q.weight", {512, 512}, Dtype::F16},
                      {"blocks.0.mlp.fc1.weight", {1024, 512}, Dtype::F16}},
                     Fill::Bell);
    for (const char* from : {"converted now, kept in the cache", "the cache"}) {
      const QJsonObject facts = report({file, "--int8"})["converted"].toObject();
      QCOMPARE(facts["from"].toString(), QString(from));
      const QJsonObject network = facts["networks"][0].toObject();
      QCOMPARE(network["network"].toString(), QString("Hunyuan3D 2.1 denoiser"));
      QCOMPARE(network["bytes_before"].toInt() - network["bytes_after"].toInt(),
               1536 * 512 - 1536 * 4);
      QVERIFY(network["mean_relative_error"].toDouble() > 0.005);
      QVERIFY(network["worst_relative_error"].toDouble() < 0.05);
      QVERIFY(network["largest_error_of_its_row"].toDouble() <= 1. / 254. + 1e-6);
      QCOMPARE(facts["relative_error_worst_row_largest"].toArray().size(), 2);
    }
    const auto cache = [&](const QStringList& more) {
      const CliRun run = runCli(QStringList{"models", "cache", "--json"} + more, data_, 30000);
      return QJsonDocument::fromJson(run.out).object();
    };
    const QJsonObject kept = cache({});
    QCOMPARE(kept["files"].toArray().size(), 1);
    QCOMPARE(cache({"--clear"})["freed_bytes"].toInt(), kept["bytes"].toInt());
    QCOMPARE(cache({})["files"].toArray().size(), 0);
    QVERIFY(report({file, "--int8", "--no-cache"})["converted"].toObject()["from"].toString() ==
            "converted now, not kept");
    QCOMPARE(cache({})["files"].toArray().size(), 0);
    // What cannot be converted is as it was, and said so.
    const QJsonObject halves = report({file, "--f16"})["converted"].toObject();
    QCOMPARE(halves["from"].toString(), QString("nothing to convert"));
    qunsetenv("MAQUETTE_WEIGHT_CACHE");
  }

  void whatIsMissingIsListedInFull() {
    const QJsonObject against =
        report({"28-checkpoint-nested.ckpt", "--against", "manifests/manifest-p3sam.json"},
               3)["against"]
            .toObject();
    QCOMPARE(against["fits"].toBool(true), false);
    QCOMPARE(against["missing"].toArray().size(), 453);  // the shorter of its two lists
    QCOMPARE(against["unexpected"].toArray().size(), 200);
  }

  void whatIsNoWeightFileIsRefused() {
    for (const char* name : {"hostile-global.ckpt", "hostile-overlap.safetensors", "absent.ckpt",
                             "28-unsupported-legacy.ckpt", "28-checkpoint.json"}) {
      const CliRun run = runCli({"weights", name}, data_, 30000);
      QCOMPARE(run.exitCode, 4);
      QVERIFY2(run.err.contains(name), run.err.constData());
    }
    QCOMPARE(runCli({"weights", "28-checkpoint-nested.ckpt", "--against", "hostile-memo.ckpt"},
                    data_, 30000)
                 .exitCode,
             4);
  }

  void namesDoNotSteerTheTerminal() {
    const QTemporaryDir folder;
    const QString file = folder.filePath("m.ckpt");
    writeCheckpoint(file.toStdString(), {{"a\x1b[2Jb", {1}, Dtype::F16}}, Fill::Halves);
    const CliRun run = runCli({"weights", file}, data_, 30000);
    QCOMPARE(run.exitCode, 0);
    QVERIFY(run.out.contains("a?[2Jb") && !run.out.contains('\x1b'));
  }
};

QTEST_GUILESS_MAIN(TstWeights)
#include "tst_weights.moc"
