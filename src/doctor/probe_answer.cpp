#include "doctor/probe_answer.h"

#include <algorithm>
#include <array>
#include <cstdlib>

#include "child/process.h"
#include "core/base/error.h"
#include "core/base/log.h"
#include "core/base/utf8.h"

namespace maquette {
namespace {

constexpr std::size_t kMost = 64 << 10;
constexpr std::size_t kNoise = 2000;  // bytes of it that are kept

/// The last whole lines.
void shorten(std::string& noise) {
  if (noise.size() <= kNoise) return;
  noise.erase(0, noise.size() - kNoise);
  noise.erase(0, noise.find('\n') + 1);
}

/// Valid UTF-8 without control characters, whatever a driver wrote.
std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = std::max<std::size_t>(1, characterLength(text));
    const bool good =
        characterLength(text) > 0 && (length > 1 || (text[0] >= ' ' && text[0] != 0x7f));
    out += good ? text.substr(0, length) : "?";
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace

std::string ProbeAnswer::text(std::string_view key) const {
  const auto found = std::find_if(said.rbegin(), said.rend(),
                                  [key](const auto& pair) { return pair.first == key; });
  return found == said.rend() ? std::string() : found->second;
}

bool ProbeAnswer::has(std::string_view key) const {
  return std::ranges::any_of(said, [key](const auto& pair) { return pair.first == key; });
}

double ProbeAnswer::number(std::string_view key) const {
  return std::strtod(text(key).c_str(), nullptr);
}

void ProbeReader::line(std::string_view text) {
  const std::size_t tab = text.find('\t');
  if (!text.empty() && text.front() == kProbeMark && tab != std::string_view::npos) {
    kept_ += text.size();
    if (kept_ <= kMost)
      answer_.said.emplace_back(text.substr(1, tab - 1), printable(text.substr(tab + 1)));
  } else if (!text.empty()) {
    answer_.noise.append(printable(text)).push_back('\n');
    if (answer_.noise.size() > 2 * kNoise) shorten(answer_.noise);
  }
}

void ProbeReader::take(std::string_view bytes) {
  rest_.append(bytes);
  std::size_t begin = 0;
  for (std::size_t end; (end = rest_.find('\n', begin)) != std::string::npos; begin = end + 1)
    line(std::string_view(rest_).substr(begin, end - begin));
  rest_.erase(0, begin);
  if (rest_.size() > kMost) rest_.clear();
}

ProbeAnswer ProbeReader::answer(ProbeAnswer::End end) && {
  line(rest_);
  rest_.clear();
  answer_.end = end;
  shorten(answer_.noise);
  return std::move(answer_);
}

ProbeAnswer askProbe(const std::filesystem::path& program, const std::string& subject,
                     std::chrono::steady_clock::time_point deadline, const Context& ctx) {
  ProbeReader reader;
  try {
    ChildProcess child(program, {subject});
    std::array<char, 4096> bytes;
    while (!reader.done()) {
      const std::size_t got = child.read(bytes.data(), bytes.size(), deadline, ctx);
      if (got == 0) break;
      reader.take({bytes.data(), got});
    }
    using End = ProbeAnswer::End;
    return std::move(reader).answer(reader.done() ? End::done : End::crashed);
  } catch (const ChildProcess::TimedOut&) {
    return std::move(reader).answer(ProbeAnswer::End::tooLong);
  } catch (const Unsupported& error) {
    reader.take(error.detail());
    return std::move(reader).answer(ProbeAnswer::End::notStarted);
  }
}

}  // namespace maquette
