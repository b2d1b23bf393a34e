#pragma once

#include <QObject>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "core/models/memory_track.h"

class QThread;

namespace maquette {

/// Reads the memory twice a second on its own thread; the window never waits for a driver.
class MemoryProbe : public QObject {
  Q_OBJECT

 public:
  /// @param monitor, neural, models  must outlive the probe; the plug-in is asked only while it is
  ///                                 open anyway
  MemoryProbe(MemoryMonitor& monitor, NeuralPlugin& neural, const ModelManager& models,
              QObject* parent = nullptr);
  ~MemoryProbe() override;
  void start();  ///< once, after connecting: the first reading comes at once

 Q_SIGNALS:
  /// Sent from the probe's thread: connections to widgets are queued by Qt.
  void sampled(const maquette::MemoryReading& reading);

 private:
  void loop();
  MemoryReading read();

  MemoryMonitor& monitor_;
  NeuralPlugin& neural_;
  const ModelManager& models_;
  bool following_ = false;  // the probe's thread only
  std::mutex mutex_;
  std::condition_variable wake_;
  bool closing_ = false;  // guarded by mutex_
  std::unique_ptr<QThread> thread_;
};

}  // namespace maquette
