#include "app/memory_probe.h"

#include <QThread>
#include <chrono>

namespace maquette {

MemoryProbe::MemoryProbe(MemoryMonitor& monitor, QObject* parent)
    : QObject(parent), monitor_(monitor), thread_(QThread::create([this] { loop(); })) {
  qRegisterMetaType<MemorySample>();
  thread_->setObjectName("probe");
  thread_->start(QThread::LowPriority);
}

MemoryProbe::~MemoryProbe() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  thread_->wait();
}

void MemoryProbe::loop() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    lock.unlock();
    Q_EMIT sampled(monitor_.sample());
    lock.lock();
    wake_.wait_for(lock, std::chrono::milliseconds(500), [this] { return closing_; });
  }
}

}  // namespace maquette
