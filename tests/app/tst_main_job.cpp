#include <QAction>
#include <QApplication>
#include <QClipboard>
#include <QFile>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QPainter>
#include <QPushButton>
#include <QSettings>
#include <QTemporaryDir>
#include <QTest>
#include <QToolButton>
#include <filesystem>
#include <memory>
#include <optional>

#include "app/part_list.h"
#include "app/program.h"
#include "core/geometry/bounds.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "io/mesh_file.h"

using namespace maquette;

namespace {

/// From a dropped picture to a shape, by mouse.
void dropAndMake(Program& program, const QTemporaryDir& folder) {
  program.drop(drawFigure(folder));
  QTRY_VERIFY_WITH_TIMEOUT(
      program.document().sources && program.document().sources->front.cutout && program.idle(),
      kLong);
  program.click("makeShape");
  QTRY_VERIFY_WITH_TIMEOUT(program.document().shape && program.idle(), kLong);
}

/// Answers the file dialog as a hand would.
void chooseInDialog(Program& program, const QString& path) {
  auto* dialog = program.find<QFileDialog>("exportDialog");
  QVERIFY(dialog);
  dialog->findChild<QLineEdit*>("fileNameEdit")->setText(path);
  QMetaObject::invokeMethod(dialog, "accept");
}

}  // namespace

class TstMainJob : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    QApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
  }

  void whatIsSetForModelsIsThereNextTime() {
    QSettings store(folder_.filePath("settings.ini"), QSettings::IniFormat);
    Settings settings;
    settings.memoryLimit = 6'000'000'000;
    settings.int8Weights = true;
    settings.release = ReleasePolicy::When::afterIdle;
    settings.idleMinutes = 9;
    writeSettings(settings, store);
    const Settings read = readSettings(store);
    QCOMPARE(read.memoryLimit, settings.memoryLimit);
    QVERIFY(read.int8Weights);
    QCOMPARE(read.release, settings.release);
    QCOMPARE(read.idleMinutes, settings.idleMinutes);
    for (const char* key :
         {"memory/limit", "memory/release", "memory/idleMinutes", "memory/int8Weights"})
      store.setValue(key, "-7 apples");
    QCOMPARE(readSettings(store).memoryLimit, 0);
    QVERIFY(!readSettings(store).int8Weights);
    QCOMPARE(readSettings(store).release, ReleasePolicy::When::keepWhileItFits);
    QCOMPARE(readSettings(store).idleMinutes, 5);
  }

  void memoryIsPlannedBeforeAndMeasuredAfter() {
    Program program;
    dropAndMake(program, folder_);
    QVERIFY2(program.find("makeSolids")->toolTip().contains("Memory: about 734 MB of"),
             qPrintable(program.find("makeSolids")->toolTip()));
    QVERIFY2(program.find("jobsLine")->toolTip().contains("took"),
             qPrintable(program.find("jobsLine")->toolTip()));
    program.settings.memoryLimit = 500'000'000;  // as the menu does it
    program.services.follow(program.settings);
    program.click("makeShapeAgain");
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QVERIFY(program.errorShown());  // and names the limit that would do
    auto* unload = program.find<QAction>("unloadModels");
    QVERIFY(unload);
    unload->trigger();
    QVERIFY(program.services.models.state().phase == ModelManager::State::Phase::none);
  }

  void theWindowOpensWithoutAnyGpuLibrary() {
    Program program;
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    QVERIFY(program.find("emptyState")->isVisible());
    QTRY_VERIFY2(program.find("memoryGauge")->accessibleName().contains("GB"),
                 "the gauge speaks although there is no graphics card");
    QFile maps("/proc/self/maps");
    QVERIFY(maps.open(QIODevice::ReadOnly));
    const QByteArray mapped = maps.readAll();
    for (const char* name : {"libtorch", "cudart", "cublas"})
      QVERIFY2(!mapped.contains(name), name);
  }

  void aPictureBecomesExportedParts() {
    Program program;
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    dropAndMake(program, folder_);
    QVERIFY(examine(*program.document().shape).closedManifold());
    QVERIFY(std::abs(boundsOf(*program.document().shape).longest() - 100.f) < 0.5f);

    program.click("stageParts");
    QVERIFY(program.find("viewport")->isVisible());
    program.window.centre().viewport().viewFrom(0.f, 10.f);
    QTest::qWait(400);  // the camera eases
    const auto head = program.placeWhere([](Vec3 p) { return p.z > 70.f && p.z < 90.f; });
    const auto body = program.placeWhere([](Vec3 p) { return p.z > 15.f && p.z < 35.f; });
    QVERIFY(head && body);

    // A click proposes what is under the pointer; nothing is decided yet.
    ViewportWidget& view = program.window.centre().viewport();
    const auto headHit = view.pick(*head), bodyHit = view.pick(*body);
    QTest::mouseClick(&view, Qt::LeftButton, Qt::NoModifier, *head);
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible(), kLong);
    QVERIFY(program.document().segmentation.empty());
    photograph(program.window, "proposal");
    // Ctrl-click takes the body out, whatever the size.
    QTest::mouseClick(&view, Qt::LeftButton, Qt::ControlModifier, *body);
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    program.click("keep");
    QCOMPARE(program.document().segmentation.parts.size(), std::size_t{1});
    const auto& labels = *program.document().segmentation.labels;
    QVERIFY(labels[headHit->first] != PartId::none);
    QCOMPARE(labels[bodyHit->first], PartId::none);
    QVERIFY(!program.find("candidateBar")->isVisible());

    // The body becomes the second part; Esc would have dropped it.
    QTest::mouseClick(&view, Qt::LeftButton, Qt::NoModifier, *body);
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible(), kLong);
    QTest::mouseClick(&view, Qt::LeftButton, Qt::ControlModifier, *head);
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    program.click("keep");
    QCOMPARE(program.document().segmentation.parts.size(), std::size_t{2});

    program.click("makeSolids");
    QTRY_VERIFY_WITH_TIMEOUT(program.window.bench().solidsComplete() && program.idle(), kLong);
    double sum = 0.;
    for (const Part& part : program.document().segmentation.parts) sum += volumeOf(*part.solid);
    const double whole = volumeOf(*program.document().shape);
    QVERIFY2(std::abs(sum - whole) < 0.01 * whole, "the parts add up to the whole");

    exportAndReadBack(program);
  }

  void aPictureComesFromTheClipboard() {
    Program program;
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    auto* paste = program.window.findChild<QAction*>("paste");
    QVERIFY(paste);
    QApplication::clipboard()->clear();
    paste->trigger();  // nothing to paste: said, and nothing changes
    QVERIFY(!program.document().sources);
    QApplication::clipboard()->setImage(QImage(drawFigure(folder_)));
    paste->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(program.document().sources && program.idle(), kLong);
    QCOMPARE(program.document().sources->front.picture->width, 360);
    QCOMPARE(program.document().sources->front.picture->height, 480);
    QCOMPARE(program.document().sources->front.picture->at(0, 0).a, std::uint8_t{0});
  }

  void thePrintStepMakesTheSolidsItNeeds() {
    Program program;
    dropAndMake(program, folder_);
    program.click("stageParts");
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(!program.document().segmentation.empty() && program.idle(), kLong);
    program.click("stagePrint");
    auto* button = program.find<QPushButton>("exportFiles");
    QCOMPARE(button->text(), QString("Make solids"));
    program.click("exportFiles");
    QTRY_VERIFY_WITH_TIMEOUT(program.window.bench().solidsComplete() && program.idle(), kLong);
    QCOMPARE(button->text(), QString("Export…"));
    QVERIFY(button->isEnabled());
  }

  void undoAndRedoWalkThroughTheJob() {
    Program program;
    dropAndMake(program, folder_);
    const MeshPtr shape = program.document().shape;
    program.click("undoButton");
    QVERIFY(!program.document().shape && program.document().sources);
    program.click("redoButton");
    QCOMPARE(program.document().shape, shape);
    program.click("undoButton");
    program.click("undoButton");
    QVERIFY(!program.document().sources);
    QVERIFY(!program.find("undoButton")->isEnabled());
  }

  void aStrokeCorrectsTheCutOut() {
    // Two balls apart on white; the stroke takes the right one out.
    QImage image(480, 240, QImage::Format_RGB32);
    image.fill(Qt::white);
    QPainter painter(&image);
    painter.setBrush(QColor("#b03a2e"));
    painter.drawEllipse(QPoint(120, 120), 80, 80);
    painter.setBrush(QColor("#1f618d"));
    painter.drawEllipse(QPoint(360, 120), 80, 80);
    painter.end();
    const QString file = folder_.filePath("two.png");
    QVERIFY(image.save(file));
    Program program;
    program.drop(file);
    const auto cutout = [&] { return program.document().sources->front.cutout; };
    QTRY_VERIFY_WITH_TIMEOUT(program.document().sources && cutout() && program.idle(), kLong);
    QVERIFY(cutout()->at(120, 120) > 127 && cutout()->at(360, 120) > 127);
    const MaskPtr before = cutout();

    program.click("brushRemove");
    QWidget* view = program.find("pictureView");
    // The picture is 2:1 and centred, so the right ball is a quarter of its width off the middle.
    const int quarter = (view->width() - 96) / 4;
    const QPoint ball = view->rect().center() + QPoint(quarter, 0);
    QTest::mousePress(view, Qt::LeftButton, Qt::NoModifier, ball - QPoint(20, 0));
    for (int x = -20; x <= 20; x += 5) QTest::mouseMove(view, ball + QPoint(x, 0));
    QTest::mouseRelease(view, Qt::LeftButton, Qt::NoModifier, ball + QPoint(20, 0));
    QTRY_VERIFY_WITH_TIMEOUT(cutout() != before && program.idle(), kLong);
    photograph(program.window, "stroke");
    QCOMPARE(program.window.bench().sources().strokes(Side::front).strokes.size(), std::size_t{1});
    QVERIFY(cutout()->at(120, 120) > 127);
    QVERIFY(cutout()->at(360, 120) < 128);
    program.click("undoButton");
    QCOMPARE(cutout(), before);
    QVERIFY(program.window.bench().sources().strokes(Side::front).strokes.empty());
  }

  void aPartIsRenamedHiddenAndSelectedInTheList() {
    Program program;
    dropAndMake(program, folder_);
    program.click("stageParts");
    program.settings.parts.parts = 2;
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(!program.document().segmentation.empty() && program.idle(), kLong);
    auto* list = program.find<QListView>("partList");
    const QRect row = list->visualRect(list->model()->index(0, 0));
    QTest::mouseClick(list->viewport(), Qt::LeftButton, Qt::NoModifier, row.center());
    QVERIFY(program.find<QLabel>("partAbout")->text().contains("Part 1"));
    QTest::mouseDClick(list->viewport(), Qt::LeftButton, Qt::NoModifier, row.center());
    auto* editor = list->findChild<QLineEdit*>();
    QVERIFY(editor);
    editor->setText("Head");
    QTest::keyClick(editor, Qt::Key_Return);
    QTRY_COMPARE(program.document().segmentation.parts.front().name, std::string("Head"));
    QTest::mouseClick(list->viewport(), Qt::LeftButton, Qt::NoModifier,
                      QPoint(row.right() - 16, row.center().y()));
    QVERIFY(!program.document().segmentation.parts.front().visible);
    program.click("undoButton");
    QVERIFY(program.document().segmentation.parts.front().visible);
  }

  void aRunningJobCanBeWatchedLeftAndCancelled() {
    Program program;
    program.drop(drawFigure(folder_));
    QTRY_VERIFY_WITH_TIMEOUT(
        program.document().sources && program.document().sources->front.cutout && program.idle(),
        kLong);
    const ImageSetPtr sources = program.document().sources;
    program.settings.shape.resolution = 2048;
    program.click("makeShape");
    QTRY_VERIFY_WITH_TIMEOUT(program.find("cancelJob")->isVisible(), kLong);
    // The window answers meanwhile: other steps, and undo.
    program.click("stagePrint");
    QVERIFY(program.find("exportFiles")->isVisible());
    program.click("undoButton");
    QVERIFY(!program.document().sources);
    program.click("redoButton");
    photograph(program.window, "job");
    QVERIFY2(!program.idle(), "the job was still running all the while");
    program.click("cancelJob");
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QVERIFY(!program.document().shape);
    QCOMPARE(program.document().sources, sources);
    QVERIFY2(!program.errorShown(), "to cancel is not an error");
  }

  void aResultForAnOlderPictureIsOfferedNotForced() {
    Program program;
    program.drop(drawFigure(folder_));
    QTRY_VERIFY_WITH_TIMEOUT(
        program.document().sources && program.document().sources->front.cutout && program.idle(),
        kLong);
    program.click("makeShape");
    program.click("undoButton");  // before the event loop can bring the result
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QVERIFY(!program.document().shape);
    auto* use = program.find<QPushButton>("cardAction");
    QVERIFY(use);
    QTest::mouseClick(use, Qt::LeftButton);
    QVERIFY(program.document().shape);
  }

  void aBadFileShowsACardAndChangesNothing_data() {
    QTest::addColumn<QString>("name");
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("says");
    QTest::newRow("a picture that is none") << "broken.png" << QByteArray("not a picture") << "";
    QTest::newRow("an empty picture") << "empty.jpg" << QByteArray() << "empty";
    QTest::newRow("a mesh that is none") << "broken.stl" << QByteArray("solid nothing") << "";
    QTest::newRow("neither") << "notes.txt" << QByteArray("milk, eggs") << "";
    QTest::newRow("with quotes and more")
        << QString::fromUtf8("it's \"a\" 🤖.png") << QByteArray("x") << "";
    QTest::newRow("a mesh without area")
        << "line.obj" << QByteArray("v 0 0 0\nv 1 0 0\nv 2 0 0\nf 1 2 3\n") << "has no area";
    QTest::newRow("a mesh with a hole in its numbers")
        << "nan.obj" << QByteArray("v 0 0 0\nv 1 0 0\nv nan 1 0\nf 1 2 3\n") << "not a number";
  }
  void aBadFileShowsACardAndChangesNothing() {
    QFETCH(QString, name);
    QFETCH(QByteArray, bytes);
    QFETCH(QString, says);
    const QString path = folder_.filePath(name);
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(bytes);
    file.close();
    Program program;
    program.drop(path);
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QTRY_VERIFY(program.errorShown());
    const QString text = program.card("error")->findChild<QLabel*>("cardText")->text();
    QVERIFY2(text.contains(says), qPrintable(text));
    QVERIFY(!program.document().sources && !program.document().shape);
    QVERIFY(!program.find("undoButton")->isEnabled());
    QVERIFY(program.find("emptyState")->isVisible());
    photograph(program.window, "error");
  }

  void aFlatMeshIsShownAndSaidToBeFlat() {
    const QString path = folder_.filePath("triangle.obj");
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("v 0 0 0\nv 10 0 0\nv 0 10 0\nf 1 2 3\n");
    file.close();
    Program program;
    program.drop(path);
    QTRY_VERIFY_WITH_TIMEOUT(program.document().shape && program.idle(), kLong);
    QTRY_VERIFY(program.card("note"));
    const QString text = program.card("note")->findChild<QLabel*>("cardText")->text();
    QVERIFY2(text.contains("no solid can be made"), qPrintable(text));
    photograph(program.window, "flat");
  }

  void aDroppedMeshStartsAtItsParts() {
    Program program;
    const QString path = folder_.filePath("figure.stl");
    {
      Program maker;
      dropAndMake(maker, folder_);
      writeMesh(path.toStdString(), *maker.document().shape, Context());
    }
    program.drop(path);
    QTRY_VERIFY_WITH_TIMEOUT(program.document().shape && program.idle(), kLong);
    QVERIFY(program.find("findParts")->isVisible());
    QVERIFY(!program.document().sources);
    program.settings.parts.parts = 2;
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(!program.document().segmentation.empty() && program.idle(), kLong);
    QCOMPARE(program.document().segmentation.parts.size(), std::size_t{2});
  }

  void closingWhileAJobRunsEndsEverything() {
    auto program = std::make_unique<Program>();
    program->drop(drawFigure(folder_));
    QTRY_VERIFY_WITH_TIMEOUT(
        program->document().sources && program->document().sources->front.cutout && program->idle(),
        kLong);
    program->settings.shape.resolution = 2048;
    program->click("makeShape");
    QTRY_VERIFY_WITH_TIMEOUT(program->find("cancelJob")->isVisible(), kLong);
    program->window.close();
    program.reset();  // returns: every job stopped, both lanes joined
    QVERIFY(!program);
  }

 private:
  void exportAndReadBack(Program& program) {
    namespace fs = std::filesystem;
    program.click("stagePrint");
    const QString target = folder_.filePath("parts");
    QVERIFY(fs::create_directory(target.toStdString()));
    program.click("exportFiles");
    chooseInDialog(program, target);
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QVERIFY(!program.errorShown());

    const auto& parts = program.document().segmentation.parts;
    std::size_t files = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(target.toStdString())) ++files;
    QCOMPARE(files, parts.size());
    for (const Part& part : parts) {
      const auto file = fs::path(target.toStdString()) / (safeFileName(part.name) + ".stl");
      QVERIFY2(fs::exists(file), file.c_str());
      const Mesh read = weld(readMesh(file, {}, Context()).mesh, true).mesh;
      QVERIFY(examine(read).closedManifold());
      const double volume = volumeOf(*part.solid);
      QVERIFY(std::abs(volumeOf(read) - volume) < 1e-3 * volume);
    }
    QVERIFY(program.window.bench().stateOf(Stage::print).done);
    photograph(program.window, "print");

    program.find<QAbstractButton>("together")->click();
    program.click("exportFiles");
    const QString together = folder_.filePath("all.3mf");
    chooseInDialog(program, together);
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    const Mesh all = readMesh(together.toStdString(), {}, Context()).mesh;
    double sum = 0.;
    for (const Part& part : parts) sum += volumeOf(*part.solid);
    QVERIFY(std::abs(volumeOf(all) - sum) < 1e-3 * sum);
  }

  QTemporaryDir folder_;
};

QTEST_MAIN(TstMainJob)
#include "tst_main_job.moc"
