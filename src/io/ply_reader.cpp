#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "io/input_file.h"
#include "io/ply.h"
#include "io/text_scanner.h"
#include "io/vertex_welder.h"

namespace maquette {
namespace {

struct Scalar {
  char kind = 0;  // 'i' signed, 'u' unsigned, 'f' real
  unsigned bytes = 0;
};

enum class Role { none, x, y, z, red, green, blue, indices };

struct Property {
  Scalar type;
  Scalar countType;  // of a list
  bool isList = false;
  Role role = Role::none;
};

struct Element {
  std::string name;
  std::uint64_t count = 0;
  std::vector<Property> properties;
};

enum class Encoding { ascii, little, big };

struct Header {
  Encoding encoding = Encoding::ascii;
  std::vector<Element> elements;
};

Scalar scalarOf(const TextScanner& scan, std::string_view name) {
  using Row = std::pair<std::string_view, Scalar>;
  static constexpr std::array<Row, 16> kNames{{{"char", {'i', 1}},
                                               {"int8", {'i', 1}},
                                               {"uchar", {'u', 1}},
                                               {"uint8", {'u', 1}},
                                               {"short", {'i', 2}},
                                               {"int16", {'i', 2}},
                                               {"ushort", {'u', 2}},
                                               {"uint16", {'u', 2}},
                                               {"int", {'i', 4}},
                                               {"int32", {'i', 4}},
                                               {"uint", {'u', 4}},
                                               {"uint32", {'u', 4}},
                                               {"float", {'f', 4}},
                                               {"float32", {'f', 4}},
                                               {"double", {'f', 8}},
                                               {"float64", {'f', 8}}}};
  for (const auto& [known, scalar] : kNames)
    if (name == known) return scalar;
  scan.fail(fmt::format("{} is not a type", shownText(name, 40)));
}

Role roleOf(std::string_view element, std::string_view name, bool isList) {
  using Row = std::pair<std::string_view, Role>;
  static constexpr std::array<Row, 9> kVertex{{{"x", Role::x},
                                               {"y", Role::y},
                                               {"z", Role::z},
                                               {"red", Role::red},
                                               {"green", Role::green},
                                               {"blue", Role::blue},
                                               {"r", Role::red},
                                               {"g", Role::green},
                                               {"b", Role::blue}}};
  if (element == "face" && isList && (name == "vertex_indices" || name == "vertex_index"))
    return Role::indices;
  if (element != "vertex" || isList) return Role::none;
  const auto row = std::ranges::find(kVertex, name, &Row::first);
  return row == kVertex.end() ? Role::none : row->second;
}

Property readProperty(TextScanner& scan, std::string_view element) {
  Property property;
  std::string_view type = scan.word();
  if (type == "list") {
    property.isList = true;
    property.countType = scalarOf(scan, scan.word());
    if (property.countType.kind == 'f') scan.fail("a list cannot be counted in reals");
    type = scan.word();
  }
  property.type = scalarOf(scan, type);
  property.role = roleOf(element, scan.word(), property.isList);
  return property;
}

Header readHeader(TextScanner& scan, const std::filesystem::path& file) {
  if (!scan.nextLine() || scan.word() != "ply") throwDamaged(file, "is not a PLY file");
  Header header;
  while (scan.nextLine()) {
    const std::string_view word = scan.word();
    if (word == "format") {
      const std::string_view name = scan.word();
      if (name != "ascii" && name != "binary_little_endian" && name != "binary_big_endian")
        scan.fail("an unknown format");
      header.encoding = name == "ascii"                  ? Encoding::ascii
                        : name == "binary_little_endian" ? Encoding::little
                                                         : Encoding::big;
    } else if (word == "element") {
      Element element{std::string(scan.word()), 0, {}};
      std::int64_t count = 0;
      if (!parse(scan.word(), count) || count < 0) scan.fail("a count is missing");
      element.count = static_cast<std::uint64_t>(count);
      header.elements.push_back(std::move(element));
    } else if (word == "property") {
      if (header.elements.empty()) scan.fail("a property of nothing");
      Element& element = header.elements.back();
      element.properties.push_back(readProperty(scan, element.name));
    } else if (word == "end_header") {
      return header;
    }
  }
  throwDamaged(file, "is cut short");
}

/// The values behind the header, one by one.
class Values {
 public:
  Values(std::string_view data, Encoding encoding, TextScanner& scan,
         const std::filesystem::path& file)
      : data_(data), encoding_(encoding), scan_(scan), file_(file) {}

  /// ASCII has one element a line.
  void beginElement() {
    if (encoding_ != Encoding::ascii) return;
    do {
      if (!scan_.nextLine()) throwCut();
    } while (scan_.rest().empty());
  }

  double next(Scalar type) {
    if (encoding_ == Encoding::ascii) return nextWord();
    if (data_.size() - at_ < type.bytes) throwCut();
    std::array<unsigned char, 8> bytes{};
    std::memcpy(bytes.data(), data_.data() + at_, type.bytes);
    at_ += type.bytes;
    if (encoding_ == Encoding::big) std::reverse(bytes.begin(), bytes.begin() + type.bytes);
    const auto bits = std::bit_cast<std::uint64_t>(bytes);
    if (type.kind == 'f')
      return type.bytes == 8 ? std::bit_cast<double>(bits)
                             : double(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    const unsigned unused = 64 - 8 * type.bytes;
    return type.kind == 'u' ? double(bits)
                            : double(static_cast<std::int64_t>(bits << unused) >> unused);
  }

  /// The length of a list. Text can say anything, even what no whole number holds.
  std::uint64_t nextCount(Scalar type) {
    const double count = next(type);
    if (!(count >= 0. && count <= std::numeric_limits<std::uint32_t>::max())) throwCut();
    return static_cast<std::uint64_t>(count);
  }

  float fraction() const {
    return encoding_ == Encoding::ascii
               ? scan_.fraction()
               : static_cast<float>(at_) / static_cast<float>(data_.size());
  }

  [[noreturn]] void throwCut() const {
    throwDamaged(file_, "is cut short: it promises more than it holds");
  }

 private:
  double nextWord() {
    const std::string_view word = scan_.word();
    if (word.empty()) throwCut();
    double value = 0.;
    if (!parse(word, value)) scan_.fail(fmt::format("{} is not a number", shownText(word, 40)));
    return value;
  }

  std::string_view data_;
  Encoding encoding_;
  TextScanner& scan_;
  const std::filesystem::path& file_;
  std::size_t at_ = 0;
};

/// What the file says, before vertices are joined.
struct Content {
  std::vector<Vec3> positions;
  std::vector<Rgb> colours;
  std::vector<Triangle> triangles;
};

std::uint8_t channel(double value, Scalar type) {
  if (!std::isfinite(value)) return 0;
  const double scale = type.kind == 'f' ? 255. : type.bytes == 2 ? 1. / 257. : 1.;
  return static_cast<std::uint8_t>(std::lround(std::clamp(value * scale, 0., 255.)));
}

void readVertex(const Element& element, Values& values, Content& content) {
  Vec3 position;
  Rgb colour;
  bool coloured = false;
  for (const Property& property : element.properties) {
    std::uint64_t count = 1;
    if (property.isList) {
      count = values.nextCount(property.countType);
    }
    double value = 0.;
    for (std::uint64_t i = 0; i < count; ++i) value = values.next(property.type);
    switch (property.role) {
      case Role::x:
      case Role::y:
      case Role::z:
        position[static_cast<int>(property.role) - static_cast<int>(Role::x)] =
            static_cast<float>(value);
        break;
      case Role::red:
        colour.r = channel(value, property.type);
        coloured = true;
        break;
      case Role::green:
        colour.g = channel(value, property.type);
        break;
      case Role::blue:
        colour.b = channel(value, property.type);
        break;
      default:
        break;
    }
  }
  content.positions.push_back(position);
  if (coloured) content.colours.push_back(colour);
}

void readFace(const Element& element, Values& values, std::vector<std::uint32_t>& corners,
              const std::filesystem::path& file, Content& content) {
  for (const Property& property : element.properties) {
    const std::uint64_t count = property.isList ? values.nextCount(property.countType) : 1;
    corners.clear();
    for (std::uint64_t i = 0; i < count; ++i) {
      const double v = values.next(property.type);
      if (property.role != Role::indices) continue;
      if (!(v >= 0. && v < double(content.positions.size())))
        throwDamaged(file, fmt::format("is damaged: face {} uses vertex {} of {}",
                                       content.triangles.size(), v, content.positions.size()));
      corners.push_back(static_cast<std::uint32_t>(v));
    }
    for (std::size_t k = 2; k < corners.size(); ++k)
      content.triangles.push_back({corners[0], corners[k - 1], corners[k]});
  }
}

Content readContent(const InputFile& input, float mmPerUnit, const Context& ctx) {
  const std::string text = input.readAll(ctx.part(0.f, 0.3f));
  const Context parsing = ctx.part(0.3f, 1.f);
  TextScanner scan(text, input.path());
  const Header header = readHeader(scan, input.path());
  Values values(std::string_view(text).substr(scan.nextOffset()), header.encoding, scan,
                input.path());
  Content content;
  std::vector<std::uint32_t> corners;
  for (const Element& element : header.elements) {
    if (element.properties.empty()) continue;  // nothing of it is in the file
    if (element.name == "tristrips")
      throw Unsupported(shownName(input.path()) +
                        " holds triangle strips, which Maquette does not read. Export it with "
                        "ordinary faces.");
    // A count that cannot be true is not worth memory; every element takes a byte at least.
    if (element.count > text.size()) values.throwCut();
    for (std::uint64_t i = 0; i < element.count; ++i) {
      if ((i & 0x3fff) == 0) parsing.report(values.fraction());
      values.beginElement();
      if (element.name == "vertex")
        readVertex(element, values, content);
      else
        readFace(element, values, corners, input.path(), content);
    }
  }
  for (Vec3& p : content.positions) p *= mmPerUnit;
  return content;
}

}  // namespace

Mesh readPly(const std::filesystem::path& file, float mmPerUnit, const Context& ctx) {
  const Content content = readContent(InputFile(file), mmPerUnit, ctx.part(0.f, 0.8f));
  const Context joining = ctx.part(0.8f, 1.f);
  const bool coloured =
      !content.colours.empty() && content.colours.size() == content.positions.size();
  Mesh mesh;
  mesh.triangles.reserve(content.triangles.size());
  VertexWelder welder(mesh, shownName(file), coloured);
  for (std::size_t f = 0; f < content.triangles.size(); ++f) {
    if ((f & 0xffff) == 0)
      joining.report(static_cast<float>(f) / static_cast<float>(content.triangles.size()));
    Triangle t = content.triangles[f];
    for (std::uint32_t& v : t)
      v = welder.add(content.positions[v], coloured ? content.colours[v] : Rgb{});
    mesh.triangles.push_back(t);
  }
  return mesh;
}

}  // namespace maquette
