#include <QPushButton>
#include <QSlider>
#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "app/memory_gauge.h"
#include "app/program.h"
#include "io/mesh_file.h"
#include "support/mask_session.h"
#include "support/p3_sam_files.h"

using namespace maquette;
using namespace maquette::test;

namespace {

const std::filesystem::path kFixture = MAQUETTE_TEST_DATA "/neural/28-end-to-end.safetensors";

/// A network's answers to an object that it knows, of any size and with any number of parts.
class Recorded : public PartSegmenter {
 public:
  explicit Recorded(const MaskSessionParams& params) : params_(params) {}
  std::unique_ptr<SegmentSession> open(MeshPtr, const ClickParams&, const Context&) override {
    throw Unsupported("Only masks were recorded.");
  }
  PartsResult automatic(MeshPtr mesh, const AutoParams& params, const Context& ctx) override {
    const MaskSession session = maskSession(std::move(mesh), params_);
    MaskSet masks = *session.masks;
    masks.model = "recorded";
    return PartsFromMasks(session.surface, std::make_shared<const MaskSet>(std::move(masks)), ctx)
        .parts(params, ctx);
  }

 private:
  MaskSessionParams params_;
};

// The registry is constant once a model is used, so these come before a mesh.

void addRecorded(Program& program, const MaskSessionParams& params) {
  ModelEntry entry;
  entry.id = "recorded";
  entry.label = "Recorded";
  entry.make = ModelEntry::Make<PartSegmenter>(
      [params](const MemoryPlan&, const Context&) { return std::make_unique<Recorded>(params); });
  program.services.registry.add(entry);
  program.window.bench().chooseSegmenter("recorded");
}

using Gate = std::shared_ptr<std::atomic<bool>>;

/// The real network, but its weights come only when the gate opens, as from a slow disk.
Gate addLate(Program& program) {
  Gate gate = std::make_shared<std::atomic<bool>>(false);
  ModelEntry entry = *program.services.registry.find<PartSegmenter>("p3-sam");
  entry.id = "late";
  entry.make = ModelEntry::Make<PartSegmenter>(
      [gate, make = std::get<ModelEntry::Make<PartSegmenter>>(entry.make)](const MemoryPlan& plan,
                                                                           const Context& ctx) {
        while (!*gate) {
          ctx.check();
          std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        return make(plan, ctx);
      });
  program.services.registry.add(entry);
  program.window.bench().chooseSegmenter("late");
  return gate;
}

}  // namespace

/// The window around a network's masks: how it waits for them, and what becomes of them under the
/// slider.
class TstPartsByMasks : public QObject {
  Q_OBJECT
  QTemporaryDir folder_;
  QString at(const QString& name) const { return folder_.filePath(name); }

  void open(Program& program, const char* mesh) {
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    program.services.weights.choose("p3-sam=" + at("small.safetensors").toStdString());
    program.drop(at(mesh));
    QTRY_VERIFY_WITH_TIMEOUT(program.document().shape && program.idle(), kLong);
    program.window.centre().viewport().viewFrom(0.f, 10.f);
    QTest::qWait(400);  // the camera eases
  }
  void find(Program& program) {
    program.click("findParts");
    QTRY_VERIFY_WITH_TIMEOUT(!program.document().segmentation.empty() && program.idle(), kLong);
    QVERIFY(!program.errorShown());
  }
  QPushButton* offered(Program& program) {
    QWidget* card = program.card("offer");
    return card ? card->findChild<QPushButton*>("cardAction") : nullptr;
  }
  std::size_t parts(Program& program) { return program.document().segmentation.parts.size(); }

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    liveIn(folder_);  // no weights but those that are named
    QApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    writeSmallP3Sam(at("small.safetensors").toStdString(), kFixture);
    writeMesh(at("bodies.obj").toStdString(), fourBodies(kFixture), {});
    writeMesh(at("wavy.obj").toStdString(), wavyBox(30), {});
  }

  void whileTheNetworkLoadsClicksWaitAndTheOtherAnswers() {
    Program program;
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    const Gate gate = addLate(program);
    open(program, "bodies.obj");
    const auto ball = program.placeWhere([](Vec3 p) { return p.z > 1.4f; });
    const auto plate = program.placeWhere([](Vec3 p) { return p.z < 0.31f; });
    QVERIFY(ball && plate);
    ViewportWidget& view = program.window.centre().viewport();
    const auto on = view.pick(*ball), off = view.pick(*plate);
    auto* gauge = program.find<MemoryGauge>("memoryGauge");
    QVERIFY(on && off && gauge);

    QTest::mouseClick(&view, Qt::LeftButton, Qt::NoModifier, *ball);
    QTRY_COMPARE_WITH_TIMEOUT(program.text("jobStage"), QString("Loading P3-SAM"), kLong);
    QTRY_VERIFY2_WITH_TIMEOUT(gauge->text().contains("loading P3-SAM"), qPrintable(gauge->text()),
                              kLong);
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible(), kLong);
    QTest::mouseClick(&view, Qt::LeftButton, Qt::ControlModifier, *plate);
    QTRY_COMPARE_WITH_TIMEOUT(program.window.bench().jobs().entries().size(), std::size_t{1},
                              kLong);
    QVERIFY2(program.text("candidateWhich").endsWith("classical until P3-SAM is ready"),
             qPrintable(program.text("candidateWhich")));
    photograph(program.window, "loading");

    *gate = true;
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QTRY_VERIFY2_WITH_TIMEOUT(
        gauge->text().contains("P3-SAM") && !gauge->text().contains("loading"),
        qPrintable(gauge->text()), kLong);
    QVERIFY2(!program.text("candidateWhich").contains("classical"),
             qPrintable(program.text("candidateWhich")));
    program.click("keep");
    const Labels& labels = *program.document().segmentation.labels;
    QVERIFY(labels[on->first] != PartId::none);  // both clicks were waited for
    QCOMPARE(labels[off->first], PartId::none);
  }

  void cancellingWhileItLoadsKeepsTheOtherAnswer() {
    Program program;
    if (!program.neural()) QSKIP("This build has no neural plug-in.");
    const Gate gate = addLate(program);
    open(program, "bodies.obj");
    const auto ball = program.placeWhere([](Vec3 p) { return p.z > 1.4f; });
    QVERIFY(ball);
    QTest::mouseClick(&program.window.centre().viewport(), Qt::LeftButton, Qt::NoModifier, *ball);
    QTRY_VERIFY_WITH_TIMEOUT(program.find("candidateBar")->isVisible() &&
                                 program.find("cancelJob")->isVisible() &&
                                 program.text("jobStage") == "Loading P3-SAM",
                             kLong);
    program.click("cancelJob");
    QTRY_VERIFY_WITH_TIMEOUT(program.idle(), kLong);
    QVERIFY(!program.errorShown());
    QVERIFY(program.find("candidateBar")->isVisible());
    QVERIFY2(program.text("candidateWhich").endsWith("classical"),
             qPrintable(program.text("candidateWhich")));
    QVERIFY(program.services.models.state().phase == ModelManager::State::Phase::none);
  }

  void moreThanFiftyPartsAreOfferedToBeJoined() {
    Program program;
    addRecorded(program, {.points = 8000, .prompts = 400, .parts = 75});
    open(program, "wavy.obj");
    find(program);
    const std::size_t found = parts(program);
    QVERIFY2(found > kMostCompleted, qPrintable(QString::number(found)));
    QTRY_VERIFY_WITH_TIMEOUT(offered(program) && program.idle(), kLong);
    QCOMPARE(offered(program)->text(), QString("Join to 50 parts"));
    photograph(program.window, "too-many-parts");
    const LabelsPtr before = program.document().segmentation.labels;
    QTest::mouseClick(offered(program), Qt::LeftButton);
    QCOMPARE(parts(program), kMostCompleted);
    QVERIFY(!offered(program));
    // What was together stays together.
    const Labels& after = *program.document().segmentation.labels;
    std::map<PartId, PartId> into;
    for (std::size_t f = 0; f < after.size(); ++f)
      QVERIFY(into.emplace((*before)[f], after[f]).first->second == after[f]);
    QCOMPARE(program.window.bench().store().undoName(), QString("Join parts"));
    program.click("undoButton");
    QCOMPARE(program.document().segmentation.labels, before);
  }

  void theOfferWaitsUntilTheSliderIsLetGo() {
    Program program;
    addRecorded(program, {.points = 8000, .prompts = 300, .parts = 40});
    open(program, "wavy.obj");
    find(program);
    QVERIFY(parts(program) <= kMostCompleted && !offered(program));
    auto* slider = program.find<QSlider>("granularitySlider");
    slider->setSliderDown(true);
    slider->setSliderPosition(slider->maximum());
    QTRY_VERIFY_WITH_TIMEOUT(parts(program) > kMostCompleted && program.idle(), kLong);
    QVERIFY(!offered(program));
    slider->setSliderDown(false);
    QTRY_VERIFY_WITH_TIMEOUT(offered(program), kLong);
  }

  void theSliderIsQuickOnALargeMesh() {
    if (!qEnvironmentVariableIsSet("MAQUETTE_LARGE"))
      QSKIP("600,000 triangles take a minute; MAQUETTE_LARGE=1 measures them");
    writeMesh(at("large.stl").toStdString(), wavyBox(224), {});
    Program program;
    addRecorded(program, {});
    open(program, "large.stl");
    find(program);
    auto* slider = program.find<QSlider>("granularitySlider");
    for (const int to : {20, 0, 15, 5, 10, 19, 1}) {
      const LabelsPtr before = program.document().segmentation.labels;
      const auto begin = std::chrono::steady_clock::now();
      slider->setSliderDown(true);
      slider->setSliderPosition(to);
      slider->setSliderDown(false);
      while (program.document().segmentation.labels == before) {
        QTest::qWait(1);
        QVERIFY(std::chrono::steady_clock::now() - begin < std::chrono::minutes(1));
      }
      const auto changed = std::chrono::steady_clock::now();
      program.window.grab();  // and drawn
      const auto drawn = std::chrono::steady_clock::now();
      const auto ms = [&](auto since, auto until) {
        return int(std::chrono::duration<double, std::milli>(until - since).count());
      };
      qInfo("granularity %.2f: %zu parts, %d ms to the document, %d ms to the picture", to / 20.,
            parts(program), ms(begin, changed), ms(begin, drawn));
    }
  }
};

QTEST_MAIN(TstPartsByMasks)
#include "tst_parts_by_masks.moc"
