#pragma once

#include <charconv>
#include <string>

namespace maquette {

/// Appends the shortest decimal that reads back as the same value, whatever the locale says.
template <class T>
void appendNumber(std::string& to, T value) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  to.append(digits, end);
}

}  // namespace maquette
