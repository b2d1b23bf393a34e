#include "support/photos.h"

#include <algorithm>
#include <cmath>
#include <random>

#include "core/render/raster.h"

namespace maquette::test {
namespace {

/// Repeatable noise in [0, 1) on a lattice.
float hash(int x, int y, std::uint32_t seed) {
  auto h = std::uint32_t(x) * 374761393u + std::uint32_t(y) * 668265263u + seed * 2246822519u;
  h = (h ^ (h >> 13)) * 1274126177u;
  h = (h ^ (h >> 16)) * 2246822519u;
  return float((h ^ (h >> 13)) & 0xffffu) / 65536.f;
}

float smoothNoise(float x, float y, std::uint32_t seed) {
  const int ix = int(std::floor(x)), iy = int(std::floor(y));
  float tx = x - float(ix), ty = y - float(iy);
  tx = tx * tx * (3.f - 2.f * tx);
  ty = ty * ty * (3.f - 2.f * ty);
  return (hash(ix, iy, seed) * (1 - tx) + hash(ix + 1, iy, seed) * tx) * (1 - ty) +
         (hash(ix, iy + 1, seed) * (1 - tx) + hash(ix + 1, iy + 1, seed) * tx) * ty;
}

float cloud(float x, float y, std::uint32_t seed) {
  float sum = 0.f;
  for (int octave = 0; octave < 4; ++octave)
    sum += smoothNoise(x * float(1 << octave), y * float(1 << octave), seed + octave) /
           float(2 << octave);
  return sum / 0.9375f;
}

/// [0, 1] over the wall; `u`, `v` in shares of the picture's side.
float texture(int kind, float u, float v, std::uint32_t seed) {
  switch (kind) {
    case 0:  // wood
      return 0.6f * cloud(u * 3.f, v * 60.f, seed) + 0.4f * cloud(u * 2.f, v * 9.f, seed + 9);
    case 1: {  // woven cloth
      const float weave = 0.5f + 0.25f * (std::sin(u * 260.f) + std::sin(v * 260.f));
      return 0.55f * weave + 0.45f * cloud(u * 8.f, v * 8.f, seed);
    }
    case 2:  // plaster
      return cloud(u * 14.f, v * 14.f, seed);
    case 3: {  // bricks
      const float row = std::floor(v * 12.f), shift = std::fmod(row, 2.f) * 0.5f;
      const float x = u * 6.f + shift, fx = x - std::floor(x), fy = v * 12.f - row;
      const bool joint = fx < 0.04f || fy < 0.08f;
      return joint ? 0.95f
                   : 0.15f + 0.45f * hash(int(std::floor(x)), int(row), seed) +
                         0.25f * cloud(u * 30.f, v * 30.f, seed);
    }
    default:  // pebbles of colour
      return 0.5f * cloud(u * 30.f, v * 30.f, seed) + 0.5f * cloud(u * 5.f, v * 5.f, seed + 3);
  }
}

struct Colour {
  float r, g, b;
};

/// Hue in turns.
Colour fromHsv(float h, float s, float v) {
  const auto channel = [&](float shift) {
    const float k = std::fmod(shift + h * 6.f, 6.f);
    return v - v * s * std::clamp(std::min(k, 4.f - k), 0.f, 1.f);
  };
  return {channel(5.f), channel(3.f), channel(1.f)};
}

/// Three box blurs of this radius: nearly Gaussian.
std::vector<float> blurred(std::vector<float> field, int side, int radius) {
  std::vector<float> next(field.size());
  for (int round = 0; round < 6; ++round) {  // across, down, three times
    const bool across = round % 2 == 0;
    const auto at = [&](int line, int k) -> std::size_t {
      k = std::clamp(k, 0, side - 1);
      return across ? std::size_t(line) * std::size_t(side) + std::size_t(k)
                    : std::size_t(k) * std::size_t(side) + std::size_t(line);
    };
    for (int line = 0; line < side; ++line) {
      float sum = 0.f;
      for (int k = -radius; k <= radius; ++k) sum += field[at(line, k)];
      for (int k = 0; k < side; ++k) {
        next[at(line, k)] = sum / float(2 * radius + 1);
        sum += field[at(line, k + radius + 1)] - field[at(line, k - radius)];
      }
    }
    field.swap(next);
  }
  return field;
}

}  // namespace

Photo takePhoto(const MeshPtr& shape, std::uint32_t seed, int side) {
  std::mt19937 random(seed * 7919u + 17u);
  const auto draw = [&](float low, float high) {
    return low + (high - low) * float(random() % 10000u) / 10000.f;
  };
  const int kind = int(seed % 5);
  const float wallHue = draw(0.f, 1.f);
  const Colour dark = fromHsv(wallHue, draw(0.1f, 0.5f), draw(0.3f, 0.55f));
  const Colour light =
      fromHsv(wallHue + draw(-0.05f, 0.05f) + 1.f, draw(0.05f, 0.4f), draw(0.65f, 0.95f));
  const Colour own = fromHsv(wallHue + draw(0.3f, 0.7f), draw(0.55f, 0.95f), draw(0.5f, 0.95f));
  OrthoView view =
      framing({shape}, draw(-30.f, 30.f), draw(0.f, 18.f), side, side, draw(0.12f, 0.2f));
  const KeyLight key{draw(-0.9f, 0.9f), draw(0.3f, 1.f), draw(0.6f, 1.f)};

  Photo photo{{}, silhouetteOf(*shape, view, side, side)};
  // The shadow falls away from the light.
  const float distance = draw(0.02f, 0.07f) * float(side);
  const int dx = int(-key.right * distance), dy = int(key.up * distance);
  std::vector<float> shadow(photo.truth.values.size(), 0.f);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const int fx = x - dx, fy = y - dy;
      if (fx >= 0 && fy >= 0 && fx < side && fy < side && photo.truth.at(fx, fy))
        shadow[photo.truth.index(x, y)] = 1.f;
    }
  shadow = blurred(std::move(shadow), side, std::max(1, int(draw(0.004f, 0.016f) * float(side))));
  const float strength = draw(0.25f, 0.6f), slopeX = draw(-0.25f, 0.25f),
              slopeY = draw(-0.25f, 0.25f);
  Image wall{side, side, {}};
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      const float u = float(x) / float(side), v = float(y) / float(side);
      const float t = std::clamp(texture(kind, u, v, seed), 0.f, 1.f);
      const float lit = (1.f + slopeX * (u - 0.5f) + slopeY * (v - 0.5f)) *
                        (1.f - strength * shadow[photo.truth.index(x, y)]) * 255.f;
      const auto byte = [&](float a, float b) {
        return std::uint8_t(std::clamp((a * (1 - t) + b * t) * lit, 0.f, 255.f));
      };
      wall.pixels.push_back({byte(dark.r, light.r), byte(dark.g, light.g), byte(dark.b, light.b)});
    }
  const auto bytes = [](float c) { return std::uint8_t(std::clamp(c * 255.f, 0.f, 255.f)); };
  photo.picture = drawOver({{shape, {bytes(own.r), bytes(own.g), bytes(own.b)}}}, view, wall, key);
  for (int y = 0; y < side; ++y)
    for (int x = 0; x < side; ++x) {
      Rgba& p = photo.picture.at(x, y);
      const float grain = (hash(x, y, seed + 77) + hash(x, y, seed + 78) - 1.f) * 8.f;
      for (std::uint8_t Rgba::*c : {&Rgba::r, &Rgba::g, &Rgba::b})
        p.*c = std::uint8_t(std::clamp(float(p.*c) + grain, 0.f, 255.f));
    }
  return photo;
}

}  // namespace maquette::test
