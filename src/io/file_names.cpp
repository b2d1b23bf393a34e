#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/utf8.h"
#include "core/files/atomic_file.h"
#include "io/mesh_file.h"
#include "io/stl.h"

namespace maquette {
namespace {

constexpr std::size_t kMaxNameBytes = 120;

bool isForbidden(char c) {
  const auto u = static_cast<unsigned char>(c);
  return u < 0x20 || u == 0x7f || std::string_view("/\\:*?\"<>|").find(c) != std::string_view::npos;
}

/// As much of the text as fits, in whole characters; what no file system likes becomes '_'.
std::string cleaned(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
    std::string_view character = length == 0 || isForbidden(text[0]) ? "_" : text.substr(0, length);
    // C1 controls are two bytes long: U+0080 to U+009F.
    if (length == 2 && text[0] == '\xc2' && static_cast<unsigned char>(text[1]) < 0xa0)
      character = "_";
    if (out.size() + character.size() > kMaxNameBytes) break;
    out += character;
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return out;
}

std::string lowered(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// CON, NUL, COM1 and so on, with any extension (Windows, "Naming files").
bool isReserved(const std::string& name) {
  const std::string stem = lowered(name.substr(0, name.find('.')));
  if (stem == "con" || stem == "prn" || stem == "aux" || stem == "nul") return true;
  return stem.size() == 4 && (stem.starts_with("com") || stem.starts_with("lpt")) &&
         stem[3] >= '1' && stem[3] <= '9';
}

/// One name a part, no two equal even where case does not count.
std::vector<std::string> uniqueNames(std::span<const NamedPart> parts) {
  std::set<std::string> taken;
  std::vector<std::string> names;
  for (const NamedPart& part : parts) {
    const std::string base = safeFileName(part.name);
    std::string name = base;
    for (int n = 2; !taken.insert(lowered(name)).second; ++n)
      name = fmt::format("{} ({})", base, n);
    names.push_back(name);
  }
  return names;
}

/// Makes the folder; takes it away again unless it was used.
class TargetFolder {
 public:
  explicit TargetFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    made_ = std::filesystem::create_directories(folder_, error);
    if (error) throwCannotWrite(folder_, error.value());
    if (!std::filesystem::is_directory(folder_)) throwCannotWrite(folder_ / "part.stl", ENOTDIR);
  }
  ~TargetFolder() {
    std::error_code ignored;  // it may have got other content meanwhile: then it stays
    if (made_ && !used_) std::filesystem::remove(folder_, ignored);
  }
  TargetFolder(const TargetFolder&) = delete;
  TargetFolder& operator=(const TargetFolder&) = delete;
  void use() { used_ = true; }

 private:
  std::filesystem::path folder_;
  bool made_ = false;
  bool used_ = false;
};

}  // namespace

std::string safeFileName(std::string_view name) {
  const auto isEdge = [](char c) { return c == ' ' || c == '.'; };
  while (!name.empty() && isEdge(name.front())) name.remove_prefix(1);  // hidden files, ".."
  std::string safe = cleaned(name);
  while (!safe.empty() && isEdge(safe.back())) safe.pop_back();  // Windows drops them silently
  if (safe.empty()) return "part";
  if (!isReserved(safe)) return safe;
  return cleaned("_" + safe);
}

std::vector<std::filesystem::path> writePartFiles(const std::filesystem::path& folder,
                                                  std::span<const NamedPart> parts,
                                                  const Context& ctx) {
  requireSolids(parts);
  ctx.stage("Writing parts");
  TargetFolder target(folder);
  const std::vector<std::string> names = uniqueNames(parts);
  std::vector<std::unique_ptr<AtomicFile>> files;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto count = static_cast<float>(parts.size());
    files.push_back(std::make_unique<AtomicFile>(folder / (names[i] + ".stl")));
    writeStl(*files.back(), *parts[i].mesh,
             ctx.part(static_cast<float>(i) / count, static_cast<float>(i + 1) / count));
    files.back()->finish();
  }
  // Only renames are left: from here on a failure is as good as impossible, so it is all or none.
  std::vector<std::filesystem::path> written;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    files[i]->commit();
    target.use();
    written.push_back(folder / (names[i] + ".stl"));
  }
  return written;
}

}  // namespace maquette
