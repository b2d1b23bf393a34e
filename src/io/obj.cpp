#include "io/obj.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include "core/base/file_error.h"
#include "core/files/atomic_file.h"
#include "io/input_file.h"
#include "io/number_text.h"
#include "io/text_scanner.h"
#include "io/vertex_welder.h"

namespace maquette {
namespace {

/// What `v` lines say, and the triangles before vertices are joined.
struct ObjContent {
  std::vector<Vec3> positions;
  std::vector<std::array<float, 3>> colours;  // as written: [0, 1], or [0, 255] in some programs
  std::vector<Triangle> triangles;            // indices into positions
  std::vector<std::size_t> objects;           // the triangles at which objects begin
};

void readVertex(TextScanner& scan, float mmPerUnit, ObjContent& content) {
  std::array<float, 7> n{};
  std::size_t count = 0;
  while (count < n.size() && scan.numberIfAny(n[count])) ++count;
  if (count < 3) scan.fail("a vertex needs three coordinates");
  content.positions.push_back(Vec3{n[0], n[1], n[2]} * mmPerUnit);
  // Four numbers are x y z w; seven are x y z w r g b.
  const std::size_t at = count == 7 ? 4 : 3;
  if (count >= 6 && content.colours.size() + 1 == content.positions.size())
    content.colours.push_back({n[at], n[at + 1], n[at + 2]});
}

/// "7", "7/1", "7//3", "-1/-1/-1": only the position counts.
std::uint32_t cornerOf(const TextScanner& scan, std::string_view word, std::size_t vertices) {
  std::int64_t index = 0;
  if (!parse(word.substr(0, word.find('/')), index))
    scan.fail(fmt::format("{} is not a corner of a face", shownText(word, 40)));
  const auto count = static_cast<std::int64_t>(vertices);
  const std::int64_t zeroBased = index < 0 ? count + index : index - 1;
  if (index == 0 || zeroBased < 0 || zeroBased >= count)
    scan.fail(fmt::format("a face uses vertex {}, there are {} so far", index, count));
  return static_cast<std::uint32_t>(zeroBased);
}

void readFace(TextScanner& scan, std::vector<std::uint32_t>& corners, ObjContent& content) {
  corners.clear();
  for (std::string_view word = scan.word(); !word.empty(); word = scan.word())
    corners.push_back(cornerOf(scan, word, content.positions.size()));
  if (corners.size() < 3) scan.fail("a face needs three corners");
  for (std::size_t k = 2; k < corners.size(); ++k)
    content.triangles.push_back({corners[0], corners[k - 1], corners[k]});
}

ObjContent parseObj(const InputFile& input, float mmPerUnit, const Context& ctx) {
  const std::string text = input.readAll(ctx.part(0.f, 0.3f));
  const Context parsing = ctx.part(0.3f, 1.f);
  ObjContent content;
  TextScanner scan(text, input.path());
  std::vector<std::uint32_t> corners;
  std::uint64_t lines = 0;
  while (scan.nextLine(true)) {
    if ((++lines & 0x3fff) == 0) parsing.report(scan.fraction());
    const std::string_view word = scan.word();
    if (word == "v")
      readVertex(scan, mmPerUnit, content);
    else if (word == "f")
      readFace(scan, corners, content);
    else if (word == "o")
      content.objects.push_back(content.triangles.size());
  }
  return content;
}

Rgb toRgb(const std::array<float, 3>& c, float scale) {
  const auto channel = [&](float v) {
    return static_cast<std::uint8_t>(std::clamp(std::isfinite(v) ? v * scale : 0.f, 0.f, 255.f) +
                                     0.5f);
  };
  return {channel(c[0]), channel(c[1]), channel(c[2])};
}

std::vector<Rgb> coloursOf(const ObjContent& content) {
  if (content.colours.size() != content.positions.size()) return {};
  float largest = 0.f;
  for (const auto& c : content.colours) largest = std::max({largest, c[0], c[1], c[2]});
  std::vector<Rgb> colours;
  colours.reserve(content.colours.size());
  for (const auto& c : content.colours) colours.push_back(toRgb(c, largest > 1.f ? 1.f : 255.f));
  return colours;
}

std::string oneLine(std::string name) {
  std::ranges::replace_if(
      name, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\\'; }, '_');
  return name.empty() ? "part" : name;
}

/// Hands full lines to the file in pieces.
class LineSink {
 public:
  LineSink(AtomicFile& file, const Context& ctx, std::size_t lines)
      : file_(file), ctx_(ctx), lines_(std::max<std::size_t>(1, lines)) {}
  std::string& text() { return text_; }
  void lineDone() {
    text_.push_back('\n');
    if ((++done_ & 0x3fff) == 0) flush();
  }
  void flush() {
    file_.write(text_);
    text_.clear();
    ctx_.report(std::min(1.f, static_cast<float>(done_) / static_cast<float>(lines_)));
  }

 private:
  AtomicFile& file_;
  const Context& ctx_;
  std::size_t lines_, done_ = 0;
  std::string text_;
};

void appendColour(std::string& text, Rgb colour) {
  // Four digits tell 256 levels apart.
  for (const int c : {colour.r, colour.g, colour.b})
    appendNumber(text += ' ', static_cast<float>(std::lround(c * 10000. / 255.)) / 10000.f);
}

}  // namespace

Mesh readObj(const std::filesystem::path& file, float mmPerUnit, const Context& ctx) {
  const InputFile input(file);
  const ObjContent content = parseObj(input, mmPerUnit, ctx.part(0.f, 0.8f));
  const std::vector<Rgb> colours = coloursOf(content);
  const Context joining = ctx.part(0.8f, 1.f);
  Mesh mesh;
  mesh.triangles.reserve(content.triangles.size());
  std::optional<VertexWelder> welder;
  auto nextObject = content.objects.begin();
  for (std::size_t f = 0; f < content.triangles.size(); ++f) {
    while (nextObject != content.objects.end() && *nextObject == f) {
      welder.reset();
      ++nextObject;
    }
    if (!welder) welder.emplace(mesh, shownName(file), !colours.empty());
    Triangle t = content.triangles[f];
    for (std::uint32_t& v : t)
      v = welder->add(content.positions[v], colours.empty() ? Rgb{} : colours[v]);
    mesh.triangles.push_back(t);
    if ((f & 0xffff) == 0)
      joining.report(static_cast<float>(f) / static_cast<float>(content.triangles.size()));
  }
  return mesh;
}

void writeObj(const std::filesystem::path& file, std::span<const NamedPart> parts, bool paint,
              const Context& ctx) {
  std::size_t lines = 0;
  for (const NamedPart& part : parts)
    lines += part.mesh->positions.size() + part.mesh->triangles.size();
  AtomicFile out(file);
  LineSink sink(out, ctx, lines);
  sink.text() += "# Maquette OBJ, millimetres, +Z up\n";
  std::uint32_t first = 1;
  for (const NamedPart& part : parts) {
    const Mesh& mesh = *part.mesh;
    sink.text() += "o " + oneLine(part.name);
    sink.lineDone();
    for (std::size_t v = 0; v < mesh.positions.size(); ++v) {
      sink.text() += 'v';
      for (int a = 0; a < 3; ++a) appendNumber(sink.text() += ' ', mesh.positions[v][a]);
      if (paint || !mesh.colours.empty())
        appendColour(sink.text(), mesh.colours.empty() ? part.colour : mesh.colours[v]);
      sink.lineDone();
    }
    for (const Triangle& t : mesh.triangles) {
      sink.text() += 'f';
      for (const std::uint32_t v : t) appendNumber(sink.text() += ' ', first + v);
      sink.lineDone();
    }
    first += static_cast<std::uint32_t>(mesh.positions.size());
  }
  sink.flush();
  out.commit();
}

}  // namespace maquette
