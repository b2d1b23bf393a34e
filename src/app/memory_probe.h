#pragma once

#include <QObject>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/device/memory_monitor.h"

class QThread;

namespace maquette {

/// Reads the memory twice a second on its own thread; the window never waits for a driver.
class MemoryProbe : public QObject {
  Q_OBJECT

 public:
  /// @param monitor  must outlive the probe
  explicit MemoryProbe(MemoryMonitor& monitor, QObject* parent = nullptr);
  ~MemoryProbe() override;

 Q_SIGNALS:
  /// Sent from the probe's thread: connections to widgets are queued by Qt.
  void sampled(const maquette::MemorySample& sample);

 private:
  void loop();

  MemoryMonitor& monitor_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool closing_ = false;  // guarded by mutex_
  std::unique_ptr<QThread> thread_;
};

}  // namespace maquette
