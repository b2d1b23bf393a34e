#include "app/qt_log.h"

#include <QString>

#include "core/base/log.h"

namespace maquette {
namespace {

void toLog(QtMsgType type, const QMessageLogContext& where, const QString& text) {
  const auto logger = log("qt");
  const char* category = where.category ? where.category : "default";
  switch (type) {
    case QtDebugMsg:
      logger->debug("{}: {}", category, text.toStdString());
      break;
    case QtInfoMsg:
      logger->info("{}: {}", category, text.toStdString());
      break;
    case QtWarningMsg:
      logger->warn("{}: {}", category, text.toStdString());
      break;
    case QtCriticalMsg:
    case QtFatalMsg:
      logger->error("{}: {}", category, text.toStdString());
      break;
  }
}

}  // namespace

void routeQtMessages() { qInstallMessageHandler(toLog); }

}  // namespace maquette
