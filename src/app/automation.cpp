#include "app/automation.h"

#include <QApplication>
#include <QTimer>
#include <cstdio>

#include "app/centre.h"

namespace maquette {
namespace {

constexpr int kTickMilliseconds = 50;
constexpr int kQuietTicks = 6;  ///< so that eased camera moves and queued paints have ended

}  // namespace

Automation::Automation(MainWindow& window) : QObject(&window), window_(window) {
  auto* clock = new QTimer(this);
  connect(clock, &QTimer::timeout, this, &Automation::next);
  clock->start(kTickMilliseconds);
}

void Automation::next() {
  quiet_ = window_.bench().jobs().idle() ? quiet_ + 1 : 0;
  if (quiet_ < kQuietTicks || steps_.empty()) return;
  quiet_ = 0;
  const auto step = std::move(steps_.front());
  steps_.pop_front();
  step();
}

void Automation::turnSampleIntoParts(bool solids) {
  then([this] { window_.openSample(":/samples/robot.svg"); });
  then([this] {
    window_.bench().makeShape();
    window_.setStage(Stage::shape);
  });
  then([this] {
    window_.setStage(Stage::parts);
    // Head, body, arms and legs.
    window_.bench().findParts({.parts = 6}, kClassical);
  });
  if (solids) then([this] { window_.bench().makeSolids(); });
}

void Automation::saveScreenshotAndQuit(const QString& file) {
  then([this, file] {
    const bool saved = window_.grab().save(file);
    if (!saved) std::fprintf(stderr, "The picture could not be written to %s\n", qPrintable(file));
    QApplication::exit(saved ? 0 : 1);
  });
}

}  // namespace maquette
