#include "core/render/raster.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "core/base/error.h"
#include "core/geometry/bounds.h"
#include "core/jobs/parallel.h"
#include "core/render/contact_shadow.h"
#include "core/render/rasterise.h"
#include "core/render/sky_light.h"
#include "core/render/smooth_surface.h"

namespace maquette {
namespace {

constexpr int kSamples = 2;    // along each side of a pixel
constexpr int kBandRows = 32;  // rows of samples that one task draws
constexpr int kLargest = 16384;
constexpr std::uint32_t kNothing = std::numeric_limits<std::uint32_t>::max();

/// The camera's axes.
struct Axes {
  Vec3 right, up, towardsEye;
};

Axes axesOf(const OrthoView& view) {
  const float a = view.azimuthDegrees * std::numbers::pi_v<float> / 180.f;
  const float e = view.elevationDegrees * std::numbers::pi_v<float> / 180.f;
  Axes axes;
  axes.towardsEye = {std::sin(a) * std::cos(e), -std::cos(a) * std::cos(e), std::sin(e)};
  axes.right = {std::cos(a), std::sin(a), 0.f};
  axes.up = cross(axes.towardsEye, axes.right);
  return axes;
}

/// From millimetres to pixels (y down, z towards the eye in mm).
struct Projection {
  Projection(const OrthoView& view, int width, int height)
      : axes(axesOf(view)),
        target(view.target),
        scale(float(height) / view.heightMm),
        middleX(float(width) / 2.f),
        middleY(float(height) / 2.f) {}
  Vec3 operator()(Vec3 p) const {
    const Vec3 d = p - target;
    return {middleX + dot(d, axes.right) * scale, middleY - dot(d, axes.up) * scale,
            dot(d, axes.towardsEye)};
  }
  Axes axes;
  Vec3 target;
  float scale, middleX, middleY;
};

void requireSize(const OrthoView& view, int width, int height) {
  if (width < 1 || height < 1 || width > kLargest || height > kLargest)
    throw InvalidInput("A picture can be 1 to 16384 pixels wide and high.");
  if (!(view.heightMm > 0.f)) throw InvalidInput("A view must cover more than 0 mm.");
}

// ---- Colour in linear light ----

float linearOf(float c) {  // IEC 61966-2-1
  return c <= 0.04045f ? c / 12.92f : std::pow((c + 0.055f) / 1.055f, 2.4f);
}
std::uint8_t byteOf(float linear) {
  const float c = std::clamp(linear, 0.f, 1.f);
  const float s = c <= 0.0031308f ? c * 12.92f : 1.055f * std::pow(c, 1.f / 2.4f) - 0.055f;
  return static_cast<std::uint8_t>(s * 255.f + 0.5f);
}
Vec3 linearOf(Rgb c) {
  static const std::array<float, 256> table = [] {
    std::array<float, 256> t{};
    for (int i = 0; i < 256; ++i) t[std::size_t(i)] = linearOf(float(i) / 255.f);
    return t;
  }();
  return {table[c.r], table[c.g], table[c.b]};
}

// ---- The scene, flattened ----

/// All meshes as one list of vertices and triangles.
struct Stage {
  std::vector<Vec3> positions, normals, screen, colours;  // linear light
  std::vector<Triangle> triangles;
};

Stage stageOf(const std::vector<Drawn>& meshes, const Projection& project, const Context& ctx) {
  Stage stage;
  for (const Drawn& drawn : meshes) {
    ctx.check();
    if (!drawn.mesh || drawn.mesh->triangles.empty()) continue;
    const SmoothSurface surface = smoothSurface(*drawn.mesh);
    const auto base = static_cast<std::uint32_t>(stage.positions.size());
    const bool own = drawn.useVertexColours && !drawn.mesh->colours.empty();
    const Vec3 flat = linearOf(drawn.colour);
    for (std::size_t v = 0; v < surface.positions.size(); ++v) {
      stage.positions.push_back(surface.positions[v]);
      stage.normals.push_back(surface.normals[v]);
      stage.screen.push_back(project(surface.positions[v]));
      stage.colours.push_back(own ? linearOf(drawn.mesh->colours[surface.vertexOf[v]]) : flat);
    }
    for (const Triangle& t : surface.triangles)
      stage.triangles.push_back({t[0] + base, t[1] + base, t[2] + base});
  }
  return stage;
}

/// The triangle in front, per sample.
struct Visible {
  int width = 0, height = 0;
  std::vector<float> depth;
  std::vector<std::uint32_t> triangle;  // kNothing: background
};

Visible visibleOf(const Stage& stage, int width, int height, const Context& ctx) {
  Visible visible{width, height, {}, {}};
  const std::size_t count = std::size_t(width) * std::size_t(height);
  visible.depth.assign(count, -Bounds::kInfinity);
  visible.triangle.assign(count, kNothing);
  // Triangles by band, so that each band can be drawn by itself and in order.
  const int bands = (height + kBandRows - 1) / kBandRows;
  std::vector<std::vector<std::uint32_t>> inBand(static_cast<std::size_t>(bands));
  for (std::uint32_t f = 0; f < stage.triangles.size(); ++f) {
    const Triangle& t = stage.triangles[f];
    const float a = stage.screen[t[0]].y, b = stage.screen[t[1]].y, c = stage.screen[t[2]].y;
    const float low = std::min({a, b, c}), high = std::max({a, b, c});
    if (!(high >= 0.f && low < float(height))) continue;
    const int first = int(std::max(0.f, low)) / kBandRows;
    const int last = int(std::min(float(height - 1), high)) / kBandRows;
    for (int band = first; band <= last; ++band) inBand[std::size_t(band)].push_back(f);
  }
  parallelFor(inBand.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t band = begin; band < end; ++band) {
      ctx.check();
      const int top = int(band) * kBandRows, below = std::min(height, top + kBandRows);
      for (const std::uint32_t f : inBand[band]) {
        const Triangle& t = stage.triangles[f];
        const Vec3 a = stage.screen[t[0]], b = stage.screen[t[1]], c = stage.screen[t[2]];
        rasteriseTriangle(a, b, c, width, top, below, [&](int x, int y, float u, float v, float w) {
          const std::size_t at = std::size_t(y) * std::size_t(width) + std::size_t(x);
          const float depth = u * a.z + v * b.z + w * c.z;
          if (depth <= visible.depth[at]) return;
          visible.depth[at] = depth;
          visible.triangle[at] = f;
        });
      }
    }
  });
  return visible;
}

// ---- Light ----

/// What lights the stage: fixed to the camera, so that every view is lit alike.
struct Lights {
  Lights(const Axes& axes, const KeyLight& light)
      : key(normalized(axes.towardsEye * light.towardsEye + axes.right * light.right +
                       axes.up * light.up)),
        fill(normalized(axes.towardsEye * 0.8f + axes.right * 0.9f + axes.up * 0.1f)),
        eye(axes.towardsEye) {}
  Vec3 key, fill, eye;

  Vec3 shade(Vec3 colour, Vec3 normal, const SkyLight::Received& received) const {
    const float towardsKey = std::max(0.f, dot(normal, key)) * received.key;
    const float towardsFill = std::max(0.f, dot(normal, fill)) * (0.35f + 0.65f * received.sky);
    const float light = 0.62f * received.sky + 0.62f * towardsKey + 0.12f * towardsFill;
    const float gloss = std::pow(std::max(0.f, dot(normal, normalized(key + eye))), 40.f);
    const float shine = 0.07f * gloss * received.key;
    return colour * light + Vec3{shine, shine, shine};
  }
};

/// Near white above, a little darker below.
Vec3 backgroundAt(float y01) {
  const Vec3 top = linearOf(Rgb{0xf8, 0xf9, 0xfa}), bottom = linearOf(Rgb{0xdc, 0xe0, 0xe3});
  const float t = y01 * y01 * (3.f - 2.f * y01);
  return top * (1.f - t) + bottom * t;
}

/// Where the line of sight through a sample meets the ground, as a share of light taken away.
class GroundShadow {
 public:
  GroundShadow(const std::vector<Drawn>& meshes, const Projection& projection)
      : projection_(projection) {
    std::vector<Standing> standing;
    for (const Drawn& drawn : meshes) {
      if (!drawn.mesh || drawn.mesh->triangles.empty()) continue;
      standing.push_back({drawn.mesh.get(), {}});
      for (const Vec3& p : drawn.mesh->positions) groundZ_ = std::min(groundZ_, p.z);
    }
    // Seen from the side or from below there is no ground to see it on.
    if (projection.axes.towardsEye.z > 0.03f) shadow_ = contactShadow(standing, groundZ_, 384);
  }
  float at(float x, float y) const {
    if (shadow_.mask.empty()) return 0.f;
    const Vec3 p = projection_.target +
                   projection_.axes.right * ((x - projection_.middleX) / projection_.scale) +
                   projection_.axes.up * ((projection_.middleY - y) / projection_.scale);
    const float along = (groundZ_ - p.z) / projection_.axes.towardsEye.z;
    const Vec3 ground = p + projection_.axes.towardsEye * along;
    return shadow_.at(ground.x, ground.y);
  }

 private:
  const Projection& projection_;
  ContactShadow shadow_;
  float groundZ_ = Bounds::kInfinity;
};

/// Barycentric weights of a point of the screen.
Vec3 weightsAt(Vec3 a, Vec3 b, Vec3 c, float x, float y) {
  const float area = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
  const float v = ((x - a.x) * (c.y - a.y) - (y - a.y) * (c.x - a.x)) / area;
  const float w = ((b.x - a.x) * (y - a.y) - (b.y - a.y) * (x - a.x)) / area;
  const Vec3 clamped{std::max(0.f, 1.f - v - w), std::max(0.f, v), std::max(0.f, w)};
  return clamped / std::max(1e-12f, clamped.x + clamped.y + clamped.z);
}

Vec3 colourAt(const Stage& stage, const Triangle& t, float x, float y, const Lights& lights,
              const SkyLight& sky) {
  const Vec3 weights = weightsAt(stage.screen[t[0]], stage.screen[t[1]], stage.screen[t[2]], x, y);
  const auto blended = [&](const std::vector<Vec3>& values) {
    return values[t[0]] * weights.x + values[t[1]] * weights.y + values[t[2]] * weights.z;
  };
  Vec3 normal = normalized(blended(stage.normals));
  if (dot(normal, lights.eye) < 0.f) {
    // The inside of an open mesh is lit like an outside; a soft normal that tips over at the rim
    // is only brought back to it.
    const Vec3 a = stage.screen[t[0]], b = stage.screen[t[1]], c = stage.screen[t[2]];
    const bool seenFromBehind = (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x) > 0.f;
    normal = seenFromBehind ? -normal
                            : normalized(normal - lights.eye * (dot(normal, lights.eye) - 1e-3f));
  }
  const Vec3 position = blended(stage.positions);
  return lights.shade(blended(stage.colours), normal,
                      sky.at(position, normal, std::uint32_t(y) * 65536u + std::uint32_t(x)));
}

/// @param background  linear light at a sample that nothing covers
template <class Background>
Image draw(const std::vector<Drawn>& meshes, const Projection& project, int width, int height,
           const KeyLight& light, const Context& ctx, const Background& background) {
  ctx.stage("Drawing the picture");
  const Stage stage = stageOf(meshes, project, ctx);
  ctx.report(0.15f);
  const Visible visible = visibleOf(stage, width * kSamples, height * kSamples, ctx);
  ctx.report(0.25f);
  const Lights lights(project.axes, light);
  std::vector<Vec3> corners;
  corners.reserve(stage.triangles.size() * 3);
  for (const Triangle& t : stage.triangles)
    for (const std::uint32_t v : t) corners.push_back(stage.positions[v]);
  const SkyLight sky(corners, lights.key, ctx);
  ctx.report(0.6f);

  Image image{width, height, std::vector<Rgba>(std::size_t(width) * std::size_t(height))};
  parallelFor(std::size_t(height), 4, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (int y = int(begin); y < int(end); ++y)
      for (int x = 0; x < width; ++x) {
        Vec3 sum;
        for (int j = 0; j < kSamples; ++j)
          for (int i = 0; i < kSamples; ++i) {
            const int sx = x * kSamples + i, sy = y * kSamples + j;
            const float fx = float(sx) + 0.5f, fy = float(sy) + 0.5f;
            const std::uint32_t f =
                visible.triangle[std::size_t(sy) * std::size_t(visible.width) + std::size_t(sx)];
            sum += f == kNothing ? background(fx, fy)
                                 : colourAt(stage, stage.triangles[f], fx, fy, lights, sky);
          }
        const Vec3 mean = sum / float(kSamples * kSamples);
        image.at(x, y) = {byteOf(mean.x), byteOf(mean.y), byteOf(mean.z), 255};
      }
  });
  ctx.report(1.f);
  return image;
}

}  // namespace

OrthoView framing(const std::vector<MeshPtr>& meshes, float azimuthDegrees, float elevationDegrees,
                  int width, int height, float margin) {
  OrthoView view;
  view.azimuthDegrees = azimuthDegrees;
  view.elevationDegrees = elevationDegrees;
  const Axes axes = axesOf(view);
  Bounds seen;  // right, up, towards the eye
  for (const MeshPtr& mesh : meshes) {
    if (!mesh) continue;
    for (const Vec3& p : mesh->positions)
      seen.add(Vec3{dot(p, axes.right), dot(p, axes.up), dot(p, axes.towardsEye)});
  }
  if (seen.empty() || width < 1 || height < 1) return view;
  const Vec3 c = seen.centre();
  view.target = axes.right * c.x + axes.up * c.y + axes.towardsEye * c.z;
  const float fill = 1.f - 2.f * std::clamp(margin, 0.f, 0.45f);
  // The margin is a fraction of the height on all four sides.
  const float fillAcross = std::max(0.1f, float(width) / float(height) - (1.f - fill));
  view.heightMm = std::max({seen.size().y / fill, seen.size().x / fillAcross, 1e-3f});
  return view;
}

Mask silhouetteOf(const Mesh& mesh, const OrthoView& view, int width, int height) {
  requireSize(view, width, height);
  const Projection project(view, width, height);
  Mask mask{width, height, std::vector<std::uint8_t>(std::size_t(width) * std::size_t(height), 0)};
  std::vector<Vec3> screen;
  screen.reserve(mesh.positions.size());
  for (const Vec3& p : mesh.positions) screen.push_back(project(p));
  for (const Triangle& t : mesh.triangles)
    rasteriseTriangle(screen[t[0]], screen[t[1]], screen[t[2]], width, 0, height,
                      [&](int x, int y, float, float, float) { mask.at(x, y) = 255; });
  return mask;
}

Image drawPicture(const std::vector<Drawn>& meshes, const OrthoView& view, int width, int height,
                  const Context& ctx) {
  requireSize(view, width, height);
  const Projection project(view, width * kSamples, height * kSamples);
  const GroundShadow ground(meshes, project);
  return draw(meshes, project, width, height, {}, ctx, [&](float x, float y) {
    return backgroundAt(y / float(height * kSamples)) * (1.f - 0.85f * ground.at(x, y));
  });
}

Image drawOver(const std::vector<Drawn>& meshes, const OrthoView& view, const Image& backdrop,
               const KeyLight& light, const Context& ctx) {
  requireSize(view, backdrop.width, backdrop.height);
  const Projection project(view, backdrop.width * kSamples, backdrop.height * kSamples);
  return draw(meshes, project, backdrop.width, backdrop.height, light, ctx, [&](float x, float y) {
    const Rgba& c = backdrop.at(int(x) / kSamples, int(y) / kSamples);
    return linearOf(Rgb{c.r, c.g, c.b});
  });
}

}  // namespace maquette
