#include "probe/teller.h"

#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "child/process.h"
#include "doctor/probe_answer.h"

namespace maquette {

void tell(const std::string& key, std::string value) {
  std::ranges::replace(value, '\n', ' ');
  // In one piece, and on a line of its own whatever a library has written before.
  const std::string line = fmt::format("\n{}{}\t{}\n", kProbeMark, key, value);
  std::size_t sent = 0;
  while (sent < line.size()) {
    const ssize_t got = ::write(kReplyDescriptor, line.data() + sent, line.size() - sent);
    if (got < 0 && errno != EINTR) return;
    if (got > 0) sent += static_cast<std::size_t>(got);
  }
}

void tell(const std::string& key, double value) { tell(key, fmt::format("{:.17g}", value)); }

void tellDoing(const std::string& what) { tell("doing", what); }

}  // namespace maquette
