#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "core/base/file_error.h"
#include "io/threemf.h"
#include "io/threemf_builder.h"
#include "io/threemf_model.h"
#include "io/threemf_package.h"
#include "io/vertex_welder.h"

namespace maquette {
namespace {

using namespace threemf;

constexpr int kMaxDepth = 64;            // of components within components
constexpr std::size_t kMaxPlaced = 1e6;  // objects placed; a few nested lines can ask for billions
constexpr std::uint64_t kMaxTriangles = 1ull << 30;

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
    const XmlHandlers handlers{[&](std::string_view element, const Attributes& a) {
                                 if (element == "Relationship" && a["Type"].ends_with("/3dmodel"))
                                   target = a["Target"];
                               },
                               [](std::string_view) {}};
    readXml(package_, "_rels/.rels", handlers, ctx_.part(0.f, 0.f));
    if (target.empty()) throwDamaged(package_.file(), "is damaged: no model is in it");
    return target;
  }

  /// Reads it the first time it is asked for.
  const Model& modelNamed(const std::string& name) {
    const auto [at, isNew] = models_.try_emplace(name);
    if (isNew)
      at->second = readModel(package_, name,
                             models_.size() == 1 ? ctx_.part(0.f, 0.8f) : ctx_.part(0.8f, 0.8f));
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
