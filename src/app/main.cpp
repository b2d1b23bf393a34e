#include <QApplication>
#include <QCommandLineParser>
#include <QFile>
#include <QFileInfo>
#include <QIcon>
#include <QScreen>
#include <QSettings>
#include <csignal>
#include <cstdio>

#include "app/automation.h"
#include "app/centre.h"
#include "app/main_window.h"
#include "app/qt_log.h"
#include "app/viewport_widget.h"
#include "core/base/log.h"
#include "core/models/neural_plugin.h"

namespace {

struct Options {
  QString file, screenshot, theme;
  bool sample = false, solids = false, explode = false;
  QStringList weights;
  int stage = 0;
};

Options parse(const QApplication& app) {
  QCommandLineParser parser;
  parser.setApplicationDescription("Turns a picture into parts that can be printed.");
  parser.addHelpOption();
  parser.addVersionOption();
  parser.addPositionalArgument("file", "A picture or a mesh to open.", "[PICTURE|MESH]");
  const QCommandLineOption sample("sample", "Opens the robot and turns it into parts.");
  const QCommandLineOption solids("solids", "With --sample: makes the solids, too.");
  const QCommandLineOption screenshot(
      "screenshot", "Waits for the jobs to end, saves a picture of the window, quits.", "FILE");
  const QCommandLineOption theme("theme", "dark, light or system, this time.", "THEME");
  const QCommandLineOption stage("stage", "Shows this step, 1 to 4, before the picture.", "N");
  const QCommandLineOption explode("explode", "Pulls the parts apart before the picture.");
  const QCommandLineOption weights(
      "weights", "Uses another weight file of the same family for a network, this time.",
      "ID=FILE");
  parser.addOptions({sample, solids, screenshot, theme, stage, explode, weights});
  parser.process(app);
  return {parser.positionalArguments().value(0),
          parser.value(screenshot),
          parser.value(theme),
          parser.isSet(sample),
          parser.isSet(solids),
          parser.isSet(explode),
          parser.values(weights),
          parser.value(stage).toInt()};
}

void begin(maquette::MainWindow& window, const Options& options) {
  using maquette::Stage;
  if (!options.file.isEmpty()) window.bench().open(QFileInfo(options.file).absoluteFilePath());
  if (!options.sample && options.screenshot.isEmpty()) return;
  auto* automation = new maquette::Automation(window);
  if (options.sample) automation->turnSampleIntoParts(options.solids);
  if (options.stage >= 1 && options.stage <= maquette::kStages)
    automation->then([&window, options] { window.setStage(Stage(options.stage - 1)); });
  if (options.explode) automation->then([&window] { window.centre().setExploded(true); });
  if (!options.screenshot.isEmpty()) automation->saveScreenshotAndQuit(options.screenshot);
}

/// The weight files of the command line; says what is wrong with them.
bool use(maquette::Services& services, const QStringList& weights) {
  const auto used = maquette::outcomeOf([&] {
    for (const QString& one : weights)
      services.weights.choose(QFile::encodeName(one).toStdString());
  });
  if (used.failed()) std::fprintf(stderr, "maquette: %s\n", used.failure().message.c_str());
  return !used.failed();
}

}  // namespace

int main(int argc, char** argv) {
  maquette::prepareNeuralEnvironment();
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit becomes an error that names it, not a death
  maquette::setLogLevel(1);
  maquette::routeQtMessages();
  maquette::ViewportWidget::prepare();
  QApplication::setOrganizationName("Maquette");
  QApplication::setApplicationName("Maquette");
  QApplication::setApplicationVersion(MAQUETTE_VERSION);
  QApplication app(argc, argv);
  QApplication::setWindowIcon(QIcon(":/icons/maquette.svg"));
  const Options options = parse(app);

  QSettings store;
  maquette::Settings settings = maquette::readSettings(store);
  maquette::Theme theme;
  theme.apply(options.theme == "dark"     ? maquette::Settings::Theme::dark
              : options.theme == "light"  ? maquette::Settings::Theme::light
              : options.theme == "system" ? maquette::Settings::Theme::system
                                          : settings.theme);
  int code = 0;
  {
    maquette::Services services;
    if (!use(services, options.weights)) return 2;
    services.follow(settings);
    maquette::MainWindow window(services, settings, theme);
    // With its frame and the desktop's panels it would not fit a small screen: fill that instead.
    const QSize room = window.screen()->availableSize() - window.size();
    if (room.width() < 16 || room.height() < 48)
      window.showMaximized();
    else
      window.show();
    begin(window, options);
    code = QApplication::exec();
  }
  if (options.screenshot.isEmpty()) maquette::writeSettings(settings, store);
  return code;
}
