#include "cli/pictures.h"

#include <QtGui/QGuiApplication>
#include <array>
#include <memory>
#include <utility>

#include "core/base/log.h"
#include "picture/picture_file.h"

namespace maquette {

namespace {

/// Qt's own remarks (no run-time folder, an odd colour profile) are for the log.
void toLog(QtMsgType, const QMessageLogContext&, const QString& message) {
  log("qt")->info("{}", message.toStdString());
}

}  // namespace

ImageSet readViews(const PicturePaths& paths, const Context& ctx) {
  // SVG text needs Qt's fonts, which need an application object; no display is asked for.
  qInstallMessageHandler(toLog);
  qputenv("QT_QPA_PLATFORM", "offscreen");
  int argc = 1;
  std::array<char, 13> name{"maquette-cli"};
  std::array<char*, 2> argv{name.data(), nullptr};
  const QGuiApplication application(argc, argv.data());

  ImageSet views;
  ctx.stage("Reading the picture");
  for (const auto& [path, view] : {std::pair{&paths.front, &views.front},
                                   {&paths.left, &views.left},
                                   {&paths.right, &views.right},
                                   {&paths.back, &views.back}})
    if (!path->empty())
      view->picture = std::make_shared<Image>(readPicture(*path, ctx.part(0.f, 0.f)));
  return views;
}

}  // namespace maquette
