#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace maquette {

/// Text from outside as messages show it: in quotes, valid UTF-8, no control characters, shortened.
std::string shownText(std::string_view text, std::size_t maxBytes = 80);

/// A file's name as messages show it; its folder is left out.
std::string shownName(const std::filesystem::path& file);

/// The file name's extension in lower case without its dot: "stl".
std::string extensionOf(const std::filesystem::path& file);

/// Turns an errno of writing `file` into words: what happened and what to try.
///
/// @throws FileError  always; says that an existing file is as it was
[[noreturn]] void throwCannotWrite(const std::filesystem::path& file, int code);

/// As throwCannotWrite, for reading.
[[noreturn]] void throwCannotRead(const std::filesystem::path& file, int code);

/// Says that the content of `file` is not what its format promises.
///
/// @param what  the rest of a sentence that begins with the file's name: "is cut short"
[[noreturn]] void throwDamaged(const std::filesystem::path& file, const std::string& what);

}  // namespace maquette
