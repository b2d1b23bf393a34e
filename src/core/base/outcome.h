#pragma once

#include <exception>
#include <new>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "core/base/error.h"

namespace maquette {

/// Why a job gave no value. `message` is for people, `detail` for the log.
struct Failure {
  std::string message;
  std::string detail;
};

struct WasCancelled {};

/// Stands for `void` inside an Outcome.
struct Done {};

/// How a job ended: a value, cancelled, or a failure. Never an exception.
template <class T>
class Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT: implicit
  Outcome(WasCancelled) : state_(std::in_place_index<1>) {}               // NOLINT: implicit
  Outcome(Failure failure)                                                // NOLINT: implicit
      : state_(std::in_place_index<2>, std::move(failure)) {}

  bool hasValue() const { return state_.index() == 0; }
  bool cancelled() const { return state_.index() == 1; }
  bool failed() const { return state_.index() == 2; }
  explicit operator bool() const { return hasValue(); }

  const T& value() const { return std::get<0>(state_); }
  T& value() { return std::get<0>(state_); }
  const T& operator*() const { return value(); }
  const T* operator->() const { return &value(); }
  const Failure& failure() const { return std::get<2>(state_); }

 private:
  std::variant<T, WasCancelled, Failure> state_;
};

/// Names the exception in flight. Call inside a catch block.
Failure currentFailure();

/// Runs `work` and turns every ending into an Outcome. The one border where exceptions stop.
template <class Work, class T = std::invoke_result_t<Work>>
auto outcomeOf(Work&& work) {
  using Value = std::conditional_t<std::is_void_v<T>, Done, T>;
  try {
    if constexpr (std::is_void_v<T>) {
      work();
      return Outcome<Value>(Done{});
    } else {
      return Outcome<Value>(work());
    }
  } catch (const Cancelled&) {
    return Outcome<Value>(WasCancelled{});
  } catch (...) {
    return Outcome<Value>(currentFailure());
  }
}

}  // namespace maquette
