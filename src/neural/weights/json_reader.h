#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

namespace maquette {

/// Reads JSON (RFC 8259) in one pass, by asking for what should come next.
///
/// Nothing is kept, so that a hostile text costs no more memory than the caller spends. Strict:
/// names within an object are unique, texts are valid UTF-8, nesting is at most 64 deep.
///
/// Our own, because the machine that checks networks has neither Qt nor a JSON library.
///
/// @throws FileError  from every function, when something else comes, naming `file` and the place
class JsonReader {
 public:
  /// @param text  must stay where it is; `file` is for messages
  JsonReader(std::string_view text, std::filesystem::path file);

  /// What comes next: '{', '[', '"', '0' for a number, 't', 'f', 'n'; 0 at the end.
  char next();

  /// Calls `member` with each name; it must read or skip the value.
  void object(const std::function<void(const std::string& name)>& member);

  /// Calls `element` before each element; it must read or skip it.
  void array(const std::function<void()>& element);

  std::string string();
  std::int64_t integer();  ///< without fraction or exponent, within 64 bits
  double number();
  bool boolean();
  void skip();  ///< any one value
  void end();   ///< only blanks may be left

  /// Refuses the text where it was read to. @param what  "the shape is too long"
  [[noreturn]] void fail(const std::string& what) const;

 private:
  void skipBlanks();
  void expect(char wanted);
  bool taken(char wanted);
  void word(std::string_view wanted);
  void enter();
  std::string_view numberText();
  char32_t hexDigits();
  void escape(std::string& to);

  std::string_view text_;
  std::filesystem::path file_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace maquette
