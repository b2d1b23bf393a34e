#include <QtCore/QJsonArray>
#include <QtCore/QTemporaryDir>
#include <QtGui/QImage>
#include <QtGui/QPainter>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <csignal>

#include "cli/cli_process.h"
#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "io/mesh_file.h"
#include "io/npy.h"
#include "support/shapes.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// A head on a neck on a body, on a transparent ground.
void drawFigure(const QString& file) {
  QImage image(400, 600, QImage::Format_ARGB32);
  image.fill(Qt::transparent);
  QPainter painter(&image);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(Qt::NoPen);
  painter.setBrush(QColor(210, 120, 60));
  painter.drawEllipse(QPointF(200, 150), 120, 120);
  painter.setBrush(QColor(60, 120, 200));
  painter.drawRect(180, 255, 40, 60);
  painter.drawEllipse(QPointF(200, 430), 160, 150);
  painter.end();
  QVERIFY(image.save(file));
}

Mesh read(const QString& file) { return readMesh(file.toStdString(), {}, {}).mesh; }

/// Two spheres joined by nothing but an overlap: four obvious statements about parts.
void writeSnowman(const QString& file) {
  const Mesh both = joined(makeSphere(20.f, 4), moved(makeSphere(12.f, 4), {0, 0, 40.f}));
  writeMesh(file.toStdString(), both, {});
}

}  // namespace

class TstMainJob : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  QString at(const QString& name) const { return folder_.filePath(name); }

 private Q_SLOTS:
  void initTestCase() { drawFigure(at("figure.png")); }

  void makeLeavesPrintableParts() {
    const CliRun run = runCli(
        {"make", at("figure.png"), "-o", at("made"), "--parts", "2", "--size-mm", "60", "--json"});
    QVERIFY2(run.exitCode == 0, run.err);
    for (const char* name : {"whole.stl", "parts.3mf", "picture.png", "report.json"})
      QVERIFY2(QFile::exists(at("made/") + name), name);
    const Mesh whole = weld(read(at("made/whole.stl")), true).mesh;
    QVERIFY(examine(whole).closedManifold());
    QVERIFY(std::abs(boundsOf(whole).longest() - 60.f) < 0.6f);
    double sum = 0.;
    int parts = 0;
    for (const QString& name : QDir(at("made")).entryList({"Part*.stl"})) {
      const Mesh part = weld(read(at("made/") + name), true).mesh;
      QVERIFY2(examine(part).closedManifold(), qPrintable(name));
      QVERIFY(volumeOf(part) > 0.);
      sum += volumeOf(part);
      ++parts;
    }
    QCOMPARE(parts, 2);
    QVERIFY(std::abs(sum / volumeOf(whole) - 1.) < 0.005);
    const QImage picture(at("made/picture.png"));
    QVERIFY(picture.width() > 500);
    QFile report(at("made/report.json"));
    QVERIFY(report.open(QIODevice::ReadOnly));
    const QJsonObject json = QJsonDocument::fromJson(report.readAll()).object();
    QCOMPARE(json["parts"].toArray().size(), 2);
    QVERIFY(json["whole"]["closed"].toBool());
    QJsonObject said = run.json();
    said.remove("memory");  // what this run took, not what it made
    QCOMPARE(json, said);
  }

  void theStagesOneByOne() {
    const CliRun generated =
        runCli({"generate", at("figure.png"), "-o", at("figure"), "--size-mm", "80", "--json"});
    QVERIFY2(generated.exitCode == 0, generated.err);
    QVERIFY(QFile::exists(at("figure.stl")));  // the ending was added
    QVERIFY(generated.json()["triangles"].toInt() >= 100000);
    QCOMPARE(generated.json()["genus"].toInt(-1), 0);

    const CliRun info = runCli({"info", at("figure.stl"), "--json"});
    QCOMPARE(info.exitCode, 0);
    for (const char* key :
         {"triangles", "vertices", "bounds_mm", "volume_mm3", "area_mm2", "shells", "open_edges",
          "non_manifold_edges", "inconsistent_edges", "genus"})
      QVERIFY2(info.json().contains(key), key);
    QVERIFY(
        std::abs(info.json()["volume_mm3"].toDouble() / generated.json()["volume_mm3"].toDouble() -
                 1.) < 1e-3);

    const CliRun segmented = runCli({"segment", at("figure.stl"), "--labels", at("labels.npy"),
                                     "--parts", "2", "-o", at("coloured.ply"), "--json"});
    QVERIFY2(segmented.exitCode == 0, segmented.err);
    const auto labels = readLabels(at("labels.npy").toStdString());
    QCOMPARE(int(labels.size()), info.json()["triangles"].toInt());
    QCOMPARE(*std::ranges::max_element(labels), 1);
    QCOMPARE(read(at("coloured.ply")).triangles.size(), labels.size());

    const CliRun completed = runCli({"complete", at("figure.stl"), "--labels", at("labels.npy"),
                                     "-o", at("parts.3mf"), "--json"});
    QVERIFY2(completed.exitCode == 0, completed.err);
    QVERIFY(examine(read(at("parts.3mf"))).closed());
    for (const auto& part : completed.json()["parts"].toArray())
      QVERIFY(part.toObject()["closed"].toBool());
  }

  void aClickIsOneAndTheRestZero() {
    writeSnowman(at("snowman.stl"));
    const CliRun run = runCli({"segment", at("snowman.stl"), "--labels", at("click.npy"), "--click",
                               "0,0,52", "--not", "0,0,-20"});
    QVERIFY2(run.exitCode == 0, run.err);
    const auto labels = readLabels(at("click.npy").toStdString());
    const Mesh mesh = read(at("snowman.stl"));
    QCOMPARE(labels.size(), mesh.triangles.size());
    int right = 0;
    for (std::size_t f = 0; f < labels.size(); ++f)
      right += labels[f] == (faceCentre(mesh, mesh.triangles[f]).z > 24.f ? 1 : 0);
    QVERIFY(right > 0.95 * double(labels.size()));
  }

  void exportConvertsAndScales() {
    writeMesh(at("torus.stl").toStdString(), makeTorus(10, 3, 60, 30), {});
    for (const char* name : {"t.3mf", "t.obj", "t.glb", "t.ply", "t.stl"}) {
      const CliRun run = runCli({"export", at("torus.stl"), "-o", at(name), "--size-mm", "50"});
      QVERIFY2(run.exitCode == 0, run.err);
      const Mesh mesh = weld(read(at(name)), true).mesh;
      QCOMPARE(examine(mesh).genus(), 1);
      QVERIFY(std::abs(boundsOf(mesh).longest() - 50.f) < 0.01f);
    }
  }

  void theSameInputGivesTheSameFiles() {
    for (const char* name : {"one", "two"})
      QCOMPARE(runCli({"make", at("figure.png"), "-o", at(name), "--threads",
                       name[0] == 'o' ? "1" : "2"})
                   .exitCode,
               0);
    for (const QString& name : QDir(at("one")).entryList({"*.stl"})) {
      QFile a(at("one/") + name), b(at("two/") + name);
      QVERIFY(a.open(QIODevice::ReadOnly) && b.open(QIODevice::ReadOnly));
      QVERIFY2(a.readAll() == b.readAll(), qPrintable(name));
    }
  }

  void whatMemoryItTakesIsSaidBeforeAndAfter() {
    const CliRun run = runCli({"generate", at("figure.png"), "-o", at("limited.stl"),
                               "--memory-limit", "1.5GB", "--json"});
    QVERIFY2(run.exitCode == 0, run.err);
    QVERIFY2(run.err.contains("memory about 315 MB of"), run.err);
    QVERIFY2(run.err.contains("that the memory limit leaves"), run.err);
    const QJsonObject memory = run.json()["memory"].toArray().first().toObject();
    QCOMPARE(memory["model"].toString(), QString("classical"));
    QVERIFY(memory["peak_bytes"].toDouble() < 1.5e9);
    // What is refused is told what would do.
    const CliRun refused =
        runCli({"generate", at("figure.png"), "-o", at("no.stl"), "--memory-limit", "100MB"});
    QCOMPARE(refused.exitCode, 5);
    QVERIFY2(refused.err.contains("Raise the limit to"), refused.err);
    QVERIFY(!QFile::exists(at("no.stl")));
  }

  void interruptingLeavesNothing() {
    QProcess process;
    process.start(MAQUETTE_BIN_DIR "/maquette-cli",
                  {"make", at("figure.png"), "-o", at("cancelled"), "--resolution", "1500"});
    QVERIFY(process.waitForStarted());
    QTest::qWait(700);
    ::kill(pid_t(process.processId()), SIGINT);
    QVERIFY(process.waitForFinished(10000));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), 130);
    QVERIFY(!QFile::exists(at("cancelled")) || QDir(at("cancelled")).isEmpty());
  }

  void everyCommandExplainsItself() {
    for (const char* name : {"generate", "segment", "complete", "make", "export", "info"}) {
      const CliRun run = runCli({name, "--help"});
      QCOMPARE(run.exitCode, 0);
      QVERIFY(run.out.contains("--help"));
    }
  }
};

QTEST_GUILESS_MAIN(TstMainJob)
#include "tst_main_job.moc"
