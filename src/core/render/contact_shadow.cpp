#include "core/render/contact_shadow.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/geometry/bounds.h"
#include "core/render/rasterise.h"

namespace maquette {
namespace {

/// Three box blurs in a row come close to a Gaussian (Kovesi 2010).
void blur(std::vector<float>& values, int n, int radius) {
  if (radius < 1) return;
  std::vector<float> line(static_cast<std::size_t>(n));
  const auto pass = [&](std::size_t start, std::size_t step) {
    const auto value = [&](int i) { return values[start + step * std::size_t(i)]; };
    float sum = 0.f;
    for (int i = 0; i < std::min(radius, n); ++i) sum += value(i);
    for (int i = 0; i < n; ++i) {
      if (i + radius < n) sum += value(i + radius);
      if (i - radius - 1 >= 0) sum -= value(i - radius - 1);
      line[std::size_t(i)] = sum / float(2 * radius + 1);
    }
    for (int i = 0; i < n; ++i) values[start + step * std::size_t(i)] = line[std::size_t(i)];
  };
  for (int round = 0; round < 3; ++round) {
    for (int y = 0; y < n; ++y) pass(std::size_t(y) * std::size_t(n), 1);
    for (int x = 0; x < n; ++x) pass(std::size_t(x), std::size_t(n));
  }
}

}  // namespace

float ContactShadow::at(float x, float y) const {
  if (mask.empty()) return 0.f;
  const int n = mask.width;
  const float u = (x - minX) / sizeMm * float(n) - 0.5f;
  const float v = (minY + sizeMm - y) / sizeMm * float(n) - 0.5f;
  if (!(u >= 0.f && v >= 0.f && u < float(n - 1) && v < float(n - 1))) return 0.f;
  const int i = int(u), j = int(v);
  const float s = u - float(i), t = v - float(j);
  const float top = float(mask.at(i, j)) * (1.f - s) + float(mask.at(i + 1, j)) * s;
  const float bottom = float(mask.at(i, j + 1)) * (1.f - s) + float(mask.at(i + 1, j + 1)) * s;
  return (top * (1.f - t) + bottom * t) / 255.f;
}

ContactShadow contactShadow(std::span<const Standing> meshes, float groundZ, int pixels) {
  Bounds bounds;
  for (const Standing& standing : meshes) {
    Bounds own = boundsOf(*standing.mesh);
    if (own.empty()) continue;
    bounds.add(own.min + standing.offset);
    bounds.add(own.max + standing.offset);
  }
  ContactShadow shadow;
  if (bounds.empty()) return shadow;
  const float across = std::max({bounds.size().x, bounds.size().y, 1e-3f});
  const float reach = 0.42f * std::max(across, 0.6f * bounds.size().z);  // room for the soft rim
  shadow.sizeMm = across + 2.f * reach;
  shadow.minX = bounds.centre().x - shadow.sizeMm / 2.f;
  shadow.minY = bounds.centre().y - shadow.sizeMm / 2.f;

  // The lowest point above each spot of the ground.
  const float scale = float(pixels) / shadow.sizeMm;
  const auto count = std::size_t(pixels) * std::size_t(pixels);
  std::vector<float> lowest(count, Bounds::kInfinity);
  const auto onMap = [&](Vec3 p) {
    return Vec3{(p.x - shadow.minX) * scale, (shadow.minY + shadow.sizeMm - p.y) * scale, p.z};
  };
  for (const Standing& standing : meshes)
    for (const Triangle& t : standing.mesh->triangles) {
      const std::vector<Vec3>& p = standing.mesh->positions;
      const Vec3 a = onMap(p[t[0]] + standing.offset), b = onMap(p[t[1]] + standing.offset),
                 c = onMap(p[t[2]] + standing.offset);
      rasteriseTriangle(
          a, b, c, pixels, 0, pixels, [&](int x, int y, float wa, float wb, float wc) {
            float& low = lowest[std::size_t(y) * std::size_t(pixels) + std::size_t(x)];
            low = std::min(low, wa * a.z + wb * b.z + wc * c.z);
          });
    }

  // A tight dark shadow where things touch, and a wide faint one for the bulk.
  const float tightFade = 0.03f * shadow.sizeMm, wideFade = 0.3f * shadow.sizeMm;
  std::vector<float> tight(count, 0.f), wide(count, 0.f);
  for (std::size_t i = 0; i < count; ++i) {
    if (lowest[i] == Bounds::kInfinity) continue;
    const float height = std::max(0.f, lowest[i] - groundZ);
    tight[i] = std::exp(-height / tightFade);
    wide[i] = std::exp(-height / wideFade);
  }
  blur(tight, pixels, std::max(1, pixels / 64));
  blur(wide, pixels, std::max(1, pixels / 13));
  shadow.mask = {pixels, pixels, std::vector<std::uint8_t>(count)};
  for (std::size_t i = 0; i < count; ++i) {
    const float value = 1.f - (1.f - 0.75f * tight[i]) * (1.f - 0.75f * wide[i]);
    shadow.mask.values[i] = static_cast<std::uint8_t>(std::clamp(value, 0.f, 1.f) * 255.f + 0.5f);
  }
  return shadow;
}

}  // namespace maquette
