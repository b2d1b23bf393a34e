#include "core/models/ladder.h"

namespace maquette::ladder {

std::size_t nextBelow(const Ladder& ladder, std::size_t failed) {
  const std::int64_t peak = ladder[failed].peak();
  std::size_t next = failed + 1;
  // Without an estimate nothing speaks against a rung.
  while (next < ladder.size() && peak > 0 && ladder[next].peak() >= peak) ++next;
  return next;
}

void atItsEnd(const Ladder& ladder, const std::string& what, const std::string& detail) {
  if (ladder.size() <= 1 && !what.empty()) throw OutOfMemory(what, detail);
  throw OutOfMemory(
      "There is not enough memory for this, even in the most frugal way. Close other programs, "
      "raise the memory limit, or choose a smaller model or a lower resolution.",
      detail);
}

}  // namespace maquette::ladder
