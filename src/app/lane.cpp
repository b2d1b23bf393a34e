#include "app/lane.h"

#include <QThread>
#include <vector>

namespace maquette {

Lane::Lane(const std::string& name, std::function<void()> atEnd)
    : thread_(QThread::create([this, atEnd = std::move(atEnd)] { loop(atEnd); })) {
  thread_->setObjectName(QString::fromStdString(name));
  thread_->start();
}

Lane::~Lane() {
  std::vector<std::stop_source> sources;
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
    for (const Job& job : queue_) sources.push_back(job.stop);
    sources.push_back(running_.stop);
  }
  // Outside the lock: a job's stop callback may do anything.
  for (std::stop_source& source : sources) source.request_stop();
  wake_.notify_all();
  ended_.wait();  // QThread's own wait is made of locks that the thread sanitizer cannot see
  thread_->wait();
}

void Lane::put(Job job) {
  std::vector<Job> superseded;
  std::stop_source running{std::nostopstate};
  {
    const std::lock_guard lock(mutex_);
    if (!job.key.empty()) {
      for (auto it = queue_.begin(); it != queue_.end();) {
        if (it->key == job.key) {
          superseded.push_back(std::move(*it));
          it = queue_.erase(it);
        } else {
          ++it;
        }
      }
      if (running_.key == job.key) running = running_.stop;
    }
    if (closing_) job.stop.request_stop();
    queue_.push_back(std::move(job));
  }
  wake_.notify_one();
  running.request_stop();
  for (Job& old : superseded) {
    old.stop.request_stop();
    old.run();  // only tells its waiters that it was cancelled
  }
}

void Lane::loop(const std::function<void()>& atEnd) {
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return closing_ || !queue_.empty(); });
    if (queue_.empty()) break;
    Job job = std::move(queue_.front());
    queue_.pop_front();
    running_ = {job.key, job.stop, {}};
    lock.unlock();
    job.run();
    job = {};  // what it captured dies here, on this thread and outside the lock
    lock.lock();
    running_ = {};
  }
  lock.unlock();
  if (atEnd) atEnd();
  ended_.count_down();
}

}  // namespace maquette
