#include "io/file_error.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/error.h"

namespace maquette {
namespace {

constexpr std::size_t kShownBytes = 80;

bool continuesUtf8(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

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

std::string shownName(const std::filesystem::path& file) {
  const std::filesystem::path plain = file.has_filename() ? file : file.parent_path();
  std::string name = plain.has_filename() ? plain.filename().string() : plain.string();
  std::ranges::replace_if(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, '?');
  if (name.size() > kShownBytes) {
    std::size_t end = kShownBytes;
    while (end > 0 && continuesUtf8(name[end])) --end;
    name = name.substr(0, end) + "…";
  }
  return "“" + name + "”";
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
