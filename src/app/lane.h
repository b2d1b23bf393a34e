#pragma once

#include <QFuture>
#include <QFutureWatcher>
#include <QPromise>
#include <condition_variable>
#include <deque>
#include <functional>
#include <latch>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <type_traits>
#include <utility>

#include "core/base/outcome.h"
#include "core/jobs/context.h"

class QThread;

namespace maquette {

/// One job on a lane: how to wait for it, stop it, and see how far it is.
template <class T>
struct JobHandle {
  QFuture<Outcome<T>> result;
  std::stop_source stop{std::nostopstate};
  std::shared_ptr<Progress> progress;

  /// Calls `receive(const Outcome<T>&)` on the thread of `receiver`, which must be this one;
  /// nothing is called once the receiver is gone.
  ///
  /// A watcher instead of QFuture::then(context, ...): in Qt 6.4 that one looks at its context from
  /// the worker's thread, which races with the deletion of the context.
  template <class Receive>
  void then(QObject* receiver, Receive receive) const {
    auto* watcher = new QFutureWatcher<Outcome<T>>(receiver);
    QObject::connect(watcher, &QFutureWatcherBase::finished, receiver,
                     [watcher, receive = std::move(receive)]() mutable {
                       watcher->deleteLater();
                       // Without a result the lane closed before it could take the job.
                       receive(watcher->future().resultCount() > 0 ? watcher->result()
                                                                   : Outcome<T>(WasCancelled{}));
                     });
    watcher->setFuture(result);
  }
};

/// One long-lived worker thread that does its jobs in order.
///
/// A job is called with its own Context, captures values only, and may throw: what comes out is an
/// Outcome. Every job that was accepted ends exactly once, whatever happens.
class Lane {
 public:
  /// @param atEnd  called on the worker after the last job, to drop what lives on this thread
  explicit Lane(const std::string& name, std::function<void()> atEnd = {});
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;
  /// Asks every job to stop and waits for the running one.
  ~Lane();

  /// Queues `work(const Context&)`. Any thread.
  template <class Work>
  auto run(Work work) {
    return enqueue({}, std::move(work));
  }

  /// As run(), after asking every queued or running job of the same key to stop. A queued one ends
  /// at once, as cancelled; a running one when it next looks.
  template <class Work>
  auto runLatest(const std::string& key, Work work) {
    return enqueue(key, std::move(work));
  }

 private:
  struct Job {
    std::string key;
    std::stop_source stop;
    std::function<void()> run;  ///< ends the promise; cancelled at once when stop was asked
  };

  template <class Work>
  auto enqueue(const std::string& key, Work work) {
    using Result = std::invoke_result_t<Work&, const Context&>;
    using Value = std::conditional_t<std::is_void_v<Result>, Done, Result>;
    struct Task {
      QPromise<Outcome<Value>> promise;
      Work work;
    };
    auto task = std::make_shared<Task>(Task{{}, std::move(work)});
    JobHandle<Value> handle{task->promise.future(), std::stop_source(),
                            std::make_shared<Progress>()};
    task->promise.start();
    put({key, handle.stop,
         [task = std::move(task), ctx = Context(handle.stop.get_token(), handle.progress),
          progress = handle.progress] {
           auto outcome = outcomeOf([&] {
             ctx.check();
             progress->start();
             return task->work(ctx);
           });
           task->promise.addResult(std::move(outcome));
           task->promise.finish();
         }});
    return handle;
  }

  void put(Job job);
  void loop(const std::function<void()>& atEnd);

  std::mutex mutex_;  // guards the three below
  std::deque<Job> queue_;
  Job running_;
  bool closing_ = false;
  std::condition_variable wake_;
  std::latch ended_{1};
  std::unique_ptr<QThread> thread_;
};

}  // namespace maquette
