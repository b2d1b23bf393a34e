#include "core/base/file_error.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.h"
#include "core/base/utf8.h"

namespace maquette {
namespace {

std::string technical(const std::filesystem::path& file, int code) {
  return fmt::format("{}: errno {} ({})", file.string(), code, std::strerror(code));
}

/// Empty where there is nothing better to say than the system does.
std::string writeCause(const std::filesystem::path& file, int code) {
  const std::string folder = shownName(file.parent_path().empty() ? "." : file.parent_path());
  switch (code) {
    case ENOSPC:
      return "the disk is full. Free some space or choose another folder.";
    case EDQUOT:
      return "your share of the disk is used up. Free some space or choose another folder.";
    case EFBIG:
      return "it would be larger than this disk or this account allows. Choose another folder.";
    case EACCES:
    case EPERM:
      return "you may not write there. Choose another folder or change its permissions.";
    case EROFS:
      return "the disk is read-only. Choose another folder.";
    case EIO:
      return "the disk reports an error. Check the disk, or choose another one.";
    case EISDIR:
      return "there is a folder of that name. Choose another name.";
    case ENAMETOOLONG:
      return "the name is too long. Choose a shorter one.";
    case ENOENT:
      return fmt::format("the folder {} does not exist. Create it or choose another one.", folder);
    case ENOTDIR:
      return fmt::format("{} is not a folder. Choose another place.", folder);
    case EMFILE:
    case ENFILE:
      return "too many files are open. Close other programs and try again.";
    default:
      return fmt::format("the system says: {}. Try another folder.", std::strerror(code));
  }
}

std::string readCause(int code) {
  switch (code) {
    case ENOENT:
    case ENOTDIR:
      return "there is no such file. Check the name.";
    case EACCES:
    case EPERM:
      return "you may not read it. Change its permissions.";
    case EISDIR:
      return "it is a folder. Choose a file.";
    case EIO:
      return "the disk reports an error. Check the disk, or use another copy.";
    case ENAMETOOLONG:
      return "the name is too long.";
    case ELOOP:
      return "it is a link that leads back to itself.";
    default:
      return fmt::format("the system says: {}.", std::strerror(code));
  }
}

}  // namespace

std::string shownText(std::string_view text, std::size_t maxBytes) {
  std::string shown = "“";
  std::size_t used = 0;
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
    const bool odd = length == 0 || static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7f;
    const std::string_view character = odd ? "?" : text.substr(0, length);
    used += character.size();
    if (used > maxBytes) {
      shown += "…";
      break;
    }
    shown += character;
    text.remove_prefix(odd ? 1 : length);
  }
  return shown + "”";
}

std::string shownName(const std::filesystem::path& file) {
  const std::filesystem::path plain = file.has_filename() ? file : file.parent_path();
  return shownText(plain.has_filename() ? plain.filename().string() : plain.string());
}

std::string extensionOf(const std::filesystem::path& file) {
  std::string extension = file.extension().string();
  if (!extension.empty()) extension.erase(0, 1);
  std::ranges::transform(extension, extension.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return extension;
}

void throwCannotWrite(const std::filesystem::path& file, int code) {
  throw FileError(fmt::format("{} was not written: {}", shownName(file), writeCause(file, code)),
                  technical(file, code));
}

void throwCannotRead(const std::filesystem::path& file, int code) {
  throw FileError(fmt::format("{} cannot be read: {}", shownName(file), readCause(code)),
                  technical(file, code));
}

void throwDamaged(const std::filesystem::path& file, const std::string& what) {
  throw FileError(
      fmt::format("{} {}. Export it again, or use another copy.", shownName(file), what),
      file.string());
}

}  // namespace maquette
