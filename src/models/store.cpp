#include "models/store.h"

#include <fcntl.h>
#include <spdlog/fmt/chrono.h>
#include <spdlog/fmt/fmt.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/log.h"
#include "core/files/atomic_file.h"

namespace maquette {
namespace {

using Json = nlohmann::json;
using Path = std::filesystem::path;

/// Left to everybody else when a disk is filled.
constexpr std::uint64_t kReserve = std::uint64_t{128} << 20;

/// Size and time of a regular file; nothing for anything else.
std::optional<struct stat> fileAt(const Path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return std::nullopt;
  return info;
}

std::int64_t timeOf(const struct stat& info) {
  return std::int64_t{info.st_mtim.tv_sec} * 1'000'000'000 + info.st_mtim.tv_nsec;
}

bool isLink(const Path& path) {
  std::error_code error;
  return std::filesystem::is_symlink(path, error);
}

std::string textIn(const Path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The file in a Hugging Face cache: of the revision that "main" stands for, or of any.
Path inHub(const Path& hub, const ModelFile& file) {
  std::string folder = "models--" + file.repository;
  for (std::size_t at = folder.find('/'); at != folder.npos; at = folder.find('/', at))
    folder.replace(at, 1, "--");
  std::string revision = textIn(hub / folder / "refs" / "main");
  while (!revision.empty() && revision.back() <= ' ') revision.pop_back();
  const Path snapshots = hub / folder / "snapshots";
  if (!revision.empty() && revision.find('/') == revision.npos)
    if (const Path main = snapshots / revision / file.path; fileAt(main)) return main;
  std::vector<Path> found;
  std::error_code error;
  for (std::filesystem::directory_iterator it(snapshots, error), end; !error && it != end;
       it.increment(error))
    if (const Path one = it->path() / file.path; fileAt(one)) found.push_back(one);
  std::ranges::sort(found);
  return found.empty() ? Path() : found.front();
}

Json recordIn(const Path& path) {
  Json record = Json::parse(textIn(path), nullptr, false);
  return record.is_object() ? record : Json::object();
}

/// Whether a record speaks of the file that is there now.
bool speaksOf(const Json& record, const struct stat& info) {
  return record.value("bytes", std::uint64_t{0}) == static_cast<std::uint64_t>(info.st_size) &&
         record.value("modified_ns", std::int64_t{0}) == timeOf(info);
}

std::string sizeProblem(const ModelFile& file, std::uint64_t bytes) {
  if (file.bytes && bytes != *file.bytes)
    return fmt::format("{} has {} bytes instead of {}. Remove it and download it again.",
                       shownText(file.name()), bytes, *file.bytes);
  return bytes == 0 ? shownText(file.name()) + " is empty. Remove it and download it again." : "";
}

/// Somebody is writing it.
bool inUse(const Path& part) {
  const int descriptor = ::open(part.c_str(), O_RDWR | O_CLOEXEC);
  if (descriptor < 0) return false;
  const bool locked = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(descriptor);
  return locked;
}

void removeFile(const Path& path) {
  if (::unlink(path.c_str()) == 0 || errno == ENOENT) return;
  const int code = errno;
  throw FileError(fmt::format("{} cannot be removed: {}.", shownName(path),
                              code == EROFS    ? "the disk is read-only"
                              : code == EACCES ? "you may not write in its folder"
                                               : std::strerror(code)),
                  path.string());
}

void removeEmptyFolders(Path folder, const Path& upTo) {
  std::error_code error;
  while (folder != upTo && folder.has_relative_path() && std::filesystem::remove(folder, error))
    folder = folder.parent_path();
}

}  // namespace

Path partOf(const Path& target) { return target.string() + ".part"; }
Path partStateOf(const Path& target) { return target.string() + ".part.state"; }

Path ModelStore::elsewhere(const ModelFile& file) const {
  for (const Path& hub : places_.hubs)
    if (const Path found = inHub(hub, file); !found.empty()) return found;
  for (const Path& tree : places_.trees)
    if (const Path found = tree / file.key(); fileAt(found)) return found;
  return {};
}

Path ModelStore::recordOf(const ModelFile& file) const {
  return places_.store / ".verified" / (file.key() + ".json");
}

FileState ModelStore::state(const ModelFile& file) const {
  const Path own = target(file);
  FileState best;
  const auto consider = [&](const Path& where, FileState::Origin origin) {
    const auto info = fileAt(where);
    if (!info) return false;
    FileState state{FileState::Kind::present, origin, where, std::uint64_t(info->st_size), {}, {}};
    state.why = sizeProblem(file, state.bytes);
    if (!state.why.empty()) state.kind = FileState::Kind::misfit;
    const Json record = recordIn(recordOf(file));
    if (speaksOf(record, *info)) state.verifiedOn = record.value("date", "");
    if (state.why.empty() || best.kind == FileState::Kind::absent) best = std::move(state);
    return best.kind == FileState::Kind::present;
  };
  const bool link = isLink(own);
  if (consider(own, link ? FileState::Origin::link : FileState::Origin::store)) return best;
  if (const Path other = elsewhere(file);
      !other.empty() && consider(other, FileState::Origin::elsewhere))
    return best;
  if (best.kind == FileState::Kind::misfit) return best;
  if (const auto part = fileAt(partOf(own)); part && part->st_size > 0)
    return {FileState::Kind::partial,
            FileState::Origin::store,
            partOf(own),
            std::uint64_t(part->st_size),
            shownText(file.name()) + " is not downloaded completely.",
            {}};
  best.why = link ? fmt::format(
                        "{} was imported from a place where it is no longer. Import it again "
                        "or download it.",
                        shownText(file.name()))
                  : shownText(file.name()) + " is not on this machine.";
  best.where = own;
  return best;
}

bool ModelStore::complete(const ModelGroup& group) const {
  return std::ranges::all_of(group.files, [&](const ModelFile& file) {
    return state(file).kind == FileState::Kind::present;
  });
}

Found ModelStore::find(std::string_view id, std::string_view path) const {
  const ModelGroup* group = catalogue_.find(id);
  if (!group) return {{}, fmt::format("There is no model {}.", shownText(id))};
  const auto file =
      path.empty() ? group->files.begin() : std::ranges::find(group->files, path, &ModelFile::path);
  if (file == group->files.end())
    return {{}, fmt::format("{} has no file {}.", group->title, shownText(path))};
  const FileState state = this->state(*file);
  if (state.kind == FileState::Kind::present) return {state.where, {}};
  return {{},
          fmt::format("{} needs its weights: {} Get them in Models (the gear menu), or with "
                      "maquette-cli models download {}.",
                      group->title, state.why, group->id)};
}

Verified ModelStore::verify(const ModelFile& file, const Context& ctx) const {
  const FileState now = state(file);
  if (now.kind != FileState::Kind::present) throw FileError(now.why, now.where.string());
  const Json record = recordIn(recordOf(file));
  Verified verified = verifyFile(file, now.where, ctx);
  const std::string before = record.value("sha256", "");
  if (file.sha256.empty() && !before.empty()) {
    if (before != verified.sha256)
      throw FileError(fmt::format("{} has changed since it was last checked, on {}. Remove it and "
                                  "download it again, or import another copy.",
                                  shownText(file.name()), record.value("date", "an earlier day")),
                      now.where.string());
    verified.checked.emplace_back("its SHA-256, which is as it was");
  }
  remember(file, now.where, verified);
  return verified;
}

void ModelStore::remember(const ModelFile& file, const Path& where,
                          const Verified& verified) const {
  try {
    const auto info = fileAt(where);
    if (!info) return;
    const Path record = recordOf(file);
    std::filesystem::create_directories(record.parent_path());
    writeFile(record, Json{{"bytes", verified.bytes},
                           {"modified_ns", timeOf(*info)},
                           {"sha256", verified.sha256},
                           {"date", fmt::format("{:%Y-%m-%d}", fmt::gmtime(std::time(nullptr)))}}
                              .dump(1) +
                          "\n");
  } catch (const std::exception& error) {
    log("models")->info("{} is not remembered as checked: {}", file.key(), error.what());
  }
}

std::uint64_t ModelStore::removableBytes(const ModelGroup& group) const {
  std::uint64_t bytes = 0;
  for (const ModelFile& file : group.files)
    for (const Path& path : {target(file), partOf(target(file))})
      if (const auto info = fileAt(path); info && !isLink(path))
        bytes += static_cast<std::uint64_t>(info->st_size);
  return bytes;
}

ModelStore::Removal ModelStore::remove(const ModelGroup& group) const {
  for (const ModelFile& file : group.files)
    if (inUse(partOf(target(file))))
      throw FileError(fmt::format("{} is being downloaded. Cancel that first.", group.title));
  Removal removal;
  removal.freedBytes = removableBytes(group);
  for (const ModelFile& file : group.files) {
    const Path own = target(file);
    for (const Path& path : {own, partOf(own)}) {
      if (!isLink(path) && !fileAt(path)) continue;
      removeFile(path);
      ++removal.files;
    }
    removeFile(partStateOf(own));
    removeFile(recordOf(file));
    removeEmptyFolders(own.parent_path(), places_.store);
    removeEmptyFolders(recordOf(file).parent_path(), places_.store);
    if (const Path other = elsewhere(file); !other.empty())
      removal.kept.push_back(
          fmt::format("{} belongs to another program and stays.", other.string()));
  }
  return removal;
}

std::optional<std::uint64_t> ModelStore::freeBytes() const { return freeBytesIn(places_.store); }

std::optional<std::uint64_t> freeBytesIn(const Path& folder) {
  Path there = folder;
  struct statvfs info {};
  while (::statvfs(there.c_str(), &info) != 0) {
    if (errno != ENOENT || !there.has_relative_path()) return std::nullopt;
    there = there.parent_path();
  }
  return std::uint64_t{info.f_bavail} * info.f_frsize;
}

void requireFreeBytes(const Path& folder, std::uint64_t bytes) {
  const auto free = freeBytesIn(folder);
  if (!free || bytes == 0 || *free >= kReserve + bytes) return;
  throw FileError(
      fmt::format(
          "There is not enough room on the disk: {} more are needed, {} are free. Free some "
          "space, or choose a folder on another disk.",
          spokenBytes(bytes), spokenBytes(*free)),
      folder.string());
}

}  // namespace maquette
