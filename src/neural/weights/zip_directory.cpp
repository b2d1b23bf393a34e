#include "neural/weights/zip_directory.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "neural/weights/mapped_file.h"

// The format's own description: PKWARE's APPNOTE, sections 4.3 and 4.5.3.

namespace maquette {
namespace {

constexpr std::uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50,
                        kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr std::size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56,
                      kLocator64Bytes = 20;

struct Entry {
  std::string_view name;
  std::uint64_t size = 0, packedSize = 0, header = 0;
  unsigned method = 0, flags = 0;
};

struct Directory {
  std::uint64_t begin = 0, bytes = 0, entries = 0;
};

class Archive {
 public:
  Archive(const std::filesystem::path& file, std::span<const std::byte> content)
      : file_(file), content_(content) {}

  std::vector<ZipRecord> records() const;

 private:
  template <class T>
  T at(std::uint64_t offset) const {
    T value;
    const auto bytes = piece(offset, sizeof value);
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  std::span<const std::byte> piece(std::uint64_t offset, std::uint64_t bytes) const {
    if (offset > content_.size() || bytes > content_.size() - offset)
      damaged("a part of it lies beyond its end");
    return content_.subspan(offset, bytes);
  }
  std::string_view text(std::uint64_t offset, std::uint64_t bytes) const {
    const auto found = piece(offset, bytes);
    return {reinterpret_cast<const char*>(found.data()), found.size()};
  }
  [[noreturn]] void damaged(const char* detail) const {
    throwDamagedWeights(file_, "is damaged: the directory of its archive cannot be read", detail);
  }

  std::uint64_t findEnd() const;
  Directory findDirectory() const;
  Entry entryAt(std::uint64_t& offset) const;
  void readExtra(Entry& entry, std::uint64_t offset, std::uint64_t bytes) const;
  std::span<const std::byte> dataOf(const Entry& entry, std::uint64_t limit) const;

  const std::filesystem::path& file_;
  std::span<const std::byte> content_;
};

/// The end record is the last thing in the file, but for a comment of up to 64 KB.
std::uint64_t Archive::findEnd() const {
  const std::uint64_t size = content_.size();
  for (std::uint64_t back = kEndBytes; back <= size && back <= kEndBytes + 0xffff; ++back)
    if (at<std::uint32_t>(size - back) == kEnd &&
        at<std::uint16_t>(size - back + 20) == back - kEndBytes)
      return size - back;
  throwDamagedWeights(file_, "is cut short: the end of the archive is missing");
}

Directory Archive::findDirectory() const {
  const std::uint64_t end = findEnd();
  if (at<std::uint16_t>(end + 4) != at<std::uint16_t>(end + 6)) damaged("in several pieces");
  Directory directory{at<std::uint32_t>(end + 16), at<std::uint32_t>(end + 12),
                      at<std::uint16_t>(end + 10)};
  std::uint64_t limit = end;
  if (end >= kLocator64Bytes && at<std::uint32_t>(end - kLocator64Bytes) == kLocator64) {
    limit = at<std::uint64_t>(end - kLocator64Bytes + 8);
    if (at<std::uint32_t>(piece(limit, kEnd64Bytes).data() - content_.data()) != kEnd64)
      damaged("no zip64 end record");
    directory = {at<std::uint64_t>(limit + 48), at<std::uint64_t>(limit + 40),
                 at<std::uint64_t>(limit + 32)};
  }
  if (directory.begin > limit || directory.bytes > limit - directory.begin)
    damaged("the directory lies beyond its end");
  if (directory.entries > directory.bytes / kCentralBytes) damaged("too many entries");
  return directory;
}

/// Sizes and places beyond 32 bits stand in a field of their own, in this order.
void Archive::readExtra(Entry& entry, std::uint64_t offset, std::uint64_t bytes) const {
  const std::uint64_t end = offset + bytes;
  while (end - offset >= 4) {
    const auto id = at<std::uint16_t>(offset);
    const std::uint64_t size = at<std::uint16_t>(offset + 2);
    offset += 4;
    if (size > end - offset) damaged("an extra field is too long");
    std::uint64_t next = offset;
    offset += size;
    if (id != 1) continue;
    for (std::uint64_t* value : {&entry.size, &entry.packedSize, &entry.header}) {
      if (*value != 0xffffffff) continue;
      if (offset - next < 8) damaged("a zip64 field is too short");
      *value = at<std::uint64_t>(next);
      next += 8;
    }
  }
}

Entry Archive::entryAt(std::uint64_t& offset) const {
  if (at<std::uint32_t>(offset) != kCentral) damaged("no entry where one should be");
  Entry entry;
  entry.flags = at<std::uint16_t>(offset + 8);
  entry.method = at<std::uint16_t>(offset + 10);
  entry.packedSize = at<std::uint32_t>(offset + 20);
  entry.size = at<std::uint32_t>(offset + 24);
  entry.header = at<std::uint32_t>(offset + 42);
  const std::uint64_t name = at<std::uint16_t>(offset + 28), extra = at<std::uint16_t>(offset + 30),
                      comment = at<std::uint16_t>(offset + 32);
  entry.name = text(offset + kCentralBytes, name);
  piece(offset + kCentralBytes + name, extra + comment);
  readExtra(entry, offset + kCentralBytes + name, extra);
  offset += kCentralBytes + name + extra + comment;
  return entry;
}

/// @param limit  where the directory begins; all data lie before it
std::span<const std::byte> Archive::dataOf(const Entry& entry, std::uint64_t limit) const {
  if ((entry.flags & 1) != 0)
    throw FileError(shownName(file_) + " is encrypted, which Maquette does not read.",
                    file_.string());
  if (entry.method != 0)
    throw FileError(shownName(file_) +
                        " is a compressed archive, and PyTorch stores weights as they are. Save "
                        "it again with torch.save, or use another copy.",
                    fmt::format("{}: method {} in {}", file_.string(), entry.method, entry.name));
  if (entry.size != entry.packedSize) damaged("two sizes of one record");
  if (at<std::uint32_t>(entry.header) != kLocal) damaged("no record where one should be");
  const std::uint64_t name = at<std::uint16_t>(entry.header + 26),
                      extra = at<std::uint16_t>(entry.header + 28);
  if (text(entry.header + kLocalBytes, name) != entry.name) damaged("two names of one record");
  const std::uint64_t begin = entry.header + kLocalBytes + name + extra;
  if (begin > limit || entry.size > limit - begin) damaged("a record lies beyond its end");
  return piece(begin, entry.size);
}

std::vector<ZipRecord> Archive::records() const {
  const Directory directory = findDirectory();
  std::vector<ZipRecord> records;
  std::uint64_t offset = directory.begin;
  for (std::uint64_t i = 0; i < directory.entries; ++i) {
    const Entry entry = entryAt(offset);
    records.push_back({std::string(entry.name), dataOf(entry, directory.begin)});
  }
  if (offset - directory.begin != directory.bytes) damaged("entries and directory differ in size");

  std::ranges::sort(records, {}, [](const ZipRecord& r) { return r.bytes.data(); });
  const auto overlap = std::ranges::adjacent_find(records, [](const auto& a, const auto& b) {
    return a.bytes.data() + a.bytes.size() > b.bytes.data() && !b.bytes.empty();
  });
  if (overlap != records.end()) damaged("records overlap");
  std::ranges::sort(records, {}, &ZipRecord::name);
  if (std::ranges::adjacent_find(records, {}, &ZipRecord::name) != records.end())
    damaged("two records of one name");
  return records;
}

}  // namespace

bool looksLikeZip(std::span<const std::byte> content) {
  return content.size() >= 4 && std::memcmp(content.data(), "PK\3\4", 4) == 0;
}

std::vector<ZipRecord> readZipDirectory(const std::filesystem::path& file,
                                        std::span<const std::byte> content) {
  return Archive(file, content).records();
}

}  // namespace maquette
