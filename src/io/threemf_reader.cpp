#include <expat.h>
#include <spdlog/fmt/fmt.h>
#include <zip.h>

#include <array>
#include <cstring>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/error.h"
#include "io/file_error.h"
#include "io/input_file.h"
#include "io/text_scanner.h"
#include "io/threemf.h"
#include "io/vertex_welder.h"

namespace maquette {
namespace {

constexpr int kMaxDepth = 64;            // of components within components
constexpr std::size_t kMaxPlaced = 1e6;  // objects placed; a few nested lines can ask for billions
constexpr std::uint64_t kMaxTriangles = 1ull << 30;

/// Rows of "m00 m01 m02 m10 ... m32": p' = p M (3MF core 1.3, 3.3).
using Transform = std::array<double, 12>;
constexpr Transform kIdentity{1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0};

Vec3 apply(const Transform& m, Vec3 p) {
  const auto axis = [&](std::size_t k) {
    return static_cast<float>(p.x * m[k] + p.y * m[3 + k] + p.z * m[6 + k] + m[9 + k]);
  };
  return {axis(0), axis(1), axis(2)};
}

/// First `a`, then `b`.
Transform then(const Transform& a, const Transform& b) {
  Transform out{};
  for (std::size_t row = 0; row < 4; ++row)
    for (std::size_t k = 0; k < 3; ++k) {
      for (std::size_t j = 0; j < 3; ++j) out[3 * row + k] += a[3 * row + j] * b[3 * j + k];
      if (row == 3) out[3 * row + k] += b[9 + k];
    }
  return out;
}

bool isMirror(const Transform& m) {
  return m[0] * (m[4] * m[8] - m[5] * m[7]) - m[1] * (m[3] * m[8] - m[5] * m[6]) +
             m[2] * (m[3] * m[7] - m[4] * m[6]) <
         0.;
}

/// One object put somewhere: an item of the build, or a component.
struct Placement {
  std::string model;  // the model file it is in
  std::string object;
  Transform transform = kIdentity;
};

struct Object {
  std::vector<Vec3> positions;
  std::vector<Triangle> triangles;
  std::vector<std::array<Rgb, 3>> colours;  // empty or one a triangle
  std::optional<Rgb> colour;                // of triangles without their own
  std::vector<Placement> components;
  bool support = false;
};

/// One model file of the package.
struct Model {
  double mmPerUnit = 1.;
  std::map<std::string, Object> objects;
  std::map<std::string, std::vector<Rgb>> palettes;  // base materials and colour groups
  std::vector<Placement> items;
};

/// The archive. Entries are found without regard to a leading slash.
class Package {
 public:
  explicit Package(const std::filesystem::path& file) : file_(file) {
    { const InputFile check(file); }  // a regular file with something in it
    int code = 0;
    archive_.reset(zip_open(file.c_str(), ZIP_RDONLY, &code));
    if (!archive_) throwDamaged(file, "is not a 3MF file, or it is cut short");
  }

  /// Calls use(piece, fraction) for the entry's content, piece by piece.
  void read(const std::string& name,
            const std::function<void(std::string_view, float, bool last)>& use) const {
    const zip_int64_t index =
        zip_name_locate(archive_.get(), name.c_str() + name.starts_with('/'), ZIP_FL_NOCASE);
    zip_stat_t info{};
    const std::unique_ptr<zip_file_t, decltype(&zip_fclose)> entry(
        index < 0 ? nullptr : zip_fopen_index(archive_.get(), zip_uint64_t(index), 0), &zip_fclose);
    if (!entry || zip_stat_index(archive_.get(), zip_uint64_t(index), 0, &info) != 0)
      throwDamaged(file_, fmt::format("is damaged: {} is missing in it", shownText(name)));
    std::vector<char> piece(1 << 16);
    std::uint64_t done = 0;
    while (true) {
      const zip_int64_t got = zip_fread(entry.get(), piece.data(), piece.size());
      if (got < 0) throwDamaged(file_, "is damaged: it cannot be unpacked");
      done += std::uint64_t(got);
      const float size = std::max<float>(1.f, static_cast<float>(info.size));
      use({piece.data(), std::size_t(got)}, std::min(1.f, static_cast<float>(done) / size),
          got == 0);
      if (got == 0) return;
    }
  }

  const std::filesystem::path& file() const { return file_; }

 private:
  struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
  };
  const std::filesystem::path& file_;
  std::unique_ptr<zip_t, Discard> archive_;
};

/// An XML element's attributes by local name.
class Attributes {
 public:
  explicit Attributes(const XML_Char** pairs) : pairs_(pairs) {}
  /// Empty when absent.
  std::string_view operator[](std::string_view name) const {
    for (const XML_Char** at = pairs_; *at; at += 2) {
      const std::string_view full = *at;
      const std::size_t bar = full.rfind('|');
      if ((bar == full.npos ? full : full.substr(bar + 1)) == name) return at[1];
    }
    return {};
  }

 private:
  const XML_Char** pairs_;
};

/// Feeds one XML entry through expat. Exceptions must not pass through C, so they wait outside.
class XmlReader {
 public:
  using Start = std::function<void(std::string_view name, const Attributes&)>;
  using End = std::function<void(std::string_view name)>;

  XmlReader(Start start, End end) : start_(std::move(start)), end_(std::move(end)) {}

  void read(const Package& package, const std::string& entry, const Context& ctx) {
    const std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)> parser(
        XML_ParserCreateNS(nullptr, '|'), &XML_ParserFree);
    if (!parser) throw std::bad_alloc();
    XML_SetUserData(parser.get(), this);
    XML_SetElementHandler(parser.get(), &XmlReader::onStart, &XmlReader::onEnd);
    XML_SetStartDoctypeDeclHandler(parser.get(), &XmlReader::onDoctype);
    parser_ = parser.get();
    package.read(entry, [&](std::string_view piece, float fraction, bool last) {
      const auto status =
          XML_Parse(parser.get(), piece.data(), static_cast<int>(piece.size()), last);
      if (error_) std::rethrow_exception(error_);
      if (status != XML_STATUS_OK)
        throwDamaged(package.file(), fmt::format("is damaged: line {} of its model makes no sense",
                                                 XML_GetCurrentLineNumber(parser.get())));
      ctx.report(fraction);
    });
  }

 private:
  /// Core, materials and production extensions; slicers add their own, which say nothing to us.
  static bool isKnown(std::string_view full) {
    return full.find('|') == full.npos || full.find("/3dmanufacturing/") != full.npos ||
           full.find("/package/2006/") != full.npos;
  }
  static std::string_view local(std::string_view full) { return full.substr(full.rfind('|') + 1); }

  void guarded(const std::function<void()>& work) {
    if (error_) return;
    try {
      work();
    } catch (...) {
      error_ = std::current_exception();
      XML_StopParser(parser_, XML_FALSE);
    }
  }
  static void onStart(void* self, const XML_Char* name, const XML_Char** attributes) {
    auto& reader = *static_cast<XmlReader*>(self);
    if (isKnown(name)) reader.guarded([&] { reader.start_(local(name), Attributes(attributes)); });
  }
  static void onEnd(void* self, const XML_Char* name) {
    auto& reader = *static_cast<XmlReader*>(self);
    if (isKnown(name)) reader.guarded([&] { reader.end_(local(name)); });
  }
  /// 3MF forbids them (core 1.3, 2.3.1); they are good for attacks only.
  static void onDoctype(void* self, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    XML_StopParser(static_cast<XmlReader*>(self)->parser_, XML_FALSE);
  }

  Start start_;
  End end_;
  XML_Parser parser_ = nullptr;
  std::exception_ptr error_;
};

/// Builds a Model from the elements of one model file.
class ModelBuilder {
 public:
  ModelBuilder(const std::filesystem::path& file, std::string name, Model& model)
      : file_(file), name_(std::move(name)), model_(model) {}

  void start(std::string_view element, const Attributes& a) {
    if (element == "vertex" && object_)
      object_->positions.push_back({number(a["x"]), number(a["y"]), number(a["z"])});
    else if (element == "triangle" && object_)
      addTriangle(a);
    else if (element == "model")
      model_.mmPerUnit = unit(a["unit"]);
    else if (element == "object")
      startObject(a);
    else if (element == "component" && object_)
      object_->components.push_back(placement(a));
    else if (element == "item")
      model_.items.push_back(placement(a));
    else if (element == "basematerials" || element == "colorgroup")
      palette_ = &model_.palettes[std::string(a["id"])];
    else if ((element == "base" || element == "color") && palette_)
      palette_->push_back(colour(element == "base" ? a["displaycolor"] : a["color"]));
  }

  void end(std::string_view element) {
    if (element == "mesh" && object_) {
      for (const Triangle& t : object_->triangles)
        for (const std::uint32_t v : t)
          if (v >= object_->positions.size())
            throwDamaged(file_, fmt::format("is damaged: a triangle uses vertex {} of {}", v,
                                            object_->positions.size()));
    } else if (element == "object") {
      object_ = nullptr;
    } else if (element == "basematerials" || element == "colorgroup") {
      palette_ = nullptr;
    }
  }

 private:
  [[noreturn]] void fail(std::string_view text) const {
    throwDamaged(file_, fmt::format("is damaged: {} is not a number", shownText(text, 40)));
  }
  float number(std::string_view text) const {
    float value = 0.f;
    if (!parse(text, value)) fail(text);
    return value;
  }
  std::uint32_t index(std::string_view text) const {
    std::int64_t value = -1;
    if (!parse(text, value) || value < 0 || value > 0xfffffffell) fail(text);
    return static_cast<std::uint32_t>(value);
  }

  double unit(std::string_view name) const {
    static const std::map<std::string_view, double> kUnits{
        {"", 1.},       {"micron", 0.001}, {"millimeter", 1.}, {"centimeter", 10.},
        {"inch", 25.4}, {"foot", 304.8},   {"meter", 1000.}};
    const auto known = kUnits.find(name);
    if (known == kUnits.end())
      throwDamaged(file_, fmt::format("is damaged: {} is no unit", shownText(name, 40)));
    return known->second;
  }

  static Rgb colour(std::string_view text) {
    std::array<int, 6> digits{};
    if (text.size() < 7 || text[0] != '#') return {255, 255, 255};
    for (std::size_t i = 0; i < digits.size(); ++i) {
      const char c = text[i + 1];
      digits[i] = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : 0;
    }
    const auto channel = [&](std::size_t i) {
      return static_cast<std::uint8_t>(16 * digits[i] + digits[i + 1]);
    };
    return {channel(0), channel(2), channel(4)};
  }

  std::optional<Rgb> paletteColour(std::string_view palette, std::string_view at) const {
    const auto known = model_.palettes.find(std::string(palette));
    std::int64_t i = 0;
    if (known == model_.palettes.end() || !parse(at, i) || i < 0 ||
        i >= static_cast<std::int64_t>(known->second.size()))
      return {};
    return known->second[static_cast<std::size_t>(i)];
  }

  void startObject(const Attributes& a) {
    object_ = &model_.objects[std::string(a["id"])];
    *object_ = {};  // a second one of that id replaces the first
    const std::string_view type = a["type"];
    object_->support = type == "support" || type == "solidsupport";
    palette0_ = std::string(a["pid"]);
    object_->colour = paletteColour(palette0_, a["pindex"]);
  }

  void addTriangle(const Attributes& a) {
    object_->triangles.push_back({index(a["v1"]), index(a["v2"]), index(a["v3"])});
    const std::string_view first = a["p1"];
    if (first.empty()) {
      if (!object_->colours.empty())
        object_->colours.push_back(uniform(object_->colour.value_or(kWhite)));
      return;
    }
    const std::string_view palette = a["pid"].empty() ? std::string_view(palette0_) : a["pid"];
    const Rgb c = paletteColour(palette, first).value_or(kWhite);
    const auto corner = [&](std::string_view at) {
      return at.empty() ? c : paletteColour(palette, at).value_or(c);
    };
    object_->colours.resize(object_->triangles.size() - 1,
                            uniform(object_->colour.value_or(kWhite)));
    object_->colours.push_back({c, corner(a["p2"]), corner(a["p3"])});
  }

  Placement placement(const Attributes& a) const {
    Placement placed{std::string(a["path"]), std::string(a["objectid"]), kIdentity};
    if (placed.model.empty()) placed.model = name_;
    std::string_view text = a["transform"];
    if (text.empty()) return placed;
    TextScanner scan(text, file_);
    scan.nextLine();
    for (double& entry : placed.transform) entry = scan.number();
    return placed;
  }

  static constexpr Rgb kWhite{255, 255, 255};
  static std::array<Rgb, 3> uniform(Rgb c) { return {c, c, c}; }

  const std::filesystem::path& file_;
  std::string name_;
  Model& model_;
  Object* object_ = nullptr;             // between its tags
  std::vector<Rgb>* palette_ = nullptr;  // between its tags
  std::string palette0_;                 // the object's own
};

/// Reads the model files that the build needs and puts everything in its place.
class Reader {
 public:
  Reader(const std::filesystem::path& file, const Context& ctx) : package_(file), ctx_(ctx) {}

  ReadResult read(const ReadOptions& options) {
    const Model& root = modelNamed(rootModel());
    scale_ = options.mmPerUnit ? double(*options.mmPerUnit) : root.mmPerUnit;
    const Transform toMm{scale_, 0, 0, 0, scale_, 0, 0, 0, scale_, 0, 0, 0};
    coloured_ = isColoured(root);
    for (const Placement& item : root.items) place(item, toMm, 0);
    if (supports_) result_.notes.push_back("Supports in the file were left out.");
    return std::move(result_);
  }

 private:
  std::string rootModel() {
    std::string target;
    XmlReader reader(
        [&](std::string_view element, const Attributes& a) {
          if (element == "Relationship" && a["Type"].ends_with("/3dmodel")) target = a["Target"];
        },
        [](std::string_view) {});
    reader.read(package_, "_rels/.rels", ctx_.part(0.f, 0.f));
    if (target.empty()) throwDamaged(package_.file(), "is damaged: no model is in it");
    return target;
  }

  /// Reads it the first time it is asked for.
  const Model& modelNamed(const std::string& name) {
    const auto [at, isNew] = models_.try_emplace(name);
    if (isNew) {
      ModelBuilder builder(package_.file(), name, at->second);
      XmlReader reader(
          [&](std::string_view element, const Attributes& a) { builder.start(element, a); },
          [&](std::string_view element) { builder.end(element); });
      reader.read(package_, name,
                  models_.size() == 1 ? ctx_.part(0.f, 0.8f) : ctx_.part(0.8f, 0.8f));
    }
    return at->second;
  }

  /// Colours are kept where there is more than one.
  bool isColoured(const Model& root) {
    std::set<std::array<std::uint8_t, 3>> seen;
    for (const Placement& item : root.items) collectColours(item, 0, seen);
    return seen.size() > 1;
  }

  void collectColours(const Placement& placed, int depth,
                      std::set<std::array<std::uint8_t, 3>>& seen) {
    if (depth > kMaxDepth || seen.size() > 1 || ++visited_ > kMaxPlaced) return;
    const Object& object = objectOf(placed);
    if (object.colour && !object.triangles.empty())
      seen.insert({object.colour->r, object.colour->g, object.colour->b});
    for (const auto& corners : object.colours)
      for (const Rgb c : corners)
        if (seen.size() < 2) seen.insert({c.r, c.g, c.b});
    for (const Placement& component : object.components) collectColours(component, depth + 1, seen);
  }

  const Object& objectOf(const Placement& placed) {
    const Model& model = modelNamed(placed.model);
    const auto known = model.objects.find(placed.object);
    if (known == model.objects.end())
      throwDamaged(package_.file(), "is damaged: it uses an object that is not there");
    return known->second;
  }

  void place(const Placement& placed, const Transform& parent, int depth) {
    ctx_.check();
    if (depth > kMaxDepth || ++placed_ > kMaxPlaced)
      throwDamaged(package_.file(), "is damaged: its objects are nested too deeply");
    const Object& object = objectOf(placed);
    if (object.support) {
      supports_ = true;
      return;
    }
    const Transform world = then(placed.transform, parent);
    if (result_.mesh.triangles.size() + object.triangles.size() > kMaxTriangles)
      throwDamaged(package_.file(), "is damaged: it asks for more triangles than anything has");
    addTriangles(object, world);
    for (const Placement& component : object.components) place(component, world, depth + 1);
  }

  void addTriangles(const Object& object, const Transform& world) {
    Mesh& mesh = result_.mesh;
    VertexWelder welder(mesh, shownName(package_.file()), coloured_);
    const bool mirrored = isMirror(world);
    const Rgb plain = object.colour.value_or(Rgb{255, 255, 255});
    for (std::size_t f = 0; f < object.triangles.size(); ++f) {
      if ((f & 0x3fff) == 0) ctx_.check();
      Triangle t = object.triangles[f];
      for (std::size_t k = 0; k < 3; ++k)
        t[k] = welder.add(apply(world, object.positions[t[k]]),
                          object.colours.empty() ? plain : object.colours[f][k]);
      if (mirrored) std::swap(t[1], t[2]);
      mesh.triangles.push_back(t);
    }
  }

  Package package_;
  const Context& ctx_;
  std::map<std::string, Model> models_;
  ReadResult result_;
  double scale_ = 1.;
  bool coloured_ = false;
  bool supports_ = false;
  std::size_t placed_ = 0, visited_ = 0;
};

}  // namespace

ReadResult readThreeMf(const std::filesystem::path& file, const ReadOptions& options,
                       const Context& ctx) {
  return Reader(file, ctx).read(options);
}

}  // namespace maquette
