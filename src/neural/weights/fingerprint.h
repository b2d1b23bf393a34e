#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/jobs/context.h"

namespace maquette {

/// Sums up bytes quickly, to notice damage and to tell contents apart; no protection against
/// somebody who means harm. Any change within 64 neighbouring bits changes the result.
std::uint64_t fingerprint(std::span<const std::byte> bytes, std::uint64_t seed = 0);
std::uint64_t fingerprint(std::string_view text, std::uint64_t seed = 0);

/// The same of much, on several threads; another number than fingerprint().
///
/// @throws Cancelled
std::uint64_t fingerprintOfMuch(std::span<const std::byte> bytes, const Context& ctx);

/// 16 hexadecimal digits.
std::string shownFingerprint(std::uint64_t value);

}  // namespace maquette
