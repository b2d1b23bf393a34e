#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace maquette::neural {

/// A small JSON text, laid flat: {"a": {"b": [1, 2]}} is "a.b.0": 1 and "a.b.1": 2.
class JsonFacts {
 public:
  JsonFacts() = default;

  /// @param separator  between names, for texts whose names have dots
  /// @throws FileError  it is not JSON; names `file`
  JsonFacts(std::string_view text, std::filesystem::path file, char separator = '.');

  /// @throws FileError  there is no such fact, or it is of another kind
  double number(const std::string& path) const;
  std::int64_t integer(const std::string& path) const;
  bool flag(const std::string& path) const;
  const std::string& text(const std::string& path) const;
  std::vector<double> numbers(const std::string& path) const;  ///< of a list
  std::vector<std::int64_t> integers(const std::string& path) const;

  bool isNumber(const std::string& path) const;
  bool isText(const std::string& path) const;

  /// The names directly inside `path`, sorted.
  std::vector<std::string> names(const std::string& path) const;

 private:
  using Value = std::variant<std::monostate, double, bool, std::string>;
  const Value& at(const std::string& path) const;
  [[noreturn]] void refuse(const std::string& path) const;

  std::filesystem::path file_;
  char separator_ = '.';
  std::map<std::string, Value> values_;
};

}  // namespace maquette::neural
