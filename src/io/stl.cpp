#include "io/stl.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <optional>
#include <span>
#include <string_view>

#include "core/base/file_error.h"
#include "core/files/atomic_file.h"
#include "io/input_file.h"
#include "io/text_scanner.h"
#include "io/vertex_welder.h"

namespace maquette {
namespace {

static_assert(std::endian::native == std::endian::little, "STL, PLY and GLB are little-endian");

constexpr std::size_t kHeaderBytes = 80;
constexpr std::size_t kPrefixBytes = kHeaderBytes + 4;
constexpr std::size_t kRecordBytes = 50;  // normal, three corners, two bytes of attributes
constexpr std::size_t kSliceRecords = 1 << 14;

/// The product in double: a tiny triangle's would drown in float.
Vec3 unitNormal(Vec3 a, Vec3 b, Vec3 c) {
  const double ux = double(b.x) - a.x, uy = double(b.y) - a.y, uz = double(b.z) - a.z;
  const double vx = double(c.x) - a.x, vy = double(c.y) - a.y, vz = double(c.z) - a.z;
  const double x = uy * vz - uz * vy, y = uz * vx - ux * vz, z = ux * vy - uy * vx;
  const double squared = x * x + y * y + z * z;
  if (!(squared > 0.)) return {};
  const double by = 1. / std::sqrt(squared);
  return {float(x * by), float(y * by), float(z * by)};
}

Mesh readBinary(const InputFile& input, std::uint64_t count, float mmPerUnit, const Context& ctx) {
  Mesh mesh;
  mesh.triangles.reserve(count);
  const std::size_t vertices = count / 2 + 2;  // of a closed surface
  mesh.positions.reserve(vertices);
  VertexWelder welder(mesh, shownName(input.path()), false, vertices);
  std::vector<unsigned char> slice(kSliceRecords * kRecordBytes);
  for (std::uint64_t done = 0; done < count;) {
    const std::size_t records = std::min<std::uint64_t>(kSliceRecords, count - done);
    const std::size_t bytes = records * kRecordBytes;
    if (input.readAt(kPrefixBytes + done * kRecordBytes, slice.data(), bytes) != bytes)
      throwDamaged(input.path(), "became shorter while it was read");
    for (std::size_t r = 0; r < records; ++r) {
      std::array<Vec3, 3> corners;
      std::memcpy(corners.data(), slice.data() + r * kRecordBytes + 12, sizeof corners);
      Triangle t;
      for (int k = 0; k < 3; ++k) t[k] = welder.add(corners[k] * mmPerUnit);
      mesh.triangles.push_back(t);
    }
    done += records;
    ctx.report(static_cast<float>(done) / static_cast<float>(count));
  }
  mesh.positions.shrink_to_fit();
  return mesh;
}

/// Any number of corners a facet: the format says three, some programs write more.
Mesh readAscii(const InputFile& input, float mmPerUnit, const Context& ctx) {
  const std::string text = input.readAll(ctx.part(0.f, 0.3f));
  if (text.find('\0') != std::string::npos)
    throwDamaged(input.path(), "is not a complete STL file: its size does not match its header");
  const Context parsing = ctx.part(0.3f, 1.f);
  Mesh mesh;
  VertexWelder welder(mesh, shownName(input.path()));
  TextScanner scan(text, input.path());
  std::vector<std::uint32_t> facet;
  bool ended = false;
  while (scan.nextLine()) {
    if ((scan.line() & 0x3fff) == 0) parsing.report(scan.fraction());
    const std::string_view word = scan.word();
    if (equalsIgnoringCase(word, "vertex")) {
      const float x = scan.number(), y = scan.number(), z = scan.number();
      facet.push_back(welder.add(Vec3{x, y, z} * mmPerUnit));
    } else if (equalsIgnoringCase(word, "endfacet")) {
      if (facet.size() < 3) scan.fail("a facet with fewer than three corners");
      for (std::size_t k = 2; k < facet.size(); ++k)
        mesh.triangles.push_back({facet[0], facet[k - 1], facet[k]});
      facet.clear();
    }
    ended = equalsIgnoringCase(word, "endsolid") || (ended && word.empty());
  }
  if (!facet.empty() || !ended) throwDamaged(input.path(), "is cut short");
  return mesh;
}

/// Number by number: gathered first and copied then, each record would wait for the stores before.
void put(std::byte* to, Vec3 v) {
  std::memcpy(to, &v.x, 4);
  std::memcpy(to + 4, &v.y, 4);
  std::memcpy(to + 8, &v.z, 4);
}

void putRecords(const Mesh& mesh, std::size_t first, std::size_t count, std::byte* to) {
  for (std::size_t f = first; f < first + count; ++f, to += kRecordBytes) {
    const Triangle& t = mesh.triangles[f];
    const Vec3 a = mesh.positions[t[0]], b = mesh.positions[t[1]], c = mesh.positions[t[2]];
    put(to, unitNormal(a, b, c));
    put(to + 12, a);
    put(to + 24, b);
    put(to + 36, c);
    to[48] = to[49] = std::byte{0};
  }
}

bool beginsLikeText(const InputFile& input) {
  std::array<char, 256> head{};
  const std::size_t got = input.readAt(0, head.data(), head.size());
  std::string_view text(head.data(), got);
  text.remove_prefix(std::min(text.size(), text.find_first_not_of(" \t\r\n")));
  return text.size() >= 5 && equalsIgnoringCase(text.substr(0, 5), "solid");
}

}  // namespace

Mesh readStl(const std::filesystem::path& file, float mmPerUnit, const Context& ctx) {
  const InputFile input(file);
  std::uint32_t count = 0;
  const bool hasCount = input.readAt(kHeaderBytes, &count, sizeof count) == sizeof count;
  const std::uint64_t promised = kPrefixBytes + std::uint64_t{count} * kRecordBytes;
  // A binary header may begin with "solid" as well; the size settles it.
  if (hasCount && promised == input.size()) return readBinary(input, count, mmPerUnit, ctx);
  if (beginsLikeText(input)) return readAscii(input, mmPerUnit, ctx);
  if (!hasCount) throwDamaged(file, "is not an STL file, or it is cut short");
  if (promised > input.size())
    throwDamaged(file, fmt::format("is cut short: it promises {} triangles and has room for {}",
                                   count, (input.size() - kPrefixBytes) / kRecordBytes));
  if (count == 0)
    throwDamaged(file, "is damaged: it promises no triangles but goes on after its header");
  return readBinary(input, count, mmPerUnit, ctx);  // something follows that we need not know
}

void writeStl(AtomicFile& file, const Mesh& mesh, const Context& ctx) {
  std::array<char, kHeaderBytes> header{};
  constexpr std::string_view kTitle = "Maquette binary STL, millimetres, +Z up";
  std::ranges::copy(kTitle, header.begin());
  file.write(header.data(), header.size());
  const auto count = static_cast<std::uint32_t>(mesh.triangles.size());
  file.write(&count, sizeof count);
  std::atomic<std::uint32_t> written{0};
  file.writeParallel(std::uint64_t{count} * kRecordBytes, kSliceRecords * kRecordBytes,
                     [&](std::uint64_t begin, std::span<std::byte> slice) {
                       const std::size_t records = slice.size() / kRecordBytes;
                       putRecords(mesh, begin / kRecordBytes, records, slice.data());
                       written += static_cast<std::uint32_t>(records);
                       ctx.report(static_cast<float>(written) / static_cast<float>(count));
                     });
}

void writeStl(const std::filesystem::path& file, const Mesh& mesh, const Context& ctx) {
  AtomicFile out(file);
  writeStl(out, mesh, ctx);
  out.commit();
}

}  // namespace maquette
