#include "io/threemf_builder.h"

#include <spdlog/fmt/fmt.h>

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/base/file_error.h"
#include "io/text_scanner.h"

namespace maquette::threemf {
namespace {

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

}  // namespace

Model readModel(const Package& package, const std::string& name, const Context& ctx) {
  Model model;
  ModelBuilder builder(package.file(), name, model);
  readXml(package, name,
          {[&](std::string_view element, const Attributes& a) { builder.start(element, a); },
           [&](std::string_view element) { builder.end(element); }},
          ctx);
  return model;
}

}  // namespace maquette::threemf
