#include "io/assimp_reader.h"

#include <assimp/scene.h>
#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <assimp/IOStream.hpp>
#include <assimp/IOSystem.hpp>
#include <assimp/Importer.hpp>
#include <assimp/ProgressHandler.hpp>
#include <cmath>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "core/base/error.h"
#include "core/base/file_error.h"
#include "core/base/log.h"
#include "io/collada_check.h"
#include "io/glb.h"
#include "io/input_file.h"
#include "io/vertex_welder.h"

namespace maquette {
namespace {

using Matrix = aiMatrix4x4t<double>;

constexpr int kMaxDepth = 512;  // of the scene's tree; a file can claim any

/// One file as Assimp reads it. Throws Cancelled from within; Assimp passes it on as a failure.
class Stream : public Assimp::IOStream {
 public:
  Stream(const std::filesystem::path& file, Context ctx) : input_(file), ctx_(std::move(ctx)) {}

  std::size_t Read(void* to, std::size_t size, std::size_t count) override {
    ctx_.report(0.5f * static_cast<float>(at_) / static_cast<float>(input_.size()));
    if (size == 0 || count == 0) return 0;
    const std::uint64_t left = (input_.size() - at_) / size;
    const std::size_t items = std::min<std::uint64_t>(count, left);
    const std::size_t got = input_.readAt(at_, to, items * size);
    at_ += got;
    return got / size;
  }
  std::size_t Write(const void*, std::size_t, std::size_t) override { return 0; }
  aiReturn Seek(std::size_t offset, aiOrigin origin) override {
    // Offsets from the end come as positive numbers from some importers, as negative from others.
    const auto signedOffset = static_cast<std::int64_t>(offset);
    const auto size = static_cast<std::int64_t>(input_.size());
    const std::int64_t base = origin == aiOrigin_SET   ? 0
                              : origin == aiOrigin_CUR ? static_cast<std::int64_t>(at_)
                                                       : size;
    const std::int64_t to = base + signedOffset;
    if (to < 0 || to > size) return aiReturn_FAILURE;
    at_ = static_cast<std::uint64_t>(to);
    return aiReturn_SUCCESS;
  }
  std::size_t Tell() const override { return at_; }
  std::size_t FileSize() const override { return input_.size(); }
  void Flush() override {}

 private:
  InputFile input_;
  Context ctx_;
  std::uint64_t at_ = 0;
};

/// Lets Assimp open regular files only: what a mesh refers to may be a pipe or a device.
class Files : public Assimp::IOSystem {
 public:
  explicit Files(Context ctx) : ctx_(std::move(ctx)) {}
  bool Exists(const char* file) const override {
    std::error_code error;
    return std::filesystem::is_regular_file(file, error);
  }
  char getOsSeparator() const override { return '/'; }
  Assimp::IOStream* Open(const char* file, const char* mode) override {
    if (mode && (*mode == 'w' || *mode == 'a')) return nullptr;
    try {
      return new Stream(file, ctx_);
    } catch (const FileError& error) {
      log("io")->info("a file that a mesh refers to: {}", error.what());
      return nullptr;
    }
  }
  void Close(Assimp::IOStream* stream) override { delete stream; }

 private:
  Context ctx_;
};

class Reporter : public Assimp::ProgressHandler {
 public:
  explicit Reporter(Context ctx) : ctx_(std::move(ctx)) {}
  bool Update(float) override { return !ctx_.stopRequested(); }

 private:
  Context ctx_;
};

/// How one format's numbers become millimetres, Z-up.
struct Convention {
  double mmPerUnit = 1.;
  bool yUp = false;
  bool linearColours = false;
};

template <class T>
std::optional<T> metadata(const aiScene& scene, const char* key) {
  T value{};
  if (scene.mMetaData && scene.mMetaData->Get(key, value)) return value;
  return {};
}

Convention conventionOf(const std::string& extension, const aiScene& scene) {
  if (extension == "glb" || extension == "gltf") return {1000., true, true};
  if (extension == "dae") return {1000., true, false};  // Assimp turns COLLADA to metres, Y-up
  if (extension == "fbx") {
    // UnitScaleFactor is in centimetres.
    const auto scale = metadata<double>(scene, "UnitScaleFactor");
    const auto scaleFloat = metadata<float>(scene, "UnitScaleFactor");
    const double centimetres = scale ? *scale : scaleFloat ? double(*scaleFloat) : 1.;
    return {10. * centimetres, metadata<int>(scene, "UpAxis").value_or(1) != 2, false};
  }
  return {};
}

Matrix toDouble(const aiMatrix4x4& m) {
  return {m.a1, m.a2, m.a3, m.a4, m.b1, m.b2, m.b3, m.b4,
          m.c1, m.c2, m.c3, m.c4, m.d1, m.d2, m.d3, m.d4};
}

/// How much a node enlarges; 1 where it makes no sense.
double scaleOf(const aiNode& node) {
  const double scale = std::cbrt(std::abs(toDouble(node.mTransformation).Determinant()));
  return std::isnormal(scale) ? scale : 1.;
}

/// Entries next to -1, 0 and 1 become just that: metres and back must not move a coordinate.
Matrix snapped(Matrix m) {
  for (unsigned row = 0; row < 3; ++row)
    for (unsigned column = 0; column < 3; ++column) {
      const double nearest = std::round(m[row][column]);
      if (std::abs(m[row][column] - nearest) < 1e-6 && std::abs(nearest) <= 1.)
        m[row][column] = nearest;
    }
  return m;
}

Vec3 apply(const Matrix& m, const aiVector3D& p) {
  return {static_cast<float>(m.a1 * p.x + m.a2 * p.y + m.a3 * p.z + m.a4),
          static_cast<float>(m.b1 * p.x + m.b2 * p.y + m.b3 * p.z + m.b4),
          static_cast<float>(m.c1 * p.x + m.c2 * p.y + m.c3 * p.z + m.c4)};
}

/// Turns the scene into one mesh, node by node in the order of the file.
class Flattener {
 public:
  Flattener(const aiScene& scene, const std::filesystem::path& file, Convention convention,
            const Context& ctx)
      : scene_(scene), file_(file), convention_(std::move(convention)), ctx_(ctx) {
    coloured_ = isColoured();
  }

  Mesh flatten() {
    const double s = convention_.mmPerUnit;
    const Matrix base = convention_.yUp ? Matrix{s, 0, 0, 0, 0, 0, -s, 0, 0, s, 0, 0, 0, 0, 0, 1}
                                        : Matrix{s, 0, 0, 0, 0, s, 0, 0, 0, 0, s, 0, 0, 0, 0, 1};
    addNode(*scene_.mRootNode, base, 0);
    return std::move(mesh_);
  }

 private:
  aiColor4D diffuse(const aiMesh& mesh) const {
    aiColor4D colour(1.f, 1.f, 1.f, 1.f);
    if (mesh.mMaterialIndex < scene_.mNumMaterials) {
      const aiMaterial& material = *scene_.mMaterials[mesh.mMaterialIndex];
      if (material.Get(AI_MATKEY_BASE_COLOR, colour) != aiReturn_SUCCESS)
        material.Get(AI_MATKEY_COLOR_DIFFUSE, colour);
    }
    return colour;
  }

  /// Colours are kept where vertices have them, or where materials tell pieces apart.
  bool isColoured() const {
    for (unsigned m = 0; m < scene_.mNumMeshes; ++m) {
      if (scene_.mMeshes[m]->HasVertexColors(0)) return true;
      if (diffuse(*scene_.mMeshes[m]) != diffuse(*scene_.mMeshes[0])) return true;
    }
    return false;
  }

  Rgb toRgb(const aiColor4D& c) const {
    const auto channel = [&](float v) {
      if (convention_.linearColours) return srgbFromLinear(v);
      const float clamped = std::isfinite(v) ? std::clamp(v, 0.f, 1.f) : 0.f;
      return static_cast<std::uint8_t>(std::lround(clamped * 255.f));
    };
    return {channel(c.r), channel(c.g), channel(c.b)};
  }

  void addNode(const aiNode& node, const Matrix& parent, int depth) {
    if (depth > kMaxDepth) throwDamaged(file_, "is damaged: its objects are nested too deeply");
    const Matrix world = parent * toDouble(node.mTransformation);
    const Matrix exact = snapped(world);
    VertexWelder welder(mesh_, shownName(file_), coloured_);
    for (unsigned i = 0; i < node.mNumMeshes; ++i) {
      if (node.mMeshes[i] >= scene_.mNumMeshes)
        throwDamaged(file_, "is damaged: a mesh is missing");
      addMesh(*scene_.mMeshes[node.mMeshes[i]], exact, welder);
    }
    for (unsigned i = 0; i < node.mNumChildren; ++i) addNode(*node.mChildren[i], world, depth + 1);
  }

  void addMesh(const aiMesh& source, const Matrix& world, VertexWelder& welder) {
    const bool mirrored = world.Determinant() < 0.;
    const Rgb plain = toRgb(diffuse(source));
    std::vector<std::uint32_t> corners;
    for (unsigned f = 0; f < source.mNumFaces; ++f) {
      if ((f & 0x3fff) == 0) ctx_.check();
      const aiFace& face = source.mFaces[f];
      if (face.mNumIndices < 3) continue;  // points and lines
      corners.clear();
      for (unsigned k = 0; k < face.mNumIndices; ++k) {
        const unsigned v = face.mIndices[k];
        if (v >= source.mNumVertices)
          throwDamaged(file_, fmt::format("is damaged: a face uses vertex {} of {}", v,
                                          source.mNumVertices));
        corners.push_back(
            welder.add(apply(world, source.mVertices[v]),
                       source.HasVertexColors(0) ? toRgb(source.mColors[0][v]) : plain));
      }
      for (std::size_t k = 2; k < corners.size(); ++k)
        mesh_.triangles.push_back(mirrored ? Triangle{corners[0], corners[k], corners[k - 1]}
                                           : Triangle{corners[0], corners[k - 1], corners[k]});
    }
  }

  const aiScene& scene_;
  const std::filesystem::path& file_;
  const Convention convention_;
  const Context& ctx_;
  Mesh mesh_;
  bool coloured_ = false;
};

}  // namespace

ReadResult readWithAssimp(const std::filesystem::path& file, const ReadOptions& options,
                          const Context& ctx) {
  { const InputFile check(file); }  // says in words what Assimp only calls "unable to open"
  if (extensionOf(file) == "dae") requireSafeCollada(file, ctx.part(0.f, 0.f));
  Assimp::Importer importer;
  importer.SetIOHandler(new Files(ctx.part(0.f, 0.8f)));  // the importer owns both
  importer.SetProgressHandler(new Reporter(ctx));
  const aiScene* scene = importer.ReadFile(file.string(), 0);
  ctx.check();
  if (!scene || !scene->mRootNode)
    throw FileError(fmt::format("{} cannot be read: it is damaged, or not what its name says. "
                                "Export it again, or use another copy.",
                                shownName(file)),
                    fmt::format("{}: {}", file.string(), importer.GetErrorString()));
  Convention convention = conventionOf(extensionOf(file), *scene);
  ReadResult result;
  if (options.mmPerUnit) {
    convention.mmPerUnit = *options.mmPerUnit;
    // COLLADA's own unit is in the root's scale already, and has to come out again.
    if (extensionOf(file) == "dae") convention.mmPerUnit /= scaleOf(*scene->mRootNode);
  }
  result.mesh = Flattener(*scene, file, convention, ctx.part(0.8f, 1.f)).flatten();
  return result;
}

}  // namespace maquette
