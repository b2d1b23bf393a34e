#include "neural/weights/json_reader.h"

#include <spdlog/fmt/fmt.h>

#include <charconv>
#include <cstdlib>
#include <unordered_set>

#include "core/base/utf8.h"
#include "neural/weights/mapped_file.h"

namespace maquette {
namespace {

constexpr int kMaxDepth = 64;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

void appendUtf8(std::string& to, char32_t c) {
  const auto put = [&](char32_t byte) { to.push_back(static_cast<char>(byte)); };
  if (c < 0x80) {
    put(c);
  } else if (c < 0x800) {
    put(0xc0 | c >> 6);
    put(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    put(0xe0 | c >> 12);
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  } else {
    put(0xf0 | c >> 18);
    put(0x80 | (c >> 12 & 0x3f));
    put(0x80 | (c >> 6 & 0x3f));
    put(0x80 | (c & 0x3f));
  }
}

}  // namespace

JsonReader::JsonReader(std::string_view text, std::filesystem::path file)
    : text_(text), file_(std::move(file)) {}

void JsonReader::fail(const std::string& what) const {
  throwDamagedWeights(file_, "is damaged: its description (JSON) cannot be read",
                      fmt::format("at byte {} of {}: {}", at_, text_.size(), what));
}

void JsonReader::skipBlanks() {
  const std::size_t next = text_.find_first_not_of(" \t\r\n", at_);
  at_ = next == text_.npos ? text_.size() : next;
}

char JsonReader::next() {
  skipBlanks();
  if (at_ == text_.size()) return 0;
  const char c = text_[at_];
  return c == '-' || isDigit(c) ? '0' : c;
}

bool JsonReader::taken(char wanted) {
  skipBlanks();
  if (at_ == text_.size() || text_[at_] != wanted) return false;
  ++at_;
  return true;
}

void JsonReader::expect(char wanted) {
  if (!taken(wanted)) fail(fmt::format("'{}' should come here", wanted));
}

void JsonReader::enter() {
  if (++depth_ > kMaxDepth) fail("nested too deeply");
}

void JsonReader::object(const std::function<void(const std::string& name)>& member) {
  expect('{');
  enter();
  std::unordered_set<std::string> names;
  if (!taken('}')) {
    do {
      skipBlanks();
      const auto [name, isNew] = names.insert(string());
      if (!isNew) fail("a name comes twice in one object");
      expect(':');
      member(*name);
    } while (taken(','));
    expect('}');
  }
  --depth_;
}

void JsonReader::array(const std::function<void()>& element) {
  expect('[');
  enter();
  if (!taken(']')) {
    do {
      element();
    } while (taken(','));
    expect(']');
  }
  --depth_;
}

char32_t JsonReader::hexDigits() {
  std::uint32_t value = 0;
  const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  if (error != std::errc() || digits.size() != 4 || end != digits.data() + 4)
    fail("\\u wants four hexadecimal digits");
  at_ += 4;
  return value;
}

void JsonReader::escape(std::string& to) {
  constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  if (at_ == text_.size()) fail("the text ends early");
  const char c = text_[at_++];
  if (const std::size_t which = kEscapes.find(c); which != kEscapes.npos) {
    to.push_back(kMeanings[which]);
    return;
  }
  if (c != 'u') fail("an unknown escape");
  char32_t character = hexDigits();
  if (character >= 0xd800 && character < 0xdc00) {
    if (text_.substr(at_, 2) != "\\u") fail("half a surrogate pair");
    at_ += 2;
    const char32_t low = hexDigits();
    if (low < 0xdc00 || low > 0xdfff) fail("half a surrogate pair");
    character = 0x10000 + ((character - 0xd800) << 10) + (low - 0xdc00);
  } else if (character >= 0xdc00 && character <= 0xdfff) {
    fail("half a surrogate pair");
  }
  appendUtf8(to, character);
}

std::string JsonReader::string() {
  expect('"');
  std::string value;
  while (true) {
    if (at_ == text_.size()) fail("the text ends early");
    const char c = text_[at_];
    if (c == '"') break;
    if (c == '\\') {
      ++at_;
      escape(value);
      continue;
    }
    if (static_cast<unsigned char>(c) < 0x20) fail("a control character within a text");
    const std::size_t length = characterLength(text_.substr(at_));
    if (length == 0) fail("not valid UTF-8");
    value.append(text_, at_, length);
    at_ += length;
  }
  ++at_;
  return value;
}

std::string_view JsonReader::numberText() {
  skipBlanks();
  const std::size_t begin = at_;
  const auto digits = [&] {
    const std::size_t first = at_;
    while (at_ < text_.size() && isDigit(text_[at_])) ++at_;
    if (at_ == first) fail("a digit should come here");
    return text_.substr(first, at_ - first);
  };
  if (at_ < text_.size() && text_[at_] == '-') ++at_;
  if (const auto whole = digits(); whole.size() > 1 && whole[0] == '0') fail("a leading zero");
  if (at_ < text_.size() && text_[at_] == '.') {
    ++at_;
    digits();
  }
  if (at_ < text_.size() && (text_[at_] == 'e' || text_[at_] == 'E')) {
    ++at_;
    if (at_ < text_.size() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
    digits();
  }
  return text_.substr(begin, at_ - begin);
}

std::int64_t JsonReader::integer() {
  const std::string_view digits = numberText();
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size())
    fail("a whole number within 64 bits should come here");
  return value;
}

double JsonReader::number() {
  const std::string_view digits = numberText();
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc() || end != digits.data() + digits.size()) fail("a number out of range");
  return value;
}

void JsonReader::word(std::string_view wanted) {
  skipBlanks();
  if (text_.substr(at_, wanted.size()) != wanted) fail("an unknown word");
  at_ += wanted.size();
}

bool JsonReader::boolean() {
  const bool value = next() == 't';
  word(value ? "true" : "false");
  return value;
}

void JsonReader::skip() {
  switch (next()) {
    case '{':
      return object([this](const std::string&) { skip(); });
    case '[':
      return array([this] { skip(); });
    case '"':
      string();
      return;
    case '0':
      numberText();
      return;
    case 'n':
      return word("null");
    default:
      boolean();
  }
}

void JsonReader::end() {
  skipBlanks();
  if (at_ != text_.size()) fail("something follows the end");
}

}  // namespace maquette
