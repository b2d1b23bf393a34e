#include <QAction>
#include <QClipboard>
#include <QLabel>
#include <QMenu>
#include <QPushButton>
#include <QTest>
#include <QToolButton>

#include "app/doctor_dialog.h"
#include "app/program.h"

using namespace maquette;

class TstAppDoctor : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void theWindowChecksTheMachineAndTheReportCanBeCopied() {
    qputenv("MAQUETTE_NVML", "/nowhere/libnvidia-ml.so");
    Program program;
    QVERIFY(QTest::qWaitForWindowExposed(&program.window));
    auto* action = program.window.findChild<QAction*>("checkMachine");
    QVERIFY(action);
    QVERIFY(program.find<QToolButton>("help")->menu()->actions().contains(action));
    action->trigger();
    auto* dialog = program.window.findChild<DoctorDialog*>();
    QVERIFY(dialog && dialog->isVisible() && !dialog->isModal());
    QVERIFY(!dialog->findChild<QPushButton*>("doctorCopy")->isEnabled());
    action->trigger();  // it is there already
    QCOMPARE(program.window.findChildren<DoctorDialog*>().size(), 1);
    QTRY_VERIFY_WITH_TIMEOUT(dialog->report(), kLong);
    QVERIFY2(dialog->report()->works, dialog->report()->summary.c_str());
    photograph(*dialog, "doctor");

    // Every finding is a row with its verdict in words.
    for (const Finding& finding : dialog->report()->findings) {
      const auto name = "finding-" + QString::fromStdString(finding.id);
      auto* row = dialog->findChild<QWidget*>(name);
      QVERIFY2(row, qPrintable(name));
      QCOMPARE(row->findChild<QLabel*>("verdict")->text().toStdString(),
               std::string(spoken(finding.verdict)));
      QCOMPARE(row->findChild<QLabel*>("findingSummary")->text().toStdString(), finding.summary);
    }
    auto* classical = dialog->findChild<QWidget*>("finding-classical");
    auto* details = classical->findChild<QLabel*>("findingDetails");
    QVERIFY(!details->isVisible());
    QTest::mouseClick(classical->findChild<QPushButton*>("findingMore"), Qt::LeftButton);
    QVERIFY(details->isVisible() && details->text().contains("solids:"));

    QTest::mouseClick(dialog->findChild<QPushButton*>("doctorCopy"), Qt::LeftButton);
    const QString copied = QApplication::clipboard()->text();
    QVERIFY2(copied.contains("Picture to solids") && copied.contains("[works]"),
             qPrintable(copied));
  }

  void itCanBeCancelledAndBegunAgain() {
    Theme theme;
    theme.apply(Settings::Theme::light);
    DoctorOptions options;
    options.subjects = {Subject::classical};
    auto* dialog = new DoctorDialog(theme, nullptr, options);
    dialog->show();
    auto* cancel = dialog->findChild<QPushButton*>("doctorCancel");
    auto* again = dialog->findChild<QPushButton*>("doctorAgain");
    QTest::mouseClick(cancel, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(again->isEnabled(), kLong);
    QVERIFY(!dialog->report());
    QVERIFY(dialog->findChild<QLabel*>("doctorSummary")->text().contains("cancelled"));
    QTest::mouseClick(again, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(dialog->report(), kLong);
    QCOMPARE(dialog->report()->findings.size(), std::size_t{1});
    QTest::mouseClick(again, Qt::LeftButton);
    dialog->close();  // in the middle of it
    QTRY_VERIFY(QApplication::topLevelWidgets().isEmpty());
  }
};

QTEST_MAIN(TstAppDoctor)
#include "tst_doctor.moc"
