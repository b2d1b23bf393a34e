#include <QAccessible>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <chrono>

#include "app/memory_gauge.h"
#include "app/memory_panel.h"
#include "app/program.h"

using namespace maquette;
using namespace std::chrono_literals;

namespace {

constexpr std::int64_t kGB = 1'000'000'000;
const std::chrono::steady_clock::time_point kStart{1h};

/// A card of 20 GB with so much used by others and by us.
MemoryReading card(std::chrono::milliseconds at, std::int64_t others, std::int64_t reserved,
                   std::int64_t allocated) {
  MemoryReading reading;
  reading.time = kStart + at;
  reading.machine.device = MemoryFigures{20 * kGB, (20 - others - reserved) * kGB, reserved * kGB};
  reading.machine.deviceName = "Pretend RTX";
  reading.machine.utilisation = 34;
  reading.machine.celsius = 61;
  reading.device = NeuralMemory{allocated * kGB, allocated * kGB, reserved * kGB, reserved * kGB};
  return reading;
}

MemoryReading host(std::chrono::milliseconds at) {
  MemoryReading reading;
  reading.time = kStart + at;
  reading.machine.host = {16 * kGB, 12 * kGB, 1 * kGB};
  return reading;
}

/// How many pixels of a picture have this very colour.
int pixelsOf(const QColor& colour, const QImage& image) {
  int count = 0;
  for (int y = 0; y < image.height(); ++y)
    for (int x = 0; x < image.width(); ++x) count += image.pixelColor(x, y) == colour;
  return count;
}

/// A gauge in a window of its own.
struct Shown {
  Theme theme;
  QWidget window;
  MemoryGauge gauge{theme, &window};

  explicit Shown(Settings::Theme scheme = Settings::Theme::dark) {
    theme.apply(scheme);
    window.resize(500, 600);
    gauge.move(100, 560);
    window.show();
  }
  void show(const MemoryReading& reading) {
    gauge.show(reading);
    gauge.resize(gauge.sizeHint());
  }
  QString panel(const char* row) {
    auto* label = window.findChild<QLabel*>(row);
    return label && !label->isHidden() ? label->text() : QString();
  }
  QImage picture() { return gauge.grab().toImage().convertToFormat(QImage::Format_RGB32); }
};

}  // namespace

class TstGauge : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theBarIsOthersThenOursInUseThenReserved() {
    for (const auto scheme : {Settings::Theme::dark, Settings::Theme::light}) {
      Shown shown(scheme);
      shown.show(card(0ms, 5, 5, 2));
      QCOMPARE(shown.gauge.text(), QString("10.0 of 20.0 GB"));
      const MemoryColours colours = memoryColours(shown.theme.colours(), MemoryLevel::calm);
      const QImage picture = shown.picture();
      // 96 x 8 pixels for 20 GB, less rounded corners and what anti-aliasing shares.
      const auto near = [&](const QColor& colour, double gigabytes) {
        return std::abs(pixelsOf(colour, picture) - gigabytes / 20. * 96. * 8.) < 24.;
      };
      QVERIFY(near(colours.others, 5.));
      QVERIFY(near(colours.used, 2.));
      QVERIFY(near(colours.reserved, 3.));
    }
  }

  void fullnessIsColouredSaidAndToldOnce() {
    Shown shown;
    QSignalSpy told(&shown.gauge, &MemoryGauge::warned);
    const Colours& c = shown.theme.colours();
    shown.show(card(0ms, 5, 5, 5));
    QVERIFY(pixelsOf(c.accent, shown.picture()) > 100);
    QCOMPARE(told.count(), 0);
    shown.show(card(500ms, 5, 12, 12));
    QVERIFY(shown.gauge.text().contains("getting full"));
    QVERIFY(pixelsOf(c.amber, shown.picture()) > 100);
    QCOMPARE(pixelsOf(c.accent, shown.picture()), 0);
    shown.show(card(1000ms, 5, 14, 14));
    shown.show(card(1500ms, 5, 14, 14));
    QVERIFY(shown.gauge.text().contains("nearly full"));
    QVERIFY(shown.gauge.accessibleName().contains("nearly full"));
    QVERIFY(pixelsOf(c.red, shown.picture()) > 100);
    photograph(shown.gauge, "gauge_red");
    QCOMPARE(told.count(), 2);
    const auto warning = told.at(1).at(0).value<MemoryWarning>();
    QVERIFY(warning.title.contains("nearly full"));
    QVERIFY2(
        warning.text.contains("19.0 GB of 20.0 GB") && warning.text.contains("Maquette 14.0 GB"),
        qPrintable(warning.text));
  }

  void thePanelSaysEverythingThatIsKnown() {
    Shown shown;
    MemoryReading reading = card(0ms, 5, 6, 2);
    reading.limit = 9 * kGB;
    reading.model.phase = ModelManager::State::Phase::loaded;
    reading.model.id = "p3-sam";
    reading.model.label = "P3-SAM";
    reading.model.bytes = kGB / 2;
    reading.counted = NeuralMemory{kGB, 3 * kGB, kGB, 3 * kGB};
    shown.show(reading);
    QVERIFY2(shown.gauge.text().contains("P3-SAM 500 MB"), qPrintable(shown.gauge.text()));
    QTest::mouseClick(&shown.gauge, Qt::LeftButton);
    QCOMPARE(shown.panel("memoryTitle"), QString("Pretend RTX"));
    QCOMPARE(shown.panel("memoryOthers"), QString("5.0 GB"));
    QCOMPARE(shown.panel("memoryReserved"), QString("6.0 GB"));
    QCOMPARE(shown.panel("memoryAllocated"), QString("2.0 GB"));
    QCOMPARE(shown.panel("memoryFree"), QString("9.0 GB"));
    QCOMPARE(shown.panel("memoryTotal"), QString("20.0 GB"));
    QCOMPARE(shown.panel("memoryLimit"), QString("9.0 GB"));
    QCOMPARE(shown.panel("memoryPeak"), QString("6.0 GB"));
    QCOMPARE(shown.panel("memoryCounted"), QString("1.0 GB, peak 3.0 GB"));
    QCOMPARE(shown.panel("memoryModel"), QString("P3-SAM 500 MB"));
    QCOMPARE(shown.panel("memoryUtilisation"), QString("34 %"));
    QCOMPARE(shown.panel("memoryTemperature"), QString("61 °C"));

    // It follows, and what is not known any more is not shown.
    reading = card(500ms, 5, 9, 8);
    reading.machine.celsius.reset();
    reading.machine.utilisation.reset();
    shown.show(reading);
    QCOMPARE(shown.panel("memoryReserved"), QString("9.0 GB"));
    QCOMPARE(shown.panel("memoryTemperature"), QString());
    QCOMPARE(shown.panel("memoryUtilisation"), QString());
    QCOMPARE(shown.panel("memoryModel"), QString("none"));
    shown.gauge.startJob("Making the shape");
    shown.show(card(1000ms, 5, 3, 1));
    auto* peak = shown.window.findChild<QLabel*>("memoryPeak");
    QVERIFY(peak->accessibleName().contains("Making the shape"));
    QCOMPARE(peak->text(), QString("9.0 GB"));
  }

  void withoutACardItShowsTheMachinesMemory() {
    Shown shown;
    MemoryReading reading = host(0ms);
    reading.counted = NeuralMemory{kGB / 10, kGB / 5, kGB / 10, kGB / 5};
    shown.show(reading);
    QCOMPARE(shown.gauge.text(), QString("4.0 of 16.0 GB"));
    QVERIFY(shown.gauge.toolTip().contains("no graphics card"));
    QTest::mouseClick(&shown.gauge, Qt::LeftButton);
    QCOMPARE(shown.panel("memoryTitle"), QString("Main memory"));
    QVERIFY(shown.panel("memoryAbout").contains("machine's own memory"));
    QCOMPARE(shown.panel("memoryAllocated"), QString("1.0 GB"));
    QCOMPARE(shown.panel("memoryReserved"), QString());
    QCOMPARE(shown.panel("memoryCounted"), QString("100 MB, peak 200 MB"));
    QVERIFY(
        shown.window.findChild<QLabel*>("memoryCounted")->accessibleName().contains("counted by"));
    // A card that is lost says so.
    reading = host(500ms);
    reading.machine.deviceTrouble = "The graphics card does not answer any more.";
    shown.show(reading);
    QVERIFY(shown.panel("memoryAbout").contains("does not answer"));
    QVERIFY(shown.gauge.accessibleDescription().contains("does not answer"));
  }

  void aMachineThatSaysNothingIsNoTrouble() {
    Shown shown;
    shown.show({});
    QCOMPARE(shown.gauge.text(), QString());
    QVERIFY(shown.gauge.accessibleName().contains("unknown"));
    QVERIFY(!shown.picture().isNull());
    QTest::mouseClick(&shown.gauge, Qt::LeftButton);
    QVERIFY(!shown.window.findChild<QWidget*>("memoryPlot")->grab().isNull());
  }

  void readingsThatStayAwayAreNotedAndWelcomeAgain() {
    Shown shown;
    shown.gauge.findChild<QTimer*>()->setInterval(1);
    shown.show(host(0ms));
    QTRY_VERIFY(shown.gauge.text() == "no new reading");
    QVERIFY(shown.gauge.accessibleName().contains("no new reading"));
    shown.gauge.findChild<QTimer*>()->setInterval(60'000);
    shown.show(host(500ms));
    QCOMPARE(shown.gauge.text(), QString("4.0 of 16.0 GB"));
  }

  void thePlotGrowsWithTheHistory() {
    Shown shown;
    for (int i = 0; i <= 120; ++i) shown.show(card(i * 500ms, 5, i < 60 ? 1 : 10, 1));
    QTest::mouseClick(&shown.gauge, Qt::LeftButton);
    photograph(*shown.window.findChild<QWidget*>("memoryPanel"), "memory_card");
    auto* plot = shown.window.findChild<QWidget*>("memoryPlot");
    const QImage picture = plot->grab().toImage().convertToFormat(QImage::Format_RGB32);
    const MemoryColours colours = memoryColours(shown.theme.colours(), MemoryLevel::calm);
    // One minute of two, a quarter of the height; half a minute with nine GB of twenty.
    const double field = picture.width() * double(picture.height() - 17);
    const auto share = [&](const QColor& colour) { return pixelsOf(colour, picture) / field; };
    QVERIFY2(std::abs(share(colours.others) - 0.125) < 0.01,
             QByteArray::number(share(colours.others)));
    QVERIFY2(std::abs(share(colours.reserved) - 0.25 * 0.45) < 0.01,
             QByteArray::number(share(colours.reserved)));
    QVERIFY2(std::abs(share(colours.used) - 0.5 * 0.05) < 0.01,
             QByteArray::number(share(colours.used)));
  }

  void theKeyboardReachesItAndScreenReadersReadIt() {
    Program program;
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    auto* gauge = program.find<MemoryGauge>("memoryGauge");
    QTRY_VERIFY(gauge->accessibleName().contains("GB"));
    program.find("settings")->setFocus();
    bool reached = false;
    for (int i = 0; i < 100 && !reached; ++i) {
      QTest::keyClick(program.window.focusWidget(), Qt::Key_Tab);
      reached = program.window.focusWidget() == gauge;
    }
    QVERIFY(reached);
    QAccessibleInterface* spoken = QAccessible::queryAccessibleInterface(gauge);
    QCOMPARE(spoken->role(), QAccessible::Button);
    QVERIFY(spoken->text(QAccessible::Name).contains("GB"));
    QTest::keyClick(gauge, Qt::Key_Space);
    auto* panel = program.find("memoryPanel");
    QVERIFY(panel && panel->isVisible());
    photograph(*panel, "memory");
    for (auto* label : panel->findChildren<QLabel*>())
      if (label->objectName().startsWith("memory") && !label->isHidden())
        QVERIFY2(!label->text().isEmpty(), qPrintable(label->objectName()));
    QTest::keyClick(panel, Qt::Key_Escape);
    QTRY_VERIFY(!program.find("memoryPanel"));
    QTest::keyClick(gauge, Qt::Key_Return);
    QVERIFY(program.find("memoryPanel"));
  }

  void aJobBeginsThePeakAnewAndAWarningIsACard() {
    Program program;
    auto* gauge = program.find<MemoryGauge>("memoryGauge");
    QTRY_VERIFY(!gauge->track().empty());
    QCOMPARE(gauge->track().job(), std::string());
    const QTemporaryDir folder;
    program.drop(drawFigure(folder));
    QTRY_VERIFY_WITH_TIMEOUT(program.document().sources && program.idle(), kLong);
    program.click("makeShape");
    QVERIFY(!gauge->track().job().empty());
    QTRY_VERIFY_WITH_TIMEOUT(program.document().shape && program.idle(), kLong);
    QVERIFY(gauge->track().peak() > 0);

    MemoryReading full = card(0ms, 19, 1, 1);
    full.time = std::chrono::steady_clock::now();
    gauge->show(full);
    QStringList titles;
    for (auto* title : program.window.findChildren<QLabel*>("cardTitle")) titles << title->text();
    QVERIFY2(titles.contains("The graphics memory is nearly full"), qPrintable(titles.join("; ")));
  }
};

QTEST_MAIN(TstGauge)
#include "tst_gauge.moc"
