#include "download/http_words.h"

#include <spdlog/fmt/fmt.h>

#include <charconv>

namespace maquette {
namespace {

/// Takes digits off the front.
std::optional<std::uint64_t> number(std::string_view& text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool taken(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  text.remove_prefix(word.size());
  return true;
}

}  // namespace

std::optional<ContentRange> contentRange(std::string_view header) {
  ContentRange range;
  if (!taken(header, "bytes ")) return std::nullopt;
  if (!taken(header, "*")) {
    range.first = number(header);
    if (!range.first || !taken(header, "-")) return std::nullopt;
    range.last = number(header);
    if (!range.last || *range.last < *range.first) return std::nullopt;
  }
  if (!taken(header, "/")) return std::nullopt;
  if (taken(header, "*")) return header.empty() ? std::optional(range) : std::nullopt;
  range.total = number(header);
  if (!range.total || !header.empty()) return std::nullopt;
  if (range.last && *range.last >= *range.total) return std::nullopt;
  return range;
}

std::string validatorOf(std::string_view etag, std::string_view lastModified) {
  const bool strong = etag.size() >= 2 && etag.front() == '"' && etag.back() == '"';
  return std::string(strong ? etag : lastModified);
}

std::string refusal(int status, const std::string& host) {
  switch (status) {
    case 401:
    case 403:
      return fmt::format(
          "{} refuses to give it ({}). It may want an account: download it with your "
          "browser and import it, or choose another mirror.",
          host, status);
    case 404:
    case 410:
      return fmt::format(
          "{} does not have it ({}). Choose another mirror, or look for a newer "
          "Maquette.",
          host, status);
    case 408:
    case 429:
      return fmt::format("{} is too busy ({}). Try again later; what has arrived is kept.", host,
                         status);
    case 451:
      return fmt::format("{} may not give it where you are (451).", host);
    default:
      if (status >= 500)
        return fmt::format(
            "{} has a problem of its own ({}). Try again later; what has arrived is "
            "kept.",
            host, status);
      return fmt::format(
          "{} answered in a way that makes no sense here ({}). Choose another mirror, "
          "or try later.",
          host, status);
  }
}

bool worthAnotherTry(int status) { return status == 408 || status == 429 || status >= 500; }

}  // namespace maquette
