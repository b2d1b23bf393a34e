#include "support/pictures.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace maquette::test {
namespace {

Image draw(int width, int height, const Inside& inside, const Paint& paint, int samples) {
  Image image{width, height, {}};
  image.pixels.reserve(std::size_t(width) * std::size_t(height));
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      int hits = 0;
      for (int j = 0; j < samples; ++j)
        for (int i = 0; i < samples; ++i)
          hits += inside(x + (i + 0.5) / samples, y + (j + 0.5) / samples);
      Rgba c = paint(x, y);
      c.a = static_cast<std::uint8_t>(255 * hits / (samples * samples));
      image.pixels.push_back(c);
    }
  return image;
}

/// Repeatable noise in [0, 1).
double noise(int x, int y) {
  auto h = static_cast<std::uint32_t>(x) * 374761393u + static_cast<std::uint32_t>(y) * 668265263u;
  h = (h ^ (h >> 13)) * 1274126177u;
  return static_cast<double>((h ^ (h >> 16)) & 0xffffu) / 65536.;
}

}  // namespace

Image drawShape(int width, int height, const Inside& inside, const Paint& paint) {
  return draw(width, height, inside, paint, 4);
}

Image drawHard(int width, int height, const Inside& inside, const Paint& paint) {
  return draw(width, height, inside, paint, 1);
}

Image onBackground(const Image& picture, Rgba background) {
  Image result = picture;
  for (Rgba& p : result.pixels) {
    const auto mix = [&](std::uint8_t over, std::uint8_t under) {
      return static_cast<std::uint8_t>((over * p.a + under * (255 - p.a)) / 255);
    };
    p = {mix(p.r, background.r), mix(p.g, background.g), mix(p.b, background.b), 255};
  }
  return result;
}

Inside disc(double cx, double cy, double radius) {
  return [=](double x, double y) { return std::hypot(x - cx, y - cy) <= radius; };
}

Inside capsule(double x0, double y0, double x1, double y1, double radius) {
  return [=](double x, double y) {
    const double dx = x1 - x0, dy = y1 - y0;
    const double t = std::clamp(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0., 1.);
    return std::hypot(x - x0 - t * dx, y - y0 - t * dy) <= radius;
  };
}

Inside box(double left, double top, double right, double bottom) {
  return [=](double x, double y) { return x >= left && x < right && y >= top && y < bottom; };
}

Inside unionOf(std::vector<Inside> shapes) {
  return [shapes = std::move(shapes)](double x, double y) {
    return std::ranges::any_of(shapes, [&](const Inside& s) { return s(x, y); });
  };
}

Inside without(Inside shape, Inside hole) {
  return [=](double x, double y) { return shape(x, y) && !hole(x, y); };
}

Inside ringShape(double s) {
  return without(disc(s * 0.5, s * 0.5, s * 0.42), disc(s * 0.5, s * 0.5, s * 0.25));
}

Inside starShape(double s) {
  return [=](double x, double y) {
    const double dx = x - s * 0.5, dy = y - s * 0.52;
    constexpr double kFifth = 2. * std::numbers::pi / 5.;
    double angle = std::fmod(std::atan2(dx, -dy) + 10. * kFifth, kFifth);
    angle = std::min(angle, kFifth - angle);  // 0 at a tip, pi / 5 at a notch
    const double r = std::hypot(dx, dy), outer = s * 0.46, inner = outer * 0.4;
    // Left of the line from tip to notch.
    const double px = r * std::sin(angle), py = r * std::cos(angle);
    const double nx = inner * std::sin(kFifth / 2), ny = inner * std::cos(kFifth / 2);
    return nx * (outer - py) - px * (outer - ny) >= 0.;
  };
}

Inside figureShape(double s) {
  return unionOf({disc(s * 0.5, s * 0.18, s * 0.12),
                  capsule(s * 0.5, s * 0.38, s * 0.5, s * 0.58, s * 0.11),
                  capsule(s * 0.5, s * 0.38, s * 0.1, s * 0.3, s * 0.015),
                  capsule(s * 0.5, s * 0.38, s * 0.9, s * 0.5, s * 0.015),
                  capsule(s * 0.46, s * 0.6, s * 0.36, s * 0.95, s * 0.035),
                  capsule(s * 0.54, s * 0.6, s * 0.64, s * 0.95, s * 0.035)});
}

Inside mugShape(double s) {
  return unionOf({box(s * 0.15, s * 0.2, s * 0.62, s * 0.85),
                  without(disc(s * 0.62, s * 0.5, s * 0.22), disc(s * 0.64, s * 0.5, s * 0.15))});
}

Inside textShape(double s) {
  const double w = s * 0.022;
  const auto loop = [=](double cx, double cy, double radius) {
    return without(disc(s * cx, s * cy, s * radius + w), disc(s * cx, s * cy, s * radius - w));
  };
  const Inside leftOfB = box(0, 0, s * 0.42, s);
  return unionOf({capsule(s * 0.05, s * 0.75, s * 0.18, s * 0.25, w),
                  capsule(s * 0.18, s * 0.25, s * 0.31, s * 0.75, w),
                  capsule(s * 0.1, s * 0.58, s * 0.26, s * 0.58, w),
                  capsule(s * 0.42, s * 0.25, s * 0.42, s * 0.75, w),
                  without(loop(0.42, 0.375, 0.125), leftOfB),
                  without(loop(0.42, 0.625, 0.125), leftOfB), loop(0.83, 0.62, 0.12)});
}

Inside twoPieceShape(double s) {
  return unionOf({disc(s * 0.28, s * 0.5, s * 0.2), box(s * 0.6, s * 0.25, s * 0.9, s * 0.8)});
}

Rgba stripes(int x, int y) {
  const auto level = static_cast<std::uint8_t>(y % 200 + 40);
  return (x / 16) % 2 ? Rgba{200, 60, level, 255} : Rgba{30, level, 190, 255};
}

Image photo(int width, int height) {
  Image image{width, height, {}};
  image.pixels.reserve(std::size_t(width) * std::size_t(height));
  const Inside balloon = disc(width * 0.52, height * 0.45, std::min(width, height) * 0.27);
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      const double n = noise(x, y), slow = noise(x / 9, y / 9);
      const auto level = [](double v) {
        return static_cast<std::uint8_t>(std::clamp(v, 0., 255.));
      };
      const double shade = 1. - 0.5 * double(x) / width;
      if (balloon(x + 0.5, y + 0.5))
        image.pixels.push_back(
            {level(210 * shade + 40 * n), level(30 + 20 * n), level(35 + 15 * slow)});
      else if (y > height * 0.7)
        image.pixels.push_back({level(60 + 40 * slow), level(110 + 60 * n), level(40 + 20 * slow)});
      else
        image.pixels.push_back(
            {level(120 + 60. * y / height), level(160 + 40. * y / height), level(225 + 8 * n)});
    }
  return image;
}

double overlap(const Mask& a, const Mask& b) {
  double both = 0., either = 0.;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    both += a.values[i] >= 128 && b.values[i] >= 128;
    either += a.values[i] >= 128 || b.values[i] >= 128;
  }
  return either > 0. ? both / either : 1.;
}

}  // namespace maquette::test
