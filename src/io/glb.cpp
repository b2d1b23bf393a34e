#include "io/glb.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/files/atomic_file.h"
#include "core/geometry/bounds.h"

namespace maquette {
namespace {

using Json = nlohmann::ordered_json;

// Numbers of the specification (glTF 2.0, 5.1 and 5.11).
constexpr int kUnsignedShort = 5123, kUnsignedInt = 5125, kFloat = 5126;
constexpr int kVertexData = 34962, kIndexData = 34963;
constexpr std::uint32_t kMagic = 0x46546c67, kJsonChunk = 0x4e4f534a, kBinaryChunk = 0x004e4942;
constexpr std::size_t kSlice = 1 << 14;  // elements between two reports

/// Lays out one buffer behind the other and describes each.
class Layout {
 public:
  /// @return  the accessor's index
  int add(std::uint64_t count, std::uint64_t stride, int component, const char* type, int target) {
    json["bufferViews"].push_back(
        {{"buffer", 0}, {"byteOffset", bytes}, {"byteLength", count * stride}, {"target", target}});
    json["accessors"].push_back({{"bufferView", json["bufferViews"].size() - 1},
                                 {"componentType", component},
                                 {"count", count},
                                 {"type", type}});
    bytes += count * stride;  // every stride is a multiple of four, as alignment asks
    return static_cast<int>(json["accessors"].size()) - 1;
  }
  Json json;
  std::uint64_t bytes = 0;
};

Json vectorOf(Vec3 v) { return Json::array({v.x, v.y, v.z}); }

/// The JSON library refuses text that is not UTF-8; a name is no reason to fail.
std::string validUtf8(const std::string& name) {
  const std::string quoted = Json(name).dump(-1, ' ', false, Json::error_handler_t::replace);
  return Json::parse(quoted).get<std::string>();
}

int materialOf(Layout& layout, const NamedPart& part, bool paint) {
  const auto channel = [](std::uint8_t v) { return linearFromSrgb(v) / 65535.f; };
  Json base = Json::array({1.f, 1.f, 1.f, 1.f});
  if (paint && part.mesh->colours.empty())
    base = {channel(part.colour.r), channel(part.colour.g), channel(part.colour.b), 1.f};
  layout.json["materials"].push_back(
      {{"name", validUtf8(part.name)},
       {"pbrMetallicRoughness",
        {{"baseColorFactor", base}, {"metallicFactor", 0.f}, {"roughnessFactor", 0.7f}}}});
  return static_cast<int>(layout.json["materials"].size()) - 1;
}

void describe(Layout& layout, const NamedPart& part, bool paint) {
  const Mesh& mesh = *part.mesh;
  const std::uint64_t vertices = mesh.positions.size();
  const int positions = layout.add(vertices, 12, kFloat, "VEC3", kVertexData);
  const Bounds bounds = boundsOf(mesh);
  layout.json["accessors"].back()["min"] = vectorOf(bounds.min);
  layout.json["accessors"].back()["max"] = vectorOf(bounds.max);
  Json attributes{{"POSITION", positions},
                  {"NORMAL", layout.add(vertices, 12, kFloat, "VEC3", kVertexData)}};
  if (!mesh.colours.empty()) {
    attributes["COLOR_0"] = layout.add(vertices, 8, kUnsignedShort, "VEC4", kVertexData);
    layout.json["accessors"].back()["normalized"] = true;
  }
  const int indices = layout.add(mesh.triangles.size() * 3, 4, kUnsignedInt, "SCALAR", kIndexData);
  const int material = materialOf(layout, part, paint);
  layout.json["meshes"].push_back({{"name", validUtf8(part.name)},
                                   {"primitives",
                                    {{{"attributes", attributes},
                                      {"indices", indices},
                                      {"material", material},
                                      {"mode", 4}}}}});
  layout.json["nodes"].push_back(
      {{"name", validUtf8(part.name)}, {"mesh", layout.json["meshes"].size() - 1}});
}

Layout layoutOf(std::span<const NamedPart> parts, bool paint) {
  Layout layout;
  layout.json["asset"] = {{"version", "2.0"}, {"generator", "Maquette"}};
  layout.json["scene"] = 0;
  layout.json["scenes"] = {{{"nodes", {0}}}};
  Json children = Json::array();
  for (std::size_t i = 0; i < parts.size(); ++i) children.push_back(i + 1);
  // Columns: x stays, y (away from the viewer) becomes -z, z (up) becomes y.
  layout.json["nodes"].push_back(
      {{"name", "Maquette"},
       {"children", children},
       {"matrix", {0.001, 0, 0, 0, 0, 0, -0.001, 0, 0, 0.001, 0, 0, 0, 0, 0, 1}}});
  for (const NamedPart& part : parts) describe(layout, part, paint);
  layout.json["buffers"] = {{{"byteLength", layout.bytes}}};
  return layout;
}

template <class T>
void writeArray(AtomicFile& out, const std::vector<T>& array, const Context& ctx) {
  for (std::size_t begin = 0; begin < array.size(); begin += kSlice) {
    out.write(array.data() + begin, std::min(kSlice, array.size() - begin) * sizeof(T));
    ctx.report(static_cast<float>(begin) / static_cast<float>(array.size()));
  }
}

/// Unit length everywhere, as the specification asks; an isolated vertex points up.
std::vector<Vec3> unitNormals(const Mesh& mesh) {
  std::vector<Vec3> normals = mesh.normals.empty() ? vertexNormals(mesh) : mesh.normals;
  for (Vec3& n : normals) {
    n = normalized(n);
    if (!(lengthSquared(n) > 0.5f)) n = {0.f, 0.f, 1.f};
  }
  return normals;
}

std::vector<std::array<std::uint16_t, 4>> linearColours(const Mesh& mesh) {
  std::array<std::uint16_t, 256> linear{};
  for (int i = 0; i < 256; ++i) linear[i] = linearFromSrgb(static_cast<std::uint8_t>(i));
  std::vector<std::array<std::uint16_t, 4>> colours;
  colours.reserve(mesh.colours.size());
  for (const Rgb c : mesh.colours)
    colours.push_back({linear[c.r], linear[c.g], linear[c.b], 65535});
  return colours;
}

}  // namespace

std::uint16_t linearFromSrgb(std::uint8_t value) {
  const double s = value / 255.;  // IEC 61966-2-1
  const double l = s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  return static_cast<std::uint16_t>(std::lround(l * 65535.));
}

std::uint8_t srgbFromLinear(float linear) {
  const double l = std::isfinite(linear) ? std::clamp(double(linear), 0., 1.) : 0.;
  const double s = l <= 0.0031308 ? l * 12.92 : 1.055 * std::pow(l, 1. / 2.4) - 0.055;
  return static_cast<std::uint8_t>(std::lround(s * 255.));
}

void writeGlb(const std::filesystem::path& file, std::span<const NamedPart> parts, bool paint,
              const Context& ctx) {
  const Layout layout = layoutOf(parts, paint);
  std::string json = layout.json.dump();
  json.resize((json.size() + 3) / 4 * 4, ' ');
  const std::uint64_t total = 12 + 8 + json.size() + 8 + layout.bytes;
  if (total > 0xffffffffull)
    throw InvalidInput(shownName(file) +
                       " was not written: GLB files end at 4 GB. Choose STL or PLY.");
  AtomicFile out(file);
  const std::array<std::uint32_t, 5> start{kMagic, 2, static_cast<std::uint32_t>(total),
                                           static_cast<std::uint32_t>(json.size()), kJsonChunk};
  out.write(start.data(), sizeof start);
  out.write(json);
  const std::array<std::uint32_t, 2> binary{static_cast<std::uint32_t>(layout.bytes), kBinaryChunk};
  out.write(binary.data(), sizeof binary);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto count = static_cast<float>(parts.size());
    const Context slice =
        ctx.part(static_cast<float>(i) / count, static_cast<float>(i + 1) / count);
    const Mesh& mesh = *parts[i].mesh;
    writeArray(out, mesh.positions, slice.part(0.f, 0.3f));
    writeArray(out, unitNormals(mesh), slice.part(0.3f, 0.6f));
    if (!mesh.colours.empty()) writeArray(out, linearColours(mesh), slice.part(0.6f, 0.8f));
    writeArray(out, mesh.triangles, slice.part(0.8f, 1.f));
  }
  out.commit();
}

}  // namespace maquette
