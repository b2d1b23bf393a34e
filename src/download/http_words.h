#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace maquette {

/// "bytes 100-199/1000" of a 206, or "bytes */1000" of a 416 (RFC 9110, 14.4).
struct ContentRange {
  std::optional<std::uint64_t> first, last;  ///< absent for "*"
  std::optional<std::uint64_t> total;        ///< absent for "*"
};

/// Nothing when it is none, or contradicts itself.
std::optional<ContentRange> contentRange(std::string_view header);

/// What If-Range may be asked with: a strong ETag, else the date, else "" (RFC 9110, 13.1.5).
std::string validatorOf(std::string_view etag, std::string_view lastModified);

/// Why a server that answered so does not give the file, for people; what to try comes with it.
///
/// @param host  "models.example.org"
std::string refusal(int status, const std::string& host);

/// Whether asking again later makes sense.
bool worthAnotherTry(int status);

}  // namespace maquette
