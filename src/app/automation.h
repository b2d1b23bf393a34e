#pragma once

#include <QObject>
#include <QString>
#include <deque>
#include <functional>

#include "app/main_window.h"

namespace maquette {

/// Does the job by itself: for the first start ("--sample") and for pictures of the window.
///
/// Steps run one after the other, each once the jobs of the one before have ended.
class Automation : public QObject {
  Q_OBJECT

 public:
  explicit Automation(MainWindow& window);

  void turnSampleIntoParts(bool solids);
  void then(std::function<void()> step) { steps_.push_back(std::move(step)); }
  void saveScreenshotAndQuit(const QString& file);

 private:
  void next();

  MainWindow& window_;
  std::deque<std::function<void()>> steps_;
  int quiet_ = 0;  ///< turns of the clock without a job
};

}  // namespace maquette
