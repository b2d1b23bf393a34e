#pragma once

#include <cstddef>
#include <string_view>

namespace maquette {

/// Bytes of the UTF-8 character at the start of `text`, or 0 when it is not one (RFC 3629).
///
/// @param text  not empty
std::size_t characterLength(std::string_view text);

}  // namespace maquette
