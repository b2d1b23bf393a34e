#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace maquette {

bool equalsIgnoringCase(std::string_view a, std::string_view b);  ///< ASCII letters

/// Walks over a text file line by line and word by word, whatever the locale says.
class TextScanner {
 public:
  /// @param text  must outlive the scanner
  /// @param file  for messages
  TextScanner(std::string_view text, std::filesystem::path file);

  /// Goes to the next line, past what is left of this one. False at the end.
  ///
  /// @param joined  whether a line that ends in a backslash goes on in the next one
  bool nextLine(bool joined = false);

  std::string_view word();                      ///< the line's next word, or empty
  std::string_view rest() const;                ///< what is left of the line, without outer blanks
  bool numberIfAny(float& value);               ///< false when the line has no more words
  float number();                               ///< @throws FileError  not a number, or none left
  std::uint64_t line() const { return line_; }  ///< from 1
  std::size_t nextOffset() const { return next_; }  ///< where the next line begins
  float fraction() const;                           ///< of the text that is behind us, [0, 1]

  [[noreturn]] void fail(const std::string& what) const;  ///< "is damaged in line 7: <what>"

 private:
  std::string_view text_;
  std::filesystem::path file_;
  std::size_t next_ = 0;  // where the next line begins
  std::size_t at_ = 0;    // in this line
  std::size_t end_ = 0;   // of this line
  std::uint64_t line_ = 0;
};

/// A whole word as a number. @return false when it is none
bool parse(std::string_view word, float& value);
bool parse(std::string_view word, double& value);
bool parse(std::string_view word, std::int64_t& value);

}  // namespace maquette
