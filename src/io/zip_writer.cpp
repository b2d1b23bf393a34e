#include "io/zip_writer.h"

#include <zlib.h>

#include <array>
#include <new>

#include "core/base/error.h"
#include "core/base/file_error.h"

namespace maquette {
namespace {

// APPNOTE.TXT 4.3.7, 4.3.12, 4.3.16.
constexpr std::uint32_t kLocalHeader = 0x04034b50, kDirectoryHeader = 0x02014b50,
                        kDirectoryEnd = 0x06054b50;
constexpr std::uint16_t kVersion = 20, kDeflated = 8, kDate1980 = 0x21;
constexpr std::uint64_t kSizesOffset = 14;  // of crc, packed and plain size in the local header
constexpr int kLevel = 4;  // 3MF models are long and regular; higher levels cost time for little

void put16(std::string& to, std::uint64_t value) {
  to.push_back(static_cast<char>(value & 0xff));
  to.push_back(static_cast<char>(value >> 8 & 0xff));
}

void put32(std::string& to, std::uint64_t value) {
  put16(to, value & 0xffff);
  put16(to, value >> 16 & 0xffff);
}

}  // namespace

struct ZipWriter::Deflater {
  Deflater() {
    // Negative: a bare stream, ZIP has headers of its own.
    if (deflateInit2(&stream, kLevel, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Deflater() { deflateEnd(&stream); }
  z_stream stream{};
  std::array<unsigned char, 1 << 16> out{};
};

ZipWriter::ZipWriter(AtomicFile& file) : file_(file) {}
ZipWriter::~ZipWriter() = default;

void ZipWriter::requireSmall(std::uint64_t bytes) const {
  if (bytes > 0xffffffffull)
    throw InvalidInput(shownName(file_.target()) +
                       " was not written: it would be larger than 4 GB. Choose STL.");
}

void ZipWriter::begin(const std::string& name) {
  endEntry();
  entries_.push_back({name, 0, 0, 0, file_.size()});
  deflater_ = std::make_unique<Deflater>();
  std::string header;
  put32(header, kLocalHeader);
  for (const std::uint64_t v : {kVersion, std::uint16_t{0}, kDeflated, std::uint16_t{0}, kDate1980})
    put16(header, v);
  for (int i = 0; i < 3; ++i) put32(header, 0);  // crc and sizes, patched when they are known
  put16(header, name.size());
  put16(header, 0);
  file_.write(header + name);
}

void ZipWriter::write(std::string_view data) {
  Entry& entry = entries_.back();
  entry.crc = static_cast<std::uint32_t>(
      crc32_z(entry.crc, reinterpret_cast<const Bytef*>(data.data()), data.size()));
  entry.plain += data.size();
  requireSmall(entry.plain);
  while (!data.empty()) {
    const std::string_view piece = data.substr(0, std::size_t{1} << 20);
    deflateSome(piece, false);
    data.remove_prefix(piece.size());
  }
}

void ZipWriter::deflateSome(std::string_view data, bool last) {
  z_stream& stream = deflater_->stream;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));  // zlib only reads
  stream.avail_in = static_cast<uInt>(data.size());
  do {
    stream.next_out = deflater_->out.data();
    stream.avail_out = static_cast<uInt>(deflater_->out.size());
    deflate(&stream, last ? Z_FINISH : Z_NO_FLUSH);
    const std::size_t made = deflater_->out.size() - stream.avail_out;
    file_.write(deflater_->out.data(), made);
    entries_.back().packed += made;
  } while (stream.avail_out == 0);
}

void ZipWriter::endEntry() {
  if (!deflater_) return;
  deflateSome({}, true);
  deflater_.reset();
  const Entry& entry = entries_.back();
  requireSmall(file_.size());
  std::string sizes;
  put32(sizes, entry.crc);
  put32(sizes, entry.packed);
  put32(sizes, entry.plain);
  file_.patch(entry.offset + kSizesOffset, sizes.data(), sizes.size());
}

void ZipWriter::finish() {
  endEntry();
  const std::uint64_t start = file_.size();
  for (const Entry& entry : entries_) {
    std::string header;
    put32(header, kDirectoryHeader);
    for (const std::uint64_t v :
         {kVersion, kVersion, std::uint16_t{0}, kDeflated, std::uint16_t{0}, kDate1980})
      put16(header, v);
    put32(header, entry.crc);
    put32(header, entry.packed);
    put32(header, entry.plain);
    put16(header, entry.name.size());
    for (int i = 0; i < 4; ++i) put16(header, 0);  // extra, comment, disk, internal attributes
    put32(header, 0);                              // external attributes
    put32(header, entry.offset);
    file_.write(header + entry.name);
  }
  std::string end;
  put32(end, kDirectoryEnd);
  put32(end, 0);  // disks
  put16(end, entries_.size());
  put16(end, entries_.size());
  put32(end, file_.size() - start);
  put32(end, start);
  put16(end, 0);
  file_.write(end);
  requireSmall(file_.size());
}

}  // namespace maquette
