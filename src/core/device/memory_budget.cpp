#include "core/device/memory_budget.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "core/base/error.h"

namespace maquette {
namespace {

constexpr double kSmallest = 1e6, kLargest = 1e15;

constexpr std::array<std::pair<std::string_view, double>, 14> kUnits{{
    {"", 1.},
    {"b", 1.},
    {"k", 1e3},
    {"kb", 1e3},
    {"kib", 1024.},
    {"m", 1e6},
    {"mb", 1e6},
    {"mib", 1024. * 1024.},
    {"g", 1e9},
    {"gb", 1e9},
    {"gib", 1024. * 1024. * 1024.},
    {"t", 1e12},
    {"tb", 1e12},
    {"tib", 1024. * 1024. * 1024. * 1024.},
}};

[[noreturn]] void notAnAmount(std::string_view text) {
  throw InvalidInput(fmt::format(
      "“{}” is not an amount of memory. Write it like 6GB, 1.5GiB or 800MB, at least 1MB.", text));
}

}  // namespace

std::int64_t parseBytes(std::string_view text) {
  double number = 0.;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) notAnAmount(text);
  std::string unit;
  for (const char* c = end; c != text.data() + text.size(); ++c)
    if (*c != ' ' || !unit.empty())
      unit += *c >= 'A' && *c <= 'Z' ? static_cast<char>(*c - 'A' + 'a') : *c;
  for (const auto& [name, factor] : kUnits) {
    const double bytes = number * factor;
    if (unit == name && bytes >= kSmallest && bytes <= kLargest)
      return static_cast<std::int64_t>(std::llround(bytes));
  }
  notAnAmount(text);
}

std::string shownBytes(std::int64_t bytes) {
  const double amount = double(bytes);
  if (std::abs(amount) >= 9.995e8) return fmt::format("{:.1f} GB", amount / 1e9);
  if (std::abs(amount) >= 9.995e5) return fmt::format("{:.0f} MB", amount / 1e6);
  return fmt::format("{:.0f} kB", amount / 1e3);
}

std::int64_t roomIn(const MemoryFigures& figures, const MemoryBudget& budget) {
  std::int64_t room = std::numeric_limits<std::int64_t>::max();
  if (figures.total > 0) room = figures.free - budget.reserve;
  if (budget.limit > 0) room = std::min(room, budget.limit - figures.ours);
  return room;
}

}  // namespace maquette
