#include <QJsonArray>
#include <QtTest>

#include "cli/cli_process.h"
#include "download/model_world.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// maquette-cli models with a list of models and a host of our own.
struct World : ModelWorld {
  World() {
    qputenv("XDG_DATA_HOME", path("data").toUtf8());
    qputenv("XDG_CACHE_HOME", path("cache").toUtf8());
    qputenv("HOME", path("home").toUtf8());
    for (const char* name : {"HF_HOME", "HF_HUB_CACHE", "HY3DGEN_MODELS", "MAQUETTE_MIRROR"})
      qunsetenv(name);
    qputenv("MAQUETTE_MODELS", path("store").toUtf8());
  }
  CliRun run(QStringList arguments, int timeoutMs = 60000) const {
    arguments.insert(1, "--catalogue");
    arguments.insert(2, path("models.json"));
    return runCli(QStringList{"--json"} + arguments, path("."), timeoutMs);
  }
};

}  // namespace

class TstModels : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theOfficialModelsAreListed() {
    const World world;
    const CliRun run = runCli({"models", "list"}, world.path("."));
    QCOMPARE(run.exitCode, 0);
    QVERIFY2(run.out.contains("p3-sam") && run.out.contains("Parts: P3-SAM"), run.out.constData());
    QVERIFY(run.out.contains("451 MB") && run.out.contains("not here"));
    const CliRun whole = runCli({"models", "list", "--json"}, world.path("."));
    const QJsonArray models = whole.json()["models"].toArray();
    QVERIFY(models.size() >= 8);
    for (const auto& model : models) QVERIFY(!model.toObject()["licences"].toArray().isEmpty());
    QVERIFY(!std::filesystem::exists(world.scratch / "store"));
  }

  /// Nothing is downloaded before the licence was shown and accepted; the message has the way.
  void theLicenceComesFirst() {
    const World world;
    const CliRun run = world.run({"models", "download", "pair", "--mirror", world.host.base()});
    QCOMPARE(run.exitCode, 6);
    for (const char* part :
         {"Limited Licence 1.0", "https://models.invalid/licence",
          "not in Utopia; not for commercial use", "It gives no rights in Utopia",
          "maquette-cli models download pair --accept-licence limited"})
      QVERIFY2(run.err.contains(part), run.err.constData());
    QCOMPARE(run.json()["error"].toObject()["code"].toInt(), 6);
    QCOMPARE(world.host.requests().size(), 0);
    QCOMPARE(world.run({"models", "download", "pair", "--accept-licence", "free"}).exitCode, 6);
    QCOMPARE(world.run({"models", "download", "pair", "--accept-licence", "nonsense"}).exitCode, 3);
  }

  void downloadedVerifiedListedRemoved() {
    const World world;
    const CliRun run =
        world.run({"models", "download", "pair", "net", "--accept-licence", "limited",
                   "--accept-licence", "free", "--mirror", world.host.base()});
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QVERIFY(contentOf(world.file("pair/one/first.bin")) == world.first.toStdString());
    QVERIFY(contentOf(world.file("net/net.safetensors")) == world.net.toStdString());
    const QJsonObject pair = world.run({"models", "list"}).json()["models"][0].toObject();
    QVERIFY(pair["complete"].toBool());
    QCOMPARE(pair["files"][0]["origin"].toString(), QString("own"));
    QCOMPARE(pair["licences"][0]["accepted"].toString().size(), 10);
    const CliRun verified = world.run({"models", "verify"});
    QCOMPARE(verified.exitCode, 0);
    QCOMPARE(verified.json()["files"].toArray().size(), 3);

    put(world.file("pair/two/second.bin"), std::string(90'000, 'x'));
    const CliRun damaged = world.run({"models", "verify", "pair"});
    QCOMPARE(damaged.exitCode, 3);
    QCOMPARE(damaged.json()["good"].toBool(true), false);
    QVERIFY2(damaged.err.contains("“second.bin” is not the published file"),
             damaged.err.constData());
    QCOMPARE(world.run({"models", "remove", "pair"}).json()["models"][0]["freed_bytes"].toInt(),
             290'000);
    QVERIFY(!std::filesystem::exists(world.file("pair")));
    // Accepted once: not asked again.
    QCOMPARE(world.run({"models", "download", "pair", "--mirror", world.host.base()}).exitCode, 0);
  }

  void importedWithoutCopying() {
    const World world;
    const auto cache = world.scratch / "cache/huggingface/hub/models--org--net/snapshots/r";
    std::filesystem::create_directories(cache);
    put(cache / "net.safetensors", world.net.toStdString());
    QCOMPARE(world.run({"models", "list"}).json()["models"][1]["files"][0]["origin"].toString(),
             QString("of another program"));
    put(world.scratch / "some.bin", world.second.toStdString());
    const CliRun run = world.run({"models", "import", world.path("some.bin")});
    QVERIFY2(run.exitCode == 0, run.err.constData());
    QCOMPARE(run.json()["files"][0]["how"].toString(), QString("linked"));
    QVERIFY(std::filesystem::is_symlink(world.file("pair/two/second.bin")));
    put(world.scratch / "none.bin", "nothing");
    QCOMPARE(world.run({"models", "import", world.path("none.bin")}).exitCode, 3);
    QCOMPARE(world.run({"models", "import", world.path("absent.bin")}).exitCode, 4);
  }

  void whatGoesWrongIsSaid() {
    const World world;
    QCOMPARE(world.run({"models", "download", "nonsense"}).exitCode, 3);
    const CliRun vast = world.run({"models", "download", "vast", "--accept-licence", "free"});
    QCOMPARE(vast.exitCode, 4);
    QVERIFY2(vast.err.contains("not enough room on the disk"), vast.err.constData());
    const CliRun lost =
        world.run({"models", "download", "net", "--mirror", world.host.base() + "/lost"});
    QCOMPARE(lost.exitCode, 4);
    QVERIFY2(lost.err.contains("does not have it (404)"), lost.err.constData());
    QCOMPARE(runCli({"models"}).exitCode, 2);
    QCOMPARE(runCli({"models", "list", "--catalogue", world.path("absent.json")}).exitCode, 4);
  }

  /// Ctrl+C keeps what has arrived; the next run continues there.
  void anInterruptedDownloadIsContinued() {
    World world;
    world.host.handleWith([&](const HttpRequest& request) {
      HttpAnswer answer = world.answer(request);
      answer.stallAfter = 100'000;
      return answer;
    });
    QProcess process;
    process.start(QStringLiteral(MAQUETTE_BIN_DIR "/maquette-cli"),
                  {"models", "--catalogue", world.path("models.json"), "download", "pair",
                   "--accept-licence", "limited", "--mirror", world.host.base()});
    const auto part = world.file("pair/one/first.bin.part");
    std::error_code error;
    QTRY_VERIFY_WITH_TIMEOUT(std::filesystem::file_size(part, error) == 100'000, 20000);
    // Meanwhile nobody else may have it.
    const CliRun second = world.run({"models", "download", "pair", "--mirror", world.host.base()});
    QCOMPARE(second.exitCode, 4);
    QVERIFY2(second.err.contains("already being downloaded"), second.err.constData());
    QCOMPARE(world.run({"models", "remove", "pair"}).exitCode, 4);
    process.terminate();
    QVERIFY(process.waitForFinished(20000));
    QCOMPARE(process.exitCode(), 130);
    world.host.handleWith([&](const HttpRequest& request) { return world.answer(request); });
    QCOMPARE(world.run({"models", "download", "pair", "--mirror", world.host.base()}).exitCode, 0);
    QVERIFY(contentOf(world.file("pair/one/first.bin")) == world.first.toStdString());
    bool resumed = false;
    for (const HttpRequest& request : world.host.requests())
      resumed |= request.rangeFrom() == 100'000;
    QVERIFY(resumed);
  }
};

QTEST_GUILESS_MAIN(TstModels)
#include "tst_models.moc"
