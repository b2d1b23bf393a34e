#include "neural/weights/weight_cache.h"

#include <fcntl.h>
#include <spdlog/fmt/fmt.h>
#include <spdlog/fmt/ranges.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>
#include <thread>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/log.h"
#include "core/device/memory_budget.h"
#include "core/files/system_calls.h"
#include "core/files/user_folders.h"
#include "neural/weights/fingerprint.h"

namespace maquette {
namespace {

using Path = std::filesystem::path;

constexpr std::uint64_t kUsualLimit = 16'000'000'000;
constexpr std::uint64_t kLeftFree = std::uint64_t{512} << 20;  // on the disk, for everybody else
constexpr std::string_view kEnding = ".weights", kPartEnding = ".weights.part";
constexpr auto kPause = std::chrono::milliseconds(20);

/// Why nothing is kept: an errno, or nothing in particular.
struct NotKept {
  std::string why;
};

[[noreturn]] void throwNotKept(int code) {
  throw NotKept{code == ENOSPC || code == EDQUOT  ? "the disk is full"
                : code == EROFS                   ? "the disk is read-only"
                : code == EACCES || code == EPERM ? "you may not write there"
                                                  : std::strerror(code)};
}

void say(const WeightCachePlace& place, const std::string& why) {
  static std::atomic<bool> said{false};
  if (said.exchange(true)) return;
  log("models")->warn(
      "Converted weights are not kept in {}: {}. They are converted anew each time.",
      place.folder.string(), why);
}

/// A conversion under way: one file, and the right to write it.
class Part {
 public:
  /// Waits for another process, or thread, that is writing the same.
  ///
  /// @param ready  asked when the wait is over; where it says yes there is nothing to write
  static std::optional<Part> lock(const Path& path, const Context& ctx,
                                  const std::function<bool()>& ready) {
    while (true) {
      Part part(path);
      while (::flock(part.file_, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) break;  // a file system without locks
        ctx.check();
        std::this_thread::sleep_for(kPause);
      }
      struct stat ours {
      }, there{};
      part.mine_ = ::fstat(part.file_, &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
                   ours.st_ino == there.st_ino && ours.st_dev == there.st_dev;
      if (ready()) return std::nullopt;
      if (part.mine_) {
        if (::ftruncate(part.file_, 0) != 0) throwNotKept(errno);
        return part;
      }
    }  // renamed or removed by who had it: once more
  }

  Part(Part&& other) noexcept
      : path_(std::move(other.path_)),
        file_(std::exchange(other.file_, -1)),
        mine_(std::exchange(other.mine_, false)) {}
  Part& operator=(Part&&) = delete;
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;
  ~Part() {
    if (mine_) ::unlink(path_.c_str());  // while it is locked
    if (file_ >= 0) ::close(file_);
  }

  void write(std::uint64_t offset, std::span<const std::byte> bytes) const {
    if (const int code = writeAll(file_, bytes, offset); code != 0) throwNotKept(code);
  }

  const Path& path() const { return path_; }

  void publish(const Path& as) {
    // Not waited for: gigabytes, and what a power cut damages is made anew.
    if (const int code = takePlace(path_, as, false); code != 0) throwNotKept(code);
    mine_ = false;
  }

 private:
  explicit Part(const Path& path)
      : path_(path), file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (file_ < 0) throwNotKept(errno);
  }

  Path path_;
  int file_ = -1;
  bool mine_ = false;  // locked, and still the file of that name
};

WeightCache::Memory fromHeap(std::size_t bytes) {
  constexpr std::align_val_t kAlign{64};
  auto* block = static_cast<std::byte*>(::operator new(bytes, kAlign));
  std::shared_ptr<const void> owner(
      block, [](const void* p) { ::operator delete (const_cast<void*>(p), std::align_val_t{64}); });
  return {{block, bytes}, std::move(owner)};
}

WeightCache::Opened inMemory(const WeightFile& from, const ConversionPlan& plan,
                             const WeightCache::Allocate& allocate, const Context& ctx) {
  const WeightCache::Memory memory =
      allocate ? allocate(plan.fileBytes()) : fromHeap(plan.fileBytes());
  const auto place = [&](std::uint64_t offset, std::span<const std::byte> bytes) {
    std::memcpy(memory.bytes.data() + offset, bytes.data(), bytes.size());
  };
  const ConversionReport made = plan.convert(place, ctx.part(0.f, 0.9f));
  const std::string header =
      plan.header(made, memory.bytes.subspan(plan.headerBytes()), ctx.part(0.9f, 0.95f));
  place(0, std::as_bytes(std::span(header)));
  ConvertedFile read =
      readConverted(from.path(), {memory.bytes, memory.owner}, plan, ctx.part(0.95f, 1.f));
  return {std::move(read.file), std::move(read.report), WeightCache::Origin::memory, {}};
}

/// Marks it as just used. Failing is no harm: it goes a little earlier.
void touch(const Path& file) { ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0); }

/// Of what is kept, whole and of this content; a damaged file is removed.
std::optional<WeightCache::Opened> kept(const Path& file, const WeightFile& from,
                                        const ConversionPlan& plan, const Context& ctx) {
  if (std::error_code none; !std::filesystem::exists(file, none)) return std::nullopt;
  try {
    ConvertedFile read = readConverted(from.path(), mapFile(file), plan, ctx);
    touch(file);
    return WeightCache::Opened{std::move(read.file), std::move(read.report),
                               WeightCache::Origin::cache, file};
  } catch (const FileError& error) {
    log("models")->warn("{} is made anew: {} ({})", file.string(), error.what(), error.detail());
    ::unlink(file.c_str());
    return std::nullopt;
  }
}

void requireRoom(const WeightCachePlace& place, std::uint64_t bytes) {
  if (bytes > place.limit)
    throw NotKept{fmt::format("{} are more than its limit of {}", shownBytes(std::int64_t(bytes)),
                              shownBytes(std::int64_t(place.limit)))};
  std::error_code error;
  std::filesystem::create_directories(place.folder, error);
  if (error) throwNotKept(error.value());
  struct statvfs info {};
  if (::statvfs(place.folder.c_str(), &info) == 0 &&
      std::uint64_t{info.f_bavail} * info.f_frsize < bytes + kLeftFree)
    throwNotKept(ENOSPC);
}

/// The original's name as part of ours, for people who look into the folder.
std::string stemOf(const Path& original) {
  std::string stem = original.stem().string().substr(0, 60);
  std::ranges::replace_if(
      stem, [](unsigned char c) { return !std::isalnum(c) && c != '-' && c != '_' && c < 0x80; },
      '_');
  return stem;
}

bool endsWith(const Path& file, std::string_view ending) {
  return file.filename().string().ends_with(ending);
}

}  // namespace

WeightCachePlace weightCachePlace() {
  WeightCachePlace place;
  const char* folder = std::getenv("MAQUETTE_WEIGHT_CACHE");
  if (folder && *folder)
    place.folder = folder;
  else
    place.folder = userCacheFolder() / "maquette" / "weights";
  place.limit = kUsualLimit;
  if (const char* limit = std::getenv("MAQUETTE_WEIGHT_CACHE_LIMIT"); limit && *limit) try {
      place.limit = limit == std::string_view("0") ? 0 : std::uint64_t(parseBytes(limit));
    } catch (const InvalidInput&) {
      log("models")->warn("MAQUETTE_WEIGHT_CACHE_LIMIT is not understood: {}", shownText(limit));
    }
  return place;
}

std::string contentKey(const WeightFile& file) {
  std::string facts = fmt::format("1 {} {}", file.container(), file.fileBytes());
  const auto addTime = [&](const Path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0)
      facts += fmt::format(" {}.{}", info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
  };
  addTime(file.path());
  if (file.path().extension() == ".json") {  // an index: its shards lie beside it
    std::vector<Path> shards;
    std::error_code error;
    for (const auto& one : std::filesystem::directory_iterator(file.path().parent_path(), error))
      if (one.path().extension() == ".safetensors") shards.push_back(one.path());
    std::ranges::sort(shards);
    for (const Path& shard : shards) addTime(shard);
  }
  std::uint64_t first = fingerprint(facts, 1), second = fingerprint(facts, 2);
  const auto add = [&](std::span<const std::byte> bytes) {
    first = fingerprint(bytes, first);
    second = fingerprint(bytes, second);
  };
  constexpr std::size_t kSample = 256, kApart = std::size_t{1} << 20;
  constexpr std::size_t kMostSamples = 8;
  for (const TensorView& tensor : file.tensors()) {
    const std::string words =
        fmt::format("{} {} [{}] [{}] {}", tensor.name, nameOf(tensor.dtype),
                    fmt::join(tensor.shape, ","), fmt::join(tensor.strides, ","), tensor.offset);
    add(std::as_bytes(std::span(words)));
    const std::span<const std::byte> bytes = tensor.storage;
    const std::size_t samples = std::clamp<std::size_t>(bytes.size() / kApart, 1, kMostSamples);
    for (std::size_t i = 0; i < samples && !bytes.empty(); ++i) {
      const std::size_t at = bytes.size() / samples * i;
      add(bytes.subspan(at, std::min(kSample, bytes.size() - at)));
    }
  }
  return shownFingerprint(first) + shownFingerprint(second);
}

WeightCache::Opened WeightCache::open(const Path& original, Conversion conversion,
                                      const Context& ctx, const Allocate& allocate,
                                      std::int64_t least) const {
  WeightFile from = openWeights(original);
  const ConversionPlan plan(from, conversion, contentKey(from) + fmt::format(" {}", least), least);
  if (!plan.changesSomething()) {
    ConversionReport same = plan.report();
    return {std::move(from), std::move(same), Origin::original, {}};
  }
  ctx.stage("Preparing the weights");
  if (!place_.folder.empty() && place_.limit > 0) try {
      const std::string name = fmt::format(
          "{}-{}-{}", stemOf(original), nameOf(conversion).substr(0, nameOf(conversion).find('-')),
          shownFingerprint(fingerprint(fmt::format("{} {}", plan.key(), nameOf(conversion)))));
      const Path target = place_.folder / (name + std::string(kEnding));
      std::optional<Opened> found = kept(target, from, plan, ctx);
      if (found) return std::move(*found);
      requireRoom(place_, plan.fileBytes());
      std::optional<Part> part =
          Part::lock(place_.folder / (name + std::string(kPartEnding)), ctx, [&] {
            found = kept(target, from, plan, ctx);
            return found.has_value();
          });
      if (found) return std::move(*found);
      const ConversionReport made =
          plan.convert([&](std::uint64_t offset,
                           std::span<const std::byte> bytes) { part->write(offset, bytes); },
                       ctx.part(0.f, 0.9f));
      std::string header;
      {
        const SharedBytes written = mapFile(part->path());
        if (written.bytes.size() != plan.fileBytes()) throwNotKept(EIO);
        header = plan.header(made, written.bytes.subspan(plan.headerBytes()), ctx.part(0.9f, 1.f));
      }
      part->write(0, std::as_bytes(std::span(header)));
      part->publish(target);
      prune(target);
      ConvertedFile read = readConverted(original, mapFile(target), plan, ctx.part(1.f, 1.f));
      return {std::move(read.file), std::move(read.report), Origin::converted, target};
    } catch (const NotKept& problem) {
      say(place_, problem.why);
    }
  return inMemory(from, plan, allocate, ctx);
}

std::vector<WeightCache::Entry> WeightCache::entries() const {
  std::vector<Entry> all;
  std::error_code error;
  if (place_.folder.empty()) return all;
  for (std::filesystem::directory_iterator it(place_.folder, error), end; !error && it != end;
       it.increment(error)) {
    struct stat info {};
    if (!endsWith(it->path(), kEnding) || ::stat(it->path().c_str(), &info) != 0) continue;
    all.push_back({it->path(), std::uint64_t(info.st_size), std::int64_t(info.st_mtim.tv_sec)});
  }
  std::ranges::sort(all, [](const Entry& a, const Entry& b) {
    return std::pair(-a.lastUse, a.file) < std::pair(-b.lastUse, b.file);
  });
  return all;
}

void WeightCache::prune(const Path& newest) const {
  std::uint64_t sum = 0;
  for (const Entry& entry : entries()) {
    sum += entry.bytes;
    if (sum <= place_.limit || entry.file == newest) continue;
    // Who has it mapped keeps it until they are done.
    if (::unlink(entry.file.c_str()) == 0) {
      sum -= entry.bytes;
      log("models")->info("{} was not used for longest and is removed", entry.file.string());
    }
  }
}

std::uint64_t WeightCache::clear() const {
  std::uint64_t freed = 0;
  for (const Entry& entry : entries())
    if (::unlink(entry.file.c_str()) == 0) freed += entry.bytes;
  std::error_code error;
  std::vector<Path> parts;
  for (std::filesystem::directory_iterator it(place_.folder, error), end; !error && it != end;
       it.increment(error))
    if (endsWith(it->path(), kPartEnding)) parts.push_back(it->path());
  for (const Path& part : parts) {
    const int file = ::open(part.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) continue;
    struct stat info {};
    if (::flock(file, LOCK_EX | LOCK_NB) == 0 && ::fstat(file, &info) == 0 &&
        ::unlink(part.c_str()) == 0)
      freed += std::uint64_t(info.st_size);
    ::close(file);
  }
  return freed;
}

}  // namespace maquette
