#pragma once

#include <spdlog/fmt/fmt.h>

#include <functional>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/log.h"
#include "core/jobs/context.h"
#include "core/models/memory_plan.h"

namespace maquette {

/// A step that was done, on which rung, and what its user should know.
template <class T>
struct Descended {
  T value;
  std::size_t rung = 0;
  std::vector<std::string> notes;  ///< one where the rung loses something
};

namespace ladder {

/// The next rung that promises to need less than `failed`; the ladder's size where there is none.
std::size_t nextBelow(const Ladder& ladder, std::size_t failed);

/// @throws OutOfMemory  always: there is no other way left
[[noreturn]] void atItsEnd(const Ladder& ladder, const std::string& what,
                           const std::string& detail);

}  // namespace ladder

/// Does a step on the first rung that has memory enough, from `first` downwards.
///
/// Each rung is tried once. What a failed try allocated is gone before the next one begins: the
/// catch block is left first, because unwinding is what frees it.
///
/// @param step         step(const Rung&), throws OutOfMemory or std::bad_alloc where it is too much
/// @param beforeRetry  gives cached blocks back
/// @throws OutOfMemory  the last rung was too much, too
/// @throws Cancelled    between two tries
template <class Step>
auto runOnLadder(const Ladder& rungs, std::size_t first, Step&& step,
                 const std::function<void()>& beforeRetry, const Context& ctx)
    -> Descended<decltype(step(rungs.front()))> {
  std::string what, detail;
  for (std::size_t at = first; at < rungs.size(); at = ladder::nextBelow(rungs, at)) {
    ctx.check();
    const Rung& rung = rungs[at];
    try {
      auto value = step(rung);
      return {std::move(value), at,
              rung.loss.empty() ? std::vector<std::string>{} : std::vector{rung.loss}};
    } catch (const OutOfMemory& error) {
      what = error.what();
      detail = error.detail();
    } catch (const std::bad_alloc& error) {
      what.clear();
      detail = error.what();
    }
    log("models")->info("not enough memory: {} ({})", rung.name, detail);
    if (beforeRetry) beforeRetry();
  }
  ladder::atItsEnd(rungs, what, detail);
}

}  // namespace maquette
