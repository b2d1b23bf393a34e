#include <QComboBox>
#include <QDoubleSpinBox>
#include <QPushButton>
#include <QSettings>
#include <QSlider>
#include <atomic>
#include <filesystem>
#include <map>
#include <thread>

#include "app/program.h"
#include "io/mesh_file.h"
#include "support/p3_sam_files.h"

using namespace maquette;
using namespace maquette::test;

namespace {

const std::filesystem::path kFixture = MAQUETTE_TEST_DATA "/neural/28-end-to-end.safetensors";

/// Keeps the gpu lane from its next job, as one does that takes long.
class Barrier {
 public:
  explicit Barrier(Services& services) {
    services.gpu.run([open = open_](const Context& ctx) {
      while (!*open) {
        ctx.check();
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    });
  }
  ~Barrier() { lift(); }
  void lift() { *open_ = true; }

 private:
  std::shared_ptr<std::atomic<bool>> open_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace

/// Finding parts with a network, driven as a person would: the small one of fixture 28, which knows
/// four bodies.
class TstSegmenters : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  QString at(const QString& name) const { return folder_.filePath(name); }

  /// A window at its third step with the four bodies.
  void open(Program& program, const char* weights = "small.safetensors") {
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    if (weights) program.services.weights.choose("p3-sam=" + at(weights).toStdString());
    program.drop(at("bodies.obj"));
    QTRY_VERIFY_WITH_TIMEOUT(program.document().shape && program.idle(), kLong);
    QVERIFY(program.find("findParts")->isVisible());
    program.window.centre().viewport().viewFrom(0.f, 10.f);
    QTest::qWait(400);  // the camera eases
  }
  /// By keyboard, as the list is short.
  void choose(Program& program, const char* label) {
    auto* method = program.find<QComboBox>("segmenter");
    QVERIFY(method && method->findText(label) >= 0);
    for (int i = 0; i < method->count() && method->currentText() != label; ++i)
      QTest::keyClick(method,
                      method->currentIndex() < method->findText(label) ? Qt::Key_Down : Qt::Key_Up);
    QCOMPARE(method->currentText(), QString(label));
  }
  /// What the latest card about trouble says.
  QString trouble(Program& program) {
    QWidget* card = program.card("error");
    return card ? card->findChild<QLabel*>("cardText")->text() : QString();
  }
  /// Finds parts of what the network sees in so many samples.
  void find(Program& program, int points, int prompts) {
    program.settings.parts.points = points;
    program.settings.parts.prompts = prompts;
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(!program.document().segmentation.empty() && program.idle(), kLong);
    QVERIFY(!program.errorShown());
  }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    liveIn(folder_);  // no weights but those that are named
    QApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    writeSmallP3Sam(at("small.safetensors").toStdString(), kFixture);
    std::filesystem::copy_file(at("small.safetensors").toStdString(),
                               at("short.safetensors").toStdString());
    std::filesystem::resize_file(at("short.safetensors").toStdString(), 600000);
    writeMesh(at("bodies.obj").toStdString(), fourBodies(kFixture), {});
  }

  void weightsInEightBitsAreChosenInTheMenu() {
    Program program;
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    writeRandomP3Sam(at("random.safetensors").toStdString(),
                     MAQUETTE_TEST_DATA "/weights/manifests/manifest-p3sam.json", 2);
    open(program, "random.safetensors");
    choose(program, "P3-SAM");
    const auto weights = [&] {
      const MemoryPlan plan = program.services.models.plan<PartSegmenter>("p3-sam");
      return std::pair(plan.chosen().weights, plan.chosen().weightBytes());
    };
    const auto whole = weights();
    QVERIFY(whole.first == WeightForm::full);
    QVERIFY(!program.text("segmenterNeeds").contains("8 bits"));
    auto* choice = program.find<QAction>("int8Weights");
    QVERIFY(choice && !choice->isChecked());
    choice->trigger();
    QVERIFY(weights().first == WeightForm::int8 && 2 * weights().second < whole.second);
    QVERIFY2(program.text("segmenterNeeds").contains("8 bits"),
             qPrintable(program.text("segmenterNeeds")));
    choice->trigger();
    QVERIFY(weights() == whole);
  }

  void theMethodIsKeptAndShowsItsOwnSettings() {
    Program program;
    open(program);
    QVERIFY(!program.find("granularityRow")->isVisible());
    QVERIFY(!program.find("more")->isVisible() || !program.find("promptsRow")->isVisible());
    QVERIFY2(program.text("segmenterNeeds").contains("Needs about"),
             qPrintable(program.text("segmenterNeeds")));
    choose(program, "P3-SAM");
    QVERIFY(program.find("granularityRow")->isVisible());
    QVERIFY(program.find("partsRow")->isVisible());
    QVERIFY(!program.find("promptsRow")->isVisible());
    auto* panel = program.find("granularityRow")->parentWidget();
    QTest::mouseClick(panel->findChild<QPushButton*>("more"), Qt::LeftButton);
    QVERIFY(program.find("promptsRow")->isVisible());
    QCOMPARE(program.settings.segmenter, std::string("p3-sam"));
    QSettings store(at("settings.ini"), QSettings::IniFormat);
    writeSettings(program.settings, store);
    QCOMPARE(readSettings(store).segmenter, std::string("p3-sam"));
    choose(program, "Classical");
    QVERIFY(!program.find("promptsRow")->isVisible());
    // One that is gone by the next start is not missed.
    program.settings.segmenter = "yesterday's";
    QCOMPARE(program.window.bench().segmenter().id, std::string("classical"));
  }

  void missingWeightsLeadToTheModels() {
    Program program;
    open(program, nullptr);
    choose(program, "P3-SAM");
    QVERIFY(!program.find("findParts")->isEnabled());
    photograph(program.window, "weights-missing");
    // Clicks are answered all the same.
    const auto ball = program.placeWhere([](Vec3 p) { return p.z > 1.4f; });
    QVERIFY(ball);
    QTest::mouseClick(&program.window.centre().viewport(), Qt::LeftButton, Qt::NoModifier, *ball);
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible(), kLong);
    QVERIFY2(program.text("candidateWhich").endsWith("classical"),
             qPrintable(program.text("candidateWhich")));
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    QVERIFY2(program.text("segmenterNeeds").contains("needs its weights"),
             qPrintable(program.text("segmenterNeeds")));
    program.click("getWeights");
    QVERIFY(program.find("modelsDialog") && program.find("modelsDialog")->isVisible());
    QVERIFY(!program.find("model_p3-sam")->visibleRegion().isEmpty());
    // They have come: it can begin at once.
    program.services.weights.choose("p3-sam=" + at("small.safetensors").toStdString());
    program.window.bench().noteChangedMachine();
    QVERIFY(!program.find("getWeights")->isVisible());
    QVERIFY(program.find("findParts")->isEnabled());
  }

  void theFourBodiesBecomeParts() {
    Program program;
    open(program);
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    choose(program, "P3-SAM");
    find(program, 4001, 40);
    photograph(program.window, "p3-sam-parts");
    const Segmentation found = program.document().segmentation;
    const auto want = partsOfFourBodies(kFixture);
    std::map<PartId, std::map<std::int32_t, int>> shared;
    for (std::size_t f = 0; f < want.size(); ++f) ++shared[(*found.labels)[f]][want[f]];
    int right = 0;
    for (const auto& [part, of] : shared)
      right += std::ranges::max_element(of, {}, [](const auto& c) { return c.second; })->second;
    QVERIFY2(right > 0.95 * double(want.size()), qPrintable(QString::number(right)));
    // As many as are wanted, of the same masks.
    program.find<QDoubleSpinBox>("parts")->setValue(3);
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QCOMPARE(program.document().segmentation.parts.size(), std::size_t{3});
  }

  void theSliderMakesOtherPartsOfTheSameMasks() {
    Program program;
    open(program);
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    choose(program, "P3-SAM");
    find(program, 2000, 60);
    const Segmentation found = program.document().segmentation;
    const QString before = program.window.bench().store().undoName();

    auto* slider = program.find<QSlider>("granularitySlider");
    drag(program, *slider, slider->maximum());
    const auto finest = program.document().segmentation;
    QVERIFY2(finest.parts.size() > found.parts.size(),
             qPrintable(QString::number(finest.parts.size())));
    photograph(program.window, "p3-sam-fine");
    drag(program, *slider, slider->minimum());
    QVERIFY(program.document().segmentation.parts.size() < finest.parts.size());
    photograph(program.window, "p3-sam-coarse");

    // One step each, and the slider goes along.
    program.click("undoButton");
    QCOMPARE(program.document().segmentation.labels, finest.labels);
    QCOMPARE(slider->value(), slider->maximum());
    program.click("undoButton");
    QCOMPARE(program.document().segmentation.labels, found.labels);
    QCOMPARE(program.settings.parts.granularity, 0.5f);
    QCOMPARE(program.window.bench().store().undoName(), before);

    // A change by hand ends it: the slider waits for the next run.
    FaceMask mask(found.labels->size(), 0);
    mask.front() = 1;
    program.window.bench().addPart(mask);
    const LabelsPtr byHand = program.document().segmentation.labels;
    drag(program, *slider, slider->maximum());
    QCOMPARE(program.document().segmentation.labels, byHand);
  }

  void keysOnTheSliderAreOneStepForUndo() {
    Program program;
    open(program);
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    choose(program, "P3-SAM");
    find(program, 2000, 60);
    const Segmentation found = program.document().segmentation;
    auto* slider = program.find<QSlider>("granularitySlider");
    slider->setFocus();
    const auto settle = [&] {  // until the pause is over, and its parts are there
      QTest::qWait(700);
      QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    };
    // Held down: the way there is shown, and is one step.
    QTest::keyPress(slider, Qt::Key_Right);
    for (int i = 0; i < 9; ++i) {
      QKeyEvent again(QEvent::KeyPress, Qt::Key_Right, Qt::NoModifier, QString(), true);
      QApplication::sendEvent(slider, &again);
      QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    }
    QTest::keyRelease(slider, Qt::Key_Right);
    settle();
    QCOMPARE(slider->value(), slider->maximum());
    const LabelsPtr finest = program.document().segmentation.labels;
    QVERIFY(*finest != *found.labels);
    // Again and again without a pause.
    for (int i = 0; i < 20; ++i) QTest::keyClick(slider, Qt::Key_Left);
    settle();
    QVERIFY(*program.document().segmentation.labels != *finest);
    program.click("undoButton");
    QCOMPARE(program.document().segmentation.labels, finest);
    program.click("undoButton");
    QCOMPARE(program.document().segmentation.labels, found.labels);
    QCOMPARE(program.settings.parts.granularity, 0.5f);
  }

  void settingsOfClicksAskAgain() {
    Program program;
    open(program);
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    choose(program, "P3-SAM");
    const auto ball = program.placeWhere([](Vec3 p) { return p.z > 1.4f; });
    QVERIFY(ball);
    QTest::mouseClick(&program.window.centre().viewport(), Qt::LeftButton, Qt::NoModifier, *ball);
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible() && program.idle(), kLong);
    const auto lookedAt = [&] {
      const auto last = program.services.models.lastJob();
      return std::ranges::any_of(last->use.stages,
                                 [](const StageUse& stage) { return stage.name == "features"; });
    };
    QVERIFY(lookedAt());
    program.find<QComboBox>("snap")->setCurrentIndex(int(Snapping::never));
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible() && program.idle(), kLong);
    QVERIFY(!lookedAt());
    program.find<QDoubleSpinBox>("points")->setValue(1500);
    QVERIFY(!program.idle());
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible() && program.idle(), kLong);
    QVERIFY(lookedAt());
    QVERIFY(!program.errorShown());
  }

  void whatIsDoneStaysInSightUnderCards() {
    Program program;
    open(program);
    choose(program, "P3-SAM");
    auto* panel = program.find("granularityRow")->parentWidget();
    QTest::mouseClick(panel->findChild<QPushButton*>("more"), Qt::LeftButton);
    for (const char* title : {"Something to know about", "And something else"})
      program.window.bench().say({Message::Kind::note,
                                  Stage::parts,
                                  title,
                                  "A message of some length, as they are, that takes two or three "
                                  "lines of a narrow column.",
                                  {},
                                  {},
                                  {}});
    program.find<QPushButton>("findParts")->setEnabled(true);
    QTest::qWait(50);
    photograph(program.window, "cards-and-buttons");
    auto* button = program.find("findParts");
    QVERIFY(!button->visibleRegion().isEmpty());
    QCOMPARE(button->visibleRegion().boundingRect(), button->rect());
    QCOMPARE(program.window.size(), QSize(1280, 800));
    program.theme.apply(Settings::Theme::light);
    QTest::qWait(50);
    photograph(program.window, "cards-and-buttons-light");
  }

  void clicksAreKeptWhileTheNetworkIsOnItsWay() {
    Program program;
    open(program);
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    choose(program, "P3-SAM");
    const auto ball = program.placeWhere([](Vec3 p) { return p.z > 1.4f; });
    const auto plate = program.placeWhere([](Vec3 p) { return p.z < 0.31f; });
    QVERIFY(ball && plate);
    ViewportWidget& view = program.window.centre().viewport();
    const auto on = view.pick(*ball), off = view.pick(*plate);
    Barrier barrier(program.services);
    QTest::mouseClick(&view, Qt::LeftButton, Qt::NoModifier, *ball);
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible(), kLong);
    QVERIFY2(program.text("candidateWhich").endsWith("classical until P3-SAM is ready"),
             qPrintable(program.text("candidateWhich")));
    photograph(program.window, "classical-meanwhile");
    QTest::mouseClick(&view, Qt::LeftButton, Qt::ControlModifier, *plate);
    QVERIFY(program.window.bench().jobs().busy(Stage::parts));
    barrier.lift();
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QVERIFY(!program.errorShown());
    QVERIFY2(!program.text("candidateWhich").contains("classical"),
             qPrintable(program.text("candidateWhich")));
    QVERIFY(program.services.models.state().id == "p3-sam");
    photograph(program.window, "p3-sam-proposal");
    program.click("keep");
    const Labels& labels = *program.document().segmentation.labels;
    QVERIFY(labels[on->first] != PartId::none);
    QCOMPARE(labels[off->first], PartId::none);

    // The next one finds everything ready, and nobody stands in.
    QTest::mouseClick(&view, Qt::LeftButton, Qt::NoModifier, *plate);
    QCOMPARE(program.window.bench().jobs().entries().size(), std::size_t{1});
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible() && program.idle(), kLong);
    QVERIFY(!program.text("candidateWhich").contains("classical"));
  }

  void whatFailsOffersTheClassicalOne() {
    Program program;
    open(program, "short.safetensors");
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    choose(program, "P3-SAM");
    // A click is answered by the other one, and says so.
    const auto ball = program.placeWhere([](Vec3 p) { return p.z > 1.4f; });
    QVERIFY(ball);
    QTest::mouseClick(&program.window.centre().viewport(), Qt::LeftButton, Qt::NoModifier, *ball);
    QTRY_VERIFY_WITH_TIMEOUT(program.errorShown() && program.idle(), kLong);
    QVERIFY(program.find("candidateBar")->isVisible());
    QVERIFY2(program.text("candidateWhich").endsWith("classical"),
             qPrintable(program.text("candidateWhich")));
    QVERIFY2(trouble(program).contains("short.safetensors"), qPrintable(trouble(program)));
    photograph(program.window, "p3-sam-failed");
    QTest::keyClick(&program.window, Qt::Key_Escape);
    for (QWidget* dismiss : program.window.findChildren<QWidget*>("dismissCard"))
      QTest::mouseClick(dismiss, Qt::LeftButton);
    QTRY_VERIFY(!program.find("cardAction"));
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(program.find("cardAction") && program.idle(), kLong);
    QVERIFY(program.document().segmentation.empty());
    QVERIFY(program.services.models.state().phase == ModelManager::State::Phase::none);
    QCOMPARE(program.find<QPushButton>("cardAction")->text(), QString("Use Classical"));
    program.click("cardAction");
    QCOMPARE(program.settings.segmenter, std::string("classical"));
    QTRY_VERIFY_WITH_TIMEOUT(!program.document().segmentation.empty() && program.idle(), kLong);
  }

  void withoutRoomItSaysSoBeforehand() {
    Program program;
    open(program);
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    program.services.models.setBudget({30'000'000, kDesktopReserve});
    choose(program, "P3-SAM");
    QVERIFY2(program.text("segmenterNeeds").contains("memory limit"),
             qPrintable(program.text("segmenterNeeds")));
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(program.errorShown() && program.idle(), kLong);
    QVERIFY2(trouble(program).contains("Raise the limit"), qPrintable(trouble(program)));
    photograph(program.window, "p3-sam-no-room");
  }

  void aRunOfTheNetworkIsCancelled() {
    Program program;
    open(program);
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    choose(program, "P3-SAM");
    program.settings.parts.points = 4001;
    program.settings.parts.prompts = 2000;
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(program.text("jobStage") == "Asking for parts", kLong);
    photograph(program.window, "p3-sam-running");
    program.click("cancelJob");
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QVERIFY(!program.errorShown());
    QVERIFY(program.document().segmentation.empty());
    QVERIFY2(program.services.models.state().id == "p3-sam", "it stays for the next try");
  }

 private:
  /// In a hand that stops on its way.
  void drag(Program& program, QSlider& slider, int to) {
    slider.setSliderDown(true);
    slider.setSliderPosition((slider.value() + to) / 2);
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    slider.setSliderPosition(to);
    slider.setSliderDown(false);
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
  }
};

QTEST_MAIN(TstSegmenters)
#include "tst_segmenters.moc"
