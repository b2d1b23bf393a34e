#include "core/render/sky_light.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/jobs/parallel.h"
#include "core/render/rasterise.h"

namespace maquette {
namespace {

constexpr int kSkyDirections = 56;
constexpr int kKeyDirections = 10;
constexpr int kSkyPixels = 320;
constexpr int kKeyPixels = 640;
constexpr float kKeyRadius = 0.09f;     // of the light, as the tangent of half its angle
constexpr float kScatter = 2.5f;        // texels
constexpr float kGroundBounce = 0.42f;  // light that comes up from the ground

/// Points spread evenly over the sphere (Fibonacci lattice).
Vec3 spherePoint(int i, int count) {
  const float golden = std::numbers::pi_v<float> * (3.f - std::sqrt(5.f));
  const float z = 1.f - 2.f * (float(i) + 0.5f) / float(count);
  const float r = std::sqrt(std::max(0.f, 1.f - z * z));
  return {r * std::cos(golden * float(i)), r * std::sin(golden * float(i)), z};
}

/// Numbers in [-kScatter, kScatter] (Weyl sequence over a hashed start).
class Scatter {
 public:
  explicit Scatter(std::uint32_t seed) : state_(seed * 0x9e3779b9u) {
    state_ ^= state_ >> 15;
    state_ *= 0x85ebca6bu;
    state_ ^= state_ >> 13;
  }
  float next() {
    state_ = state_ * 0x915f77f5u + 0x6f4f2a35u;
    return (float(state_ >> 8) / float(1u << 23) - 1.f) * kScatter;
  }

 private:
  std::uint32_t state_;
};

}  // namespace

DepthMap::DepthMap(Vec3 direction, Vec3 centre, float radius, int pixels)
    : towards_(direction),
      centre_(centre),
      scale_(float(pixels) / (2.f * radius)),
      pixels_(pixels),
      depth_(std::size_t(pixels) * std::size_t(pixels), -Bounds::kInfinity) {
  right_ =
      normalized(cross(std::abs(direction.z) < 0.9f ? Vec3{0, 0, 1} : Vec3{0, 1, 0}, towards_));
  up_ = cross(towards_, right_);
}

Vec3 DepthMap::onMap(Vec3 p) const {
  const Vec3 d = p - centre_;
  const float middle = float(pixels_) / 2.f;
  return {middle + dot(d, right_) * scale_, middle - dot(d, up_) * scale_, dot(d, towards_)};
}

void DepthMap::draw(Vec3 a, Vec3 b, Vec3 c) {
  const Vec3 p = onMap(a), q = onMap(b), r = onMap(c);
  rasteriseTriangle(p, q, r, pixels_, 0, pixels_, [&](int x, int y, float u, float v, float w) {
    float& depth = depth_[std::size_t(y) * std::size_t(pixels_) + std::size_t(x)];
    depth = std::max(depth, u * p.z + v * q.z + w * r.z);
  });
}

float DepthMap::visibility(Vec3 point, float dx, float dy) const {
  const Vec3 p = onMap(point);
  const float x = p.x - 0.5f + dx, y = p.y - 0.5f + dy;
  if (!(x >= 0.f && y >= 0.f && x < float(pixels_ - 1) && y < float(pixels_ - 1))) return 1.f;
  const auto i = std::size_t(x), j = std::size_t(y);
  const float s = x - float(i), t = y - float(j);
  const float* row = depth_.data() + j * std::size_t(pixels_) + i;
  const auto open = [&](float depth) { return depth <= p.z ? 1.f : 0.f; };
  const float top = open(row[0]) * (1.f - s) + open(row[1]) * s;
  const float bottom = open(row[pixels_]) * (1.f - s) + open(row[pixels_ + 1]) * s;
  return top * (1.f - t) + bottom * t;
}

SkyLight::SkyLight(const std::vector<Vec3>& triangles, Vec3 towardsKey, const Context& ctx) {
  Bounds bounds;
  for (const Vec3& p : triangles) bounds.add(p);
  const float radius = std::max(1e-3f, bounds.diagonal() * 0.51f);
  std::vector<DepthMap> maps;
  for (int i = 0; i < kSkyDirections; ++i)
    maps.emplace_back(spherePoint(i, kSkyDirections), bounds.centre(), radius, kSkyPixels);
  const Vec3 side = normalized(cross(towardsKey, {0.31f, 0.17f, 0.93f}));
  const Vec3 other = cross(towardsKey, side);
  for (int i = 0; i < kKeyDirections; ++i) {
    const Vec3 p = spherePoint(i, kKeyDirections) * kKeyRadius;
    maps.emplace_back(normalized(towardsKey + side * p.x + other * p.y), bounds.centre(), radius,
                      kKeyPixels);
  }
  parallelFor(maps.size(), 1, [&](std::size_t begin, std::size_t end) {
    for (std::size_t m = begin; m < end; ++m)
      for (std::size_t i = 0; i + 2 < triangles.size(); i += 3) {
        if (i % 30000 == 0) ctx.check();
        maps[m].draw(triangles[i], triangles[i + 1], triangles[i + 2]);
      }
  });
  for (std::size_t m = 0; m < maps.size(); ++m)
    (m < kSkyDirections ? sky_ : key_).push_back(std::move(maps[m]));
}

SkyLight::Received SkyLight::at(Vec3 point, Vec3 normal, std::uint32_t seed) const {
  Scatter scatter(seed);
  Received received;
  float unblocked = 0.f;
  for (const DepthMap& map : sky_) {
    const float slope = dot(normal, map.direction());
    if (slope <= 0.f) continue;
    // Off the surface by a texel or two, or it would shadow itself.
    const Vec3 lifted = point + (normal * (1.f + kScatter) + map.direction()) * map.texelMm();
    const float from = kGroundBounce + (1.f - kGroundBounce) *
                                           std::clamp(map.direction().z * 1.4f + 0.5f, 0.f, 1.f);
    received.sky += slope * from * map.visibility(lifted, scatter.next(), scatter.next());
    unblocked += slope;
  }
  if (unblocked > 0.f) received.sky /= unblocked;
  for (const DepthMap& map : key_) {
    const Vec3 lifted = point + (normal * (1.f + kScatter) + map.direction()) * map.texelMm();
    received.key += map.visibility(lifted, scatter.next(), scatter.next()) / float(kKeyDirections);
  }
  return received;
}

}  // namespace maquette
