#include <QAction>
#include <QCheckBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QStackedWidget>

#include "app/models_dialog.h"
#include "app/program.h"
#include "download/model_world.h"

using namespace maquette;
using namespace maquette::test;

namespace {

/// A window whose models come from a host of our own.
struct World : ModelWorld {
  World() {
    qputenv("MAQUETTE_CATALOGUE", path("models.json").toUtf8());
    qputenv("MAQUETTE_MODELS", path("store").toUtf8());
    qputenv("XDG_DATA_HOME", path("data").toUtf8());
    qputenv("XDG_CACHE_HOME", path("cache").toUtf8());
    qputenv("HOME", path("home").toUtf8());
    program.settings.modelsMirror = host.base();
    program.find<QAction>("models")->trigger();  // in the gear menu
  }
  ~World() { qunsetenv("MAQUETTE_CATALOGUE"); }

  Program program;

  QDialog* dialog() { return program.find<QDialog>("modelsDialog"); }
  template <class T = QWidget>
  T* find(const char* name) {
    return dialog()->findChild<T*>(name);
  }
  QString text(const char* name) { return find<QLabel>(name)->text(); }
  void click(const char* name) {
    auto* button = find<QAbstractButton>(name);
    QVERIFY2(button, name);
    QVERIFY2(button->isEnabled() && button->isVisible(), name);
    QTest::mouseClick(button, Qt::LeftButton);
  }
  void trigger(const char* name) {
    auto* action = find<QAction>(name);
    QVERIFY2(action, name);
    QTRY_VERIFY2_WITH_TIMEOUT(action->isEnabled(), name, kLong);  // once what goes on has ended
    action->trigger();
  }
  bool offers(const char* name, const QString& what) {
    auto* button = find<QPushButton>(name);
    return button->isVisible() && button->isEnabled() && button->text() == what;
  }
  void agree() {
    find<QCheckBox>("agreed")->click();  // it is wider than its words
    click("proceed");
  }
  void slowly(int pauseMs) {
    host.handleWith([this, pauseMs](const HttpRequest& request) {
      HttpAnswer answer = this->answer(request);
      answer.pauseMs = pauseMs;
      return answer;
    });
  }
};

}  // namespace

/// The dialog of weights, driven as a person would, against a server of our own.
class TstModels : public QObject {
  Q_OBJECT
 private Q_SLOTS:
  void initTestCase() { QApplication::setAttribute(Qt::AA_DontUseNativeDialogs); }

  void everyModelSaysWhatItNeeds() {
    World world;
    QVERIFY(QTest::qWaitForWindowExposed(world.dialog()));
    QVERIFY(world.text("modelNeeds_pair").contains("290 kB on the disk"));
    QVERIFY(world.text("modelNeeds_pair").contains("graphics memory: 8 GB"));
    QVERIFY(world.text("machine").startsWith("This machine"));
    QVERIFY(world.text("folder").contains("free"));
    QVERIFY(world.offers("modelAct_pair", "Download"));
    QVERIFY(!world.find<QAction>("modelRemove_pair")->isEnabled());
    QVERIFY(!world.find<QAction>("modelVerify_pair")->isEnabled());
    photograph(*world.dialog(), "models");
  }

  /// The licence is on the way to the first download, and only to the first.
  void theLicenceComesFirst() {
    World world;
    world.click("modelAct_pair");
    auto* pages = world.find<QStackedWidget>("pages");
    QCOMPARE(pages->currentWidget()->objectName(), QString("questionPage"));
    QString said;
    for (QLabel* label : world.find("questionBody")->findChildren<QLabel*>())
      said += label->text() + "\n";
    QVERIFY2(said.contains("Limited Licence 1.0") &&
                 said.contains("not in Utopia; not for commercial use"),
             qPrintable(said));
    QVERIFY(!world.find("proceed")->isEnabled());
    QTest::qWait(50);
    photograph(*world.dialog(), "models-licence");
    world.click("back");
    QCOMPARE(pages->currentWidget()->objectName(), QString("listPage"));
    QCOMPARE(world.host.requests().size(), 0);

    world.click("modelAct_pair");
    world.agree();
    QTRY_COMPARE_WITH_TIMEOUT(world.text("modelState_pair"), QString("Here, checked"), kLong);
    QTRY_VERIFY_WITH_TIMEOUT(!world.find("modelAct_pair")->isVisible(), kLong);
    QVERIFY(contentOf(world.file("pair/two/second.bin")) == world.second.toStdString());

    world.trigger("modelRemove_pair");
    QVERIFY(world.text("removeText").contains("frees 290 kB"));
    QTest::qWait(50);
    photograph(*world.dialog(), "models-delete");
    world.click("proceed");
    QVERIFY(!std::filesystem::exists(world.file("pair")));
    QVERIFY(world.text("modelMessage_pair").contains("290 kB are free again"));
    QTRY_VERIFY_WITH_TIMEOUT(world.offers("modelAct_pair", "Download"), kLong);
    world.click("modelAct_pair");
    QCOMPARE(pages->currentWidget()->objectName(), QString("listPage"));
    QTRY_COMPARE_WITH_TIMEOUT(world.text("modelState_pair"), QString("Here, checked"), kLong);
  }

  void aDownloadIsPausedAndContinued() {
    World world;
    world.slowly(60);
    world.click("modelAct_pair");
    world.agree();
    QVERIFY(world.offers("modelAct_pair", "Pause"));
    QTRY_VERIFY_WITH_TIMEOUT(world.text("modelFigures_pair").contains("of 290 kB"), kLong);
    QTRY_VERIFY_WITH_TIMEOUT(world.text("modelFigures_pair").contains("left"), kLong);
    photograph(*world.dialog(), "models-downloading");
    world.click("modelAct_pair");
    QTRY_VERIFY_WITH_TIMEOUT(world.offers("modelAct_pair", "Continue"), kLong);
    QVERIFY2(world.text("modelState_pair").contains("are here"),
             qPrintable(world.text("modelState_pair")));
    QVERIFY(!std::filesystem::exists(world.file("pair/two/second.bin")));
    world.slowly(0);
    world.click("modelAct_pair");
    QTRY_COMPARE_WITH_TIMEOUT(world.text("modelState_pair"), QString("Here, checked"), kLong);
    bool resumed = false;
    for (const HttpRequest& request : world.host.requests()) resumed |= request.rangeFrom() > 0;
    QVERIFY(resumed || std::filesystem::exists(world.file("pair/one/first.bin")));
  }

  /// Closing the window ends a download at once, and loses nothing.
  void closingKeepsWhatHasArrived() {
    QTemporaryDir kept;
    std::uintmax_t arrived = 0;
    {
      World world;
      world.slowly(100);
      world.click("modelAct_pair");
      world.agree();
      QTRY_VERIFY_WITH_TIMEOUT(world.text("modelFigures_pair").contains("of 290 kB"), kLong);
      world.program.window.close();
      delete world.program.window.findChild<ModelDownloads*>();
      std::error_code error;
      arrived = std::filesystem::file_size(world.file("pair/one/first.bin.part"), error);
      QVERIFY(!std::filesystem::exists(world.file("pair/one/first.bin")));
      QVERIFY(arrived > 0 && !error);
    }
  }

  void troubleIsSaidWhereItHappened() {
    World world;
    world.find<QLineEdit>("mirror")->setText(world.host.base() + "/lost");
    world.click("modelAct_net");
    world.agree();
    QTRY_VERIFY_WITH_TIMEOUT(world.text("modelMessage_net").contains("does not have it (404)"),
                             kLong);
    QCOMPARE(world.program.settings.modelsMirror, world.host.base() + "/lost");
    photograph(*world.dialog(), "models-trouble");
    world.click("modelAct_vast");  // under a licence that is accepted by now
    QTRY_VERIFY_WITH_TIMEOUT(world.text("modelMessage_vast").contains("not enough room"), kLong);
  }

  void whatIsOnTheMachineIsImportedAndChecked() {
    World world;
    put(world.scratch / "mine.bin", world.net.toStdString());
    world.trigger("modelImportFile_net");
    auto* dialog = world.find<QFileDialog>("importDialog");
    QVERIFY(dialog);
    dialog->findChild<QLineEdit*>("fileNameEdit")->setText(world.path("mine.bin"));
    QMetaObject::invokeMethod(dialog, "accept");
    QTRY_COMPARE_WITH_TIMEOUT(world.text("modelState_net"), QString("Here, used from where it is"),
                              kLong);
    QVERIFY(std::filesystem::is_symlink(world.file("net/net.safetensors")));
    world.trigger("modelVerify_net");
    QTRY_VERIFY_WITH_TIMEOUT(world.text("modelMessage_net").contains("All is as it should be"),
                             kLong);
    world.trigger("modelRemove_net");
    QVERIFY(world.text("removeText").contains("stay where they are"));
    world.click("proceed");
    QVERIFY(std::filesystem::exists(world.scratch / "mine.bin"));
    QVERIFY(!std::filesystem::is_symlink(world.file("net/net.safetensors")));
  }

  void theOfficialModelsFitTheDialog() {
    for (const Settings::Theme theme : {Settings::Theme::dark, Settings::Theme::light}) {
      World world;
      qunsetenv("MAQUETTE_CATALOGUE");
      world.program.theme.apply(theme);
      ModelDownloads downloads(officialCatalogue(), placesBy(world.program.settings));
      ModelsDialog dialog(downloads, *world.program.services.monitor, world.program.settings,
                          world.program.theme, &world.program.window);
      dialog.show();
      QVERIFY(QTest::qWaitForWindowExposed(&dialog));
      const QString name = theme == Settings::Theme::dark ? "dark" : "light";
      photograph(dialog, "models-official-" + name);
      dialog.showModel("u2-net");
      QVERIFY(!dialog.findChild<QWidget*>("model_u2-net")->visibleRegion().isEmpty());
      QTest::mouseClick(dialog.findChild<QPushButton*>("modelAct_p3-sam"), Qt::LeftButton);
      QCOMPARE(dialog.findChild<QStackedWidget*>("pages")->currentIndex(), 1);
      QTest::qWait(50);
      photograph(dialog, "models-official-licence-" + name);
    }
  }
};

QTEST_MAIN(TstModels)
#include "tst_models.moc"
