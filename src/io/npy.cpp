#include "io/npy.h"

#include <spdlog/fmt/fmt.h>

#include <charconv>
#include <cstring>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/atomic_file.h"
#include "io/input_file.h"

namespace maquette {
namespace {

constexpr std::string_view kMagic = "\x93NUMPY";
constexpr std::uint64_t kMaxHeaderBytes = 1 << 16;  // ours has 118 bytes; nobody's needs more

struct Header {
  char kind = 0;  // 'i' signed, 'u' unsigned, 'b' boolean
  unsigned bytes = 0;
  std::uint64_t count = 0;
  std::uint64_t dataOffset = 0;
};

/// What follows `'key':` in the header's Python literal, blanks skipped; or empty.
std::string_view valueOf(std::string_view header, std::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = quote + std::string(key) + quote;
    std::size_t at = header.find(quoted);
    if (at == header.npos) continue;
    at = header.find_first_not_of(" \t", at + quoted.size());
    if (at == header.npos || header[at] != ':') continue;
    at = header.find_first_not_of(" \t", at + 1);
    if (at != header.npos) return header.substr(at);
  }
  return {};
}

/// '<i4' and its like. Big-endian and everything that is no integer stays empty.
bool parseType(std::string_view text, Header& header) {
  if (text.size() < 5 || (text[0] != '\'' && text[0] != '"') || text[4] != text[0]) return false;
  const char order = text[1], kind = text[2], size = text[3];
  const bool sized = size == '1' || size == '2' || size == '4' || size == '8';
  if (std::string_view("iub").find(kind) == std::string_view::npos || !sized) return false;
  if (!(order == '<' || ((order == '|' || order == '=') && (order == '=' || size == '1'))))
    return false;
  header.kind = kind;
  header.bytes = static_cast<unsigned>(size - '0');
  return kind != 'b' || header.bytes == 1;
}

/// "(12,)" or "(12, 1)": a single column counts as one dimension.
std::optional<std::uint64_t> parseShape(std::string_view text) {
  if (!text.starts_with('(')) return {};
  text = text.substr(1, text.find(')') - 1);
  std::uint64_t count = 1;
  int dimensions = 0, larger = 0;
  while (true) {
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
    if (text.empty()) break;
    std::uint64_t n = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
    if (error != std::errc() || n > (std::uint64_t{1} << 40)) return {};
    larger += n != 1;
    ++dimensions;
    count = n == 1 ? count : n;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t")));
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  if (dimensions == 0 || larger > 1) return {};
  return count;
}

Header readHeader(const InputFile& input) {
  unsigned char start[12] = {};
  const std::size_t got = input.readAt(0, start, sizeof start);
  if (got < 10 || std::memcmp(start, kMagic.data(), kMagic.size()) != 0)
    throw FileError(shownName(input.path()) + " is not a NumPy file (.npy).",
                    input.path().string());
  const int version = start[6];
  if (version < 1 || version > 3)
    throw FileError(fmt::format("{} is of a NumPy format that Maquette does not know ({}).",
                                shownName(input.path()), version));
  const std::uint64_t prefix = version == 1 ? 10 : 12;
  std::uint64_t length = start[8] | start[9] << 8;
  if (version > 1) length |= std::uint64_t{start[10]} << 16 | std::uint64_t{start[11]} << 24;
  if (length > kMaxHeaderBytes || prefix + length > input.size())
    throwDamaged(input.path(), "is damaged: its header does not fit");
  std::string text(length, '\0');
  input.readAt(prefix, text.data(), text.size());

  Header header;
  header.dataOffset = prefix + length;
  const std::string_view type = valueOf(text, "descr"), shape = valueOf(text, "shape");
  if (type.empty() || shape.empty())
    throwDamaged(input.path(), "is damaged: its header is no header");
  if (!parseType(type, header))
    throw InvalidInput(fmt::format("{} does not hold whole numbers ({}). Save labels as int32.",
                                   shownName(input.path()),
                                   shownText(type.substr(0, type.find(',')), 40)));
  const auto count = parseShape(shape);
  if (!count)
    throw InvalidInput(shownName(input.path()) +
                       " must have one dimension: one label for every triangle.");
  header.count = *count;
  return header;
}

std::int64_t valueAt(const unsigned char* at, const Header& header) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, header.bytes);
  if (header.kind != 'i') {
    const auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return static_cast<std::int64_t>(std::min(bits, most));
  }
  const unsigned unused = 64 - 8 * header.bytes;
  return static_cast<std::int64_t>(bits << unused) >> unused;  // spreads the sign
}

}  // namespace

std::vector<std::int32_t> readLabels(const std::filesystem::path& file) {
  const InputFile input(file);
  const Header header = readHeader(input);
  const std::uint64_t there = (input.size() - header.dataOffset) / header.bytes;
  if (there < header.count)
    throwDamaged(file, fmt::format("is cut short: it promises {} labels and has room for {}",
                                   header.count, there));
  std::vector<unsigned char> data(header.count * header.bytes);
  if (input.readAt(header.dataOffset, data.data(), data.size()) != data.size())
    throwDamaged(file, "became shorter while it was read");
  std::vector<std::int32_t> labels(header.count);
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const std::int64_t value = valueAt(data.data() + i * header.bytes, header);
    if (value != static_cast<std::int32_t>(value))
      throw InvalidInput(
          fmt::format("{} holds {} as a label, which is too large.", shownName(file), value));
    labels[i] = static_cast<std::int32_t>(value);
  }
  return labels;
}

void writeLabels(const std::filesystem::path& file, std::span<const std::int32_t> labels) {
  std::string header =
      fmt::format("{{'descr': '<i4', 'fortran_order': False, 'shape': ({},), }}", labels.size());
  // The data begin at a multiple of 64, the header ends with a newline (NumPy format 1.0).
  header.append(63 - (10 + header.size()) % 64, ' ').push_back('\n');
  std::string start(kMagic);
  start +=
      {'\x01', '\x00', static_cast<char>(header.size()), static_cast<char>(header.size() >> 8)};
  AtomicFile out(file);
  out.write(start + header);
  out.write(labels.data(), labels.size_bytes());
  out.commit();
}

}  // namespace maquette
