#include "io/text_scanner.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "core/base/file_error.h"

namespace maquette {
namespace {

constexpr bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\\'; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

template <class T>
std::errc parseWhole(std::string_view word, T& value) {
  if (word.starts_with('+')) word.remove_prefix(1);  // from_chars knows no plus
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  return end != word.data() + word.size() || word.empty() ? std::errc::invalid_argument : error;
}

}  // namespace

bool equalsIgnoringCase(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

TextScanner::TextScanner(std::string_view text, std::filesystem::path file)
    : text_(text), file_(std::move(file)) {}

bool TextScanner::nextLine(bool joined) {
  if (next_ >= text_.size()) return false;
  at_ = next_;
  while (true) {
    ++line_;
    const std::size_t newline = std::min(text_.find('\n', next_), text_.size());
    end_ = newline;
    next_ = std::min(newline + 1, text_.size());
    std::size_t last = end_;
    while (last > at_ && text_[last - 1] == '\r') --last;
    if (!joined || last == at_ || text_[last - 1] != '\\' || newline == text_.size()) return true;
  }
}

std::string_view TextScanner::word() {
  while (at_ < end_ && (isBlank(text_[at_]) || text_[at_] == '\n')) ++at_;
  const std::size_t begin = at_;
  while (at_ < end_ && !isBlank(text_[at_]) && text_[at_] != '\n') ++at_;
  return text_.substr(begin, at_ - begin);
}

std::string_view TextScanner::rest() const {
  std::size_t begin = at_, end = end_;
  while (begin < end && isBlank(text_[begin])) ++begin;
  while (end > begin && isBlank(text_[end - 1])) --end;
  return text_.substr(begin, end - begin);
}

bool TextScanner::numberIfAny(float& value) {
  const std::string_view next = word();
  if (next.empty()) return false;
  if (!parse(next, value)) fail(fmt::format("{} is not a number", shownText(next, 40)));
  return true;
}

float TextScanner::number() {
  float value = 0.f;
  if (!numberIfAny(value)) fail("a number is missing");
  return value;
}

float TextScanner::fraction() const {
  return text_.empty() ? 1.f : static_cast<float>(next_) / static_cast<float>(text_.size());
}

void TextScanner::fail(const std::string& what) const {
  throwDamaged(file_, fmt::format("is damaged in line {}: {}", line_, what));
}

bool parse(std::string_view word, double& value) {
  const std::errc error = parseWhole(word, value);
  // Files do hold 1e-400; from_chars does not say which end of the range was left.
  const bool tiny = word.find("e-") != word.npos || word.find("E-") != word.npos;
  if (error == std::errc::result_out_of_range) value = tiny ? 0. : HUGE_VAL;
  return error != std::errc::invalid_argument;
}

bool parse(std::string_view word, float& value) {
  const std::errc error = parseWhole(word, value);
  double wide = 0.;
  if (error == std::errc::result_out_of_range && parse(word, wide))
    value = static_cast<float>(wide);
  return error != std::errc::invalid_argument;
}

bool parse(std::string_view word, std::int64_t& value) {
  return parseWhole(word, value) == std::errc();
}

}  // namespace maquette
