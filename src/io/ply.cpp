#include "io/ply.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "core/files/atomic_file.h"

namespace maquette {
namespace {

constexpr std::size_t kSlice = 1 << 14;  // elements between two reports

std::string headerOf(const Mesh& mesh) {
  std::string header = fmt::format(
      "ply\nformat binary_little_endian 1.0\ncomment Maquette, millimetres, +Z up\n"
      "element vertex {}\nproperty float x\nproperty float y\nproperty float z\n",
      mesh.positions.size());
  if (!mesh.colours.empty())
    header += "property uchar red\nproperty uchar green\nproperty uchar blue\n";
  header += fmt::format("element face {}\nproperty list uchar int vertex_indices\nend_header\n",
                        mesh.triangles.size());
  return header;
}

/// Calls encode(i, bytes) for 0 <= i < count and writes `stride` bytes for each.
template <class Encode>
void writeRecords(AtomicFile& out, std::size_t count, std::size_t stride, const Context& ctx,
                  Encode encode) {
  std::vector<unsigned char> slice(kSlice * stride);
  for (std::size_t begin = 0; begin < count; begin += kSlice) {
    const std::size_t records = std::min(kSlice, count - begin);
    for (std::size_t r = 0; r < records; ++r) encode(begin + r, slice.data() + r * stride);
    out.write(slice.data(), records * stride);
    ctx.report(static_cast<float>(begin + records) / static_cast<float>(count));
  }
}

}  // namespace

void writePly(const std::filesystem::path& file, const Mesh& mesh, const Context& ctx) {
  AtomicFile out(file);
  out.write(headerOf(mesh));
  const bool coloured = !mesh.colours.empty();
  writeRecords(out, mesh.positions.size(), coloured ? 15 : 12, ctx.part(0.f, 0.4f),
               [&](std::size_t v, unsigned char* to) {
                 std::memcpy(to, &mesh.positions[v], 12);
                 if (coloured) std::memcpy(to + 12, &mesh.colours[v], 3);
               });
  writeRecords(out, mesh.triangles.size(), 13, ctx.part(0.4f, 1.f),
               [&](std::size_t f, unsigned char* to) {
                 to[0] = 3;
                 std::memcpy(to + 1, mesh.triangles[f].data(), 12);
               });
  out.commit();
}

}  // namespace maquette
