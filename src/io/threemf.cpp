#include "io/threemf.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/utf8.h"
#include "core/files/atomic_file.h"
#include "core/geometry/measures.h"
#include "core/geometry/topology.h"
#include "core/geometry/weld.h"
#include "io/number_text.h"
#include "io/zip_writer.h"

namespace maquette {
namespace {

constexpr std::string_view kContentTypes =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">
 <Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
 <Default Extension="model" ContentType="application/vnd.ms-package.3dmanufacturing-3dmodel+xml"/>
</Types>
)";

constexpr std::string_view kRelations =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
 <Relationship Target="/3D/3dmodel.model" Id="rel0" Type="http://schemas.microsoft.com/3dmanufacturing/2013/01/3dmodel"/>
</Relationships>
)";

constexpr std::string_view kModelStart =
    R"(<?xml version="1.0" encoding="UTF-8"?>
<model unit="millimeter" xml:lang="en-US" xmlns="http://schemas.microsoft.com/3dmanufacturing/core/2015/02">
 <metadata name="Application">Maquette</metadata>
 <resources>
)";

constexpr int kMaterials = 1;    // the resource id of the base materials
constexpr int kFirstObject = 2;  // of the first part's object

/// As an attribute value. XML has no way to write most control characters, nor broken UTF-8.
std::string escaped(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = characterLength(text);
    const char c = text[0];
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (length == 0 || static_cast<unsigned char>(c) < 0x20)
      out += '_';
    else
      out += text.substr(0, length);
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
  return out;
}

/// Why slicers would not take it as a solid, or empty.
std::string whyNotSolid(const Mesh& mesh) {
  const TopologyReport report = examine(mesh);
  if (report.openEdges > 0)
    return fmt::format("it is not closed ({} open edges)", report.openEdges);
  if (report.degenerateTriangles > 0)
    return fmt::format("{} of its triangles have no area", report.degenerateTriangles);
  if (report.nonManifoldEdges > 0)
    return fmt::format("{} of its edges join more than two triangles", report.nonManifoldEdges);
  if (report.inconsistentEdges > 0) return "its triangles do not agree on which side is out";
  if (volumeOf(mesh) <= 0.) return "it is inside out";
  return {};
}

/// A mesh that may be written, and which triangles of the original it kept (empty: all).
struct Solid {
  MeshPtr mesh;
  std::vector<std::uint32_t> faceFrom;
};

/// The mesh as it can be written: itself, or with coinciding vertices joined where that closes it.
Solid solidOf(const NamedPart& part, const std::filesystem::path& file) {
  const std::string why = whyNotSolid(*part.mesh);
  if (why.empty()) return {part.mesh, {}};
  Welded welded = weld(*part.mesh, true);
  const auto joined = std::make_shared<const Mesh>(std::move(welded.mesh));
  if (!joined->triangles.empty() && whyNotSolid(*joined).empty())
    return {joined, std::move(welded.faceFrom)};
  throw InvalidInput(
      fmt::format("{} was not written: 3MF holds closed solids only, and {}: {}. "
                  "Make solids first, or choose STL, PLY, OBJ or GLB.",
                  shownName(file), shownText(part.name.empty() ? "it" : part.name), why));
}

/// Collects text and hands it on in pieces, reporting.
class ModelText {
 public:
  ModelText(ZipWriter& zip, const Context& ctx, std::size_t lines)
      : zip_(zip), ctx_(ctx), lines_(lines) {}
  std::string text;

  void lineDone() {
    if ((++done_ & 0x1fff) != 0) return;
    flush();
    ctx_.report(static_cast<float>(done_) / static_cast<float>(lines_));
  }
  void flush() {
    zip_.write(text);
    text.clear();
  }

 private:
  ZipWriter& zip_;
  const Context& ctx_;
  std::size_t lines_, done_ = 0;
};

void writeMaterials(ModelText& model, std::span<const Material> materials) {
  model.text += fmt::format("  <basematerials id=\"{}\">\n", kMaterials);
  for (const auto& [name, colour] : materials)
    model.text += fmt::format("   <base name=\"{}\" displaycolor=\"#{:02X}{:02X}{:02X}\"/>\n",
                              escaped(name), colour.r, colour.g, colour.b);
  model.text += "  </basematerials>\n";
}

/// @param material   index of the whole object's material, or nothing
/// @param materials  per triangle of the mesh as given, or empty
void writeObject(ModelText& model, const Solid& solid, const std::string& name, std::size_t index,
                 std::optional<std::size_t> material, std::span<const std::uint32_t> materials) {
  const Mesh& mesh = *solid.mesh;
  const std::string painted =
      material ? fmt::format(" pid=\"{}\" pindex=\"{}\"", kMaterials, *material) : std::string{};
  model.text +=
      fmt::format("  <object id=\"{}\" type=\"model\" name=\"{}\"{}>\n   <mesh>\n    <vertices>\n",
                  kFirstObject + index, escaped(name), painted);
  for (const Vec3& p : mesh.positions) {
    appendNumber(model.text += "<vertex x=\"", p.x);
    appendNumber(model.text += "\" y=\"", p.y);
    appendNumber(model.text += "\" z=\"", p.z);
    model.text += "\"/>\n";
    model.lineDone();
  }
  model.text += "    </vertices>\n    <triangles>\n";
  for (std::size_t f = 0; f < mesh.triangles.size(); ++f) {
    const Triangle& t = mesh.triangles[f];
    appendNumber(model.text += "<triangle v1=\"", t[0]);
    appendNumber(model.text += "\" v2=\"", t[1]);
    appendNumber(model.text += "\" v3=\"", t[2]);
    if (!materials.empty())  // core specification 1.3, 4.1.4: p1 overrides the object's pindex
      appendNumber(model.text += fmt::format("\" pid=\"{}\" p1=\"", kMaterials),
                   materials[solid.faceFrom.empty() ? f : solid.faceFrom[f]]);
    model.text += "\"/>\n";
    model.lineDone();
  }
  model.text += "    </triangles>\n   </mesh>\n  </object>\n";
}

/// The package around its model part: one object per part.
void writePackage(const std::filesystem::path& file, std::span<const NamedPart> parts,
                  std::span<const Material> materials, std::span<const std::uint32_t> ofTriangle,
                  const Context& ctx) {
  std::vector<Solid> solids;
  std::size_t lines = 1;
  for (const NamedPart& part : parts) {
    ctx.report(0.2f * static_cast<float>(solids.size()) / static_cast<float>(parts.size()));
    solids.push_back(solidOf(part, file));
    lines += solids.back().mesh->positions.size() + solids.back().mesh->triangles.size();
  }
  AtomicFile out(file);
  ZipWriter zip(out);
  zip.begin("[Content_Types].xml");
  zip.write(kContentTypes);
  zip.begin("_rels/.rels");
  zip.write(kRelations);
  zip.begin("3D/3dmodel.model");
  const Context writing = ctx.part(0.2f, 1.f);
  ModelText model(zip, writing, lines);
  model.text += kModelStart;
  if (!materials.empty()) writeMaterials(model, materials);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto material =
        materials.empty() ? std::nullopt : std::optional(ofTriangle.empty() ? i : 0);
    writeObject(model, solids[i], parts[i].name, i, material, ofTriangle);
  }
  model.text += " </resources>\n <build>\n";
  for (std::size_t i = 0; i < parts.size(); ++i)
    model.text += fmt::format("  <item objectid=\"{}\"/>\n", kFirstObject + i);
  model.text += " </build>\n</model>\n";
  model.flush();
  zip.finish();
  out.commit();
}

}  // namespace

void writeThreeMf(const std::filesystem::path& file, std::span<const NamedPart> parts, bool paint,
                  const Context& ctx) {
  std::vector<Material> materials;
  if (paint)
    for (const NamedPart& part : parts) materials.push_back({part.name, part.colour});
  writePackage(file, parts, materials, {}, ctx);
}

void writePaintedThreeMf(const std::filesystem::path& file, const NamedPart& whole,
                         std::span<const Material> materials,
                         std::span<const std::uint32_t> ofTriangle, const Context& ctx) {
  writePackage(file, {&whole, 1}, materials, ofTriangle, ctx);
}

}  // namespace maquette
