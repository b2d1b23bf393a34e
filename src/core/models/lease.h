#pragma once

#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <utility>

#include "core/base/error.h"
#include "core/models/memory_plan.h"

namespace maquette {

class ModelManager;

/// How a job ended, as far as its model goes.
enum class JobEnd {
  good,
  cancelled,
  failed,  ///< the model may be in any state, or too large for this machine: it is unloaded
};

namespace detail {
/// What a lease holds on to; ModelManager's own.
struct Held {
  ModelManager* manager = nullptr;
  const MemoryPlan* plan = nullptr;
  std::shared_ptr<void>* parked = nullptr;
  std::stop_token stop;
};
}  // namespace detail

/// The right to use the loaded model for one job. While it lives the model cannot be unloaded.
template <class T>
class Lease {
 public:
  Lease(Lease&& other) noexcept
      : held_(std::exchange(other.held_, {})),
        model_(other.model_),
        end_(other.end_),
        exceptions_(other.exceptions_) {}
  Lease& operator=(Lease&&) = delete;
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;
  ~Lease();

  T* operator->() const { return model_; }
  T& operator*() const { return *model_; }

  /// How the job uses memory.
  const MemoryPlan& plan() const { return *held_.plan; }

  /// Runs `work(T&)`. What it throws passes, and decides what becomes of the model: an input that
  /// cannot be worked on is not the model's fault.
  template <class Work>
  auto run(Work&& work) -> decltype(work(std::declval<T&>())) {
    end_ = JobEnd::good;
    try {
      return work(*model_);
    } catch (const Cancelled&) {
      end_ = JobEnd::cancelled;
      throw;
    } catch (const InvalidInput&) {
      throw;
    } catch (const FileError&) {
      throw;
    } catch (...) {
      end_ = JobEnd::failed;
      throw;
    }
  }

  /// What a job leaves beside the model for the next one, and which is dropped with it: null, or of
  /// the type that was put there.
  template <class Parked>
  std::shared_ptr<Parked> parked() const {
    return std::static_pointer_cast<Parked>(*held_.parked);
  }
  void park(std::shared_ptr<void> what) const { *held_.parked = std::move(what); }

 private:
  friend class ModelManager;
  Lease(detail::Held held, T* model) : held_(std::move(held)), model_(model) {}

  detail::Held held_;
  T* model_;
  std::optional<JobEnd> end_;  // as run() saw it
  int exceptions_ = std::uncaught_exceptions();
};

}  // namespace maquette
