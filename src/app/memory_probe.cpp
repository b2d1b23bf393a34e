#include "app/memory_probe.h"

#include <QThread>
#include <chrono>

namespace maquette {

MemoryProbe::MemoryProbe(MemoryMonitor& monitor, NeuralPlugin& neural, const ModelManager& models,
                         QObject* parent)
    : QObject(parent),
      monitor_(monitor),
      neural_(neural),
      models_(models),
      thread_(QThread::create([this] { loop(); })) {
  qRegisterMetaType<MemoryReading>();
  thread_->setObjectName("probe");
}

void MemoryProbe::start() { thread_->start(QThread::LowPriority); }

MemoryProbe::~MemoryProbe() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  wake_.notify_all();
  thread_->wait();
}

MemoryReading MemoryProbe::read() {
  if (!following_ && neural_.opened()) {
    following_ = true;
    if (const NeuralFacts& facts = neural_.facts(); facts.cuda) monitor_.follow(facts.card.uuid);
  }
  return readMemory(monitor_, &neural_, models_);
}

void MemoryProbe::loop() {
  std::unique_lock lock(mutex_);
  while (!closing_) {
    lock.unlock();
    Q_EMIT sampled(read());
    lock.lock();
    wake_.wait_for(lock, std::chrono::milliseconds(500), [this] { return closing_; });
  }
}

}  // namespace maquette
