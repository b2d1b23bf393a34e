#include "app/message.h"

#include <QCoreApplication>

#include "core/base/log.h"

namespace maquette {

Message failureMessage(Stage stage, const QString& title, const Failure& failure,
                       std::function<void()> retry) {
  log("app")->warn("{}: {} ({})", title.toStdString(), failure.message, failure.detail);
  const QString again = retry ? QCoreApplication::translate("Message", "Try again") : QString();
  return {Message::Kind::error,
          stage,
          title,
          QString::fromStdString(failure.message),
          QString::fromStdString(failure.detail),
          again,
          std::move(retry)};
}

}  // namespace maquette
