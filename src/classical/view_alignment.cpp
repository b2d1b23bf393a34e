#include "classical/view_alignment.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "classical/silhouette_grid.h"
#include "core/jobs/parallel.h"

namespace maquette {
namespace {

constexpr int kMargin = 3;             // pixels
constexpr double kMostPixels = 1400.;  // along the common frame's longest side
constexpr double kWorthSaying = 0.01;  // of a side or an area

/// Where the outline begins and ends, to a fraction of a pixel.
struct Box {
  double left = 1e30, right = -1e30, top = 1e30, bottom = -1e30;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

Box boxOf(const Mask& mask) {
  const auto value = [&](int x, int y) {
    return x < 0 || y < 0 || x >= mask.width || y >= mask.height ? 0. : double(mask.at(x, y));
  };
  // From the middle of a pixel inside towards its neighbour outside.
  const auto reach = [](double in, double out) { return (in - 127.5) / (in - out); };
  Box box;
  for (int y = 0; y < mask.height; ++y)
    for (int x = 0; x < mask.width; ++x) {
      const double v = value(x, y);
      if (v < 128.) continue;
      const double cx = x + 0.5, cy = y + 0.5;
      if (cx - 1. < box.left && value(x - 1, y) < 128.)
        box.left = std::min(box.left, cx - reach(v, value(x - 1, y)));
      if (cx + 1. > box.right && value(x + 1, y) < 128.)
        box.right = std::max(box.right, cx + reach(v, value(x + 1, y)));
      if (cy - 1. < box.top && value(x, y - 1) < 128.)
        box.top = std::min(box.top, cy - reach(v, value(x, y - 1)));
      if (cy + 1. > box.bottom && value(x, y + 1) < 128.)
        box.bottom = std::max(box.bottom, cy + reach(v, value(x, y + 1)));
    }
  return box;
}

/// Seen from behind, and from the left, the common frame's columns run to the left.
bool mirrored(Side side) { return side == Side::back || side == Side::left; }

float bilinear(const Mask& mask, double x, double y) {
  const double fx = x - 0.5, fy = y - 0.5;
  const int ix = static_cast<int>(std::floor(fx)), iy = static_cast<int>(std::floor(fy));
  const auto value = [&](int px, int py) {
    return px < 0 || py < 0 || px >= mask.width || py >= mask.height ? 0.f : float(mask.at(px, py));
  };
  const auto tx = static_cast<float>(fx - ix), ty = static_cast<float>(fy - iy);
  return (value(ix, iy) * (1 - tx) + value(ix + 1, iy) * tx) * (1 - ty) +
         (value(ix, iy + 1) * (1 - tx) + value(ix + 1, iy + 1) * tx) * ty;
}

/// The picture's mask in the common frame; the mean of several samples where pixels are merged.
Mask resampled(const Mask& mask, const ViewMap& map, int width, int height, const Context& ctx) {
  Mask out{width, height, std::vector<std::uint8_t>(std::size_t(width) * std::size_t(height), 0)};
  const int nx = std::max(1, static_cast<int>(std::ceil(std::abs(map.scaleX))));
  const int ny = std::max(1, static_cast<int>(std::ceil(map.scaleY)));
  parallelFor(std::size_t(height), 16, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (auto y = static_cast<int>(begin); y < static_cast<int>(end); ++y)
      for (int x = 0; x < width; ++x) {
        float sum = 0.f;
        for (int j = 0; j < ny; ++j)
          for (int i = 0; i < nx; ++i)
            sum += bilinear(mask, map.offsetX + map.scaleX * (x + (i + 0.5) / nx),
                            map.offsetY + map.scaleY * (y + (j + 0.5) / ny));
        out.at(x, y) = static_cast<std::uint8_t>(std::lround(sum / float(nx * ny)));
      }
  });
  return out;
}

/// Two views of opposite sides: the share of what either shows that only one shows.
double difference(const Mask& a, const Mask& b) {
  double both = 0., either = 0.;
  for (std::size_t i = 0; i < a.values.size(); ++i) {
    const bool ia = a.values[i] >= 128, ib = b.values[i] >= 128;
    both += ia && ib;
    either += ia || ib;
  }
  return either > 0. ? 1. - both / either : 0.;
}

std::string percent(double share) {
  return fmt::format("{:.{}f} %", 100. * share, share < 0.095 ? 1 : 0);
}

class Aligner {
 public:
  Aligner(const std::array<const Mask*, 4>& cutouts, const Context& ctx)
      : cutouts_(cutouts), ctx_(ctx) {}

  AlignedViews align() {
    for (const Side side : kSides)
      if (mask(side)) box(side) = boxOf(*mask(side));
    chooseScale();
    result_.margin = kMargin;
    result_.height = static_cast<int>(std::ceil(rows_));
    noteHeights();
    result_.frontal = merged(Side::front, Side::back);
    if (mask(Side::left) || mask(Side::right)) result_.lateral = merged(Side::left, Side::right);
    std::ranges::sort(result_.views, {}, [](const AlignedView& v) { return v.side; });
    return std::move(result_);
  }

 private:
  const Mask* mask(Side side) const { return cutouts_[static_cast<std::size_t>(side)]; }
  Box& box(Side side) { return boxes_[static_cast<std::size_t>(side)]; }
  /// The width that a view's object has when it is as high as the common frame's.
  double widthOf(Side side) { return box(side).width() * rows_ / box(side).height(); }

  void chooseScale() {
    double widest = 1.;  // against the height
    for (const Side side : kSides) {
      if (!mask(side)) continue;
      rows_ = std::max(rows_, box(side).height());
      widest = std::max(widest, box(side).width() / box(side).height());
    }
    rows_ = std::min(rows_, kMostPixels / widest);
  }

  void noteHeights() {
    for (const Side side : {Side::left, Side::right, Side::back}) {
      if (!mask(side)) continue;
      const double ratio = box(side).height() / box(Side::front).height();
      if (std::abs(ratio - 1.) < kWorthSaying) continue;
      result_.notes.push_back(fmt::format(
          "The {} view is {} {} than the front view; it was scaled to fit.", spoken(side),
          percent(std::abs(ratio - 1.)), ratio > 1. ? "taller" : "shorter"));
    }
  }

  Mask place(Side side, double width, int columns) {
    const Box& from = box(side);
    ViewMap map;
    map.scaleX = from.width() / width;
    map.offsetX = from.left - kMargin * map.scaleX;
    if (mirrored(side)) {
      map.scaleX = -map.scaleX;
      map.offsetX = from.right - kMargin * map.scaleX;
    }
    map.scaleY = from.height() / rows_;
    map.offsetY = from.top - kMargin * map.scaleY;
    result_.views.push_back({side, map});
    return resampled(*mask(side), map, columns + 2 * kMargin, result_.height + 2 * kMargin, ctx_);
  }

  /// One outline from a view and the one from the opposite side.
  Mask merged(Side first, Side opposite) {
    const bool both = mask(first) && mask(opposite);
    const Side main = mask(first) ? first : opposite;
    double width = widthOf(main);
    if (both) {
      const double ratio = widthOf(opposite) / widthOf(first);
      if (std::abs(ratio - 1.) >= kWorthSaying)
        result_.notes.push_back(fmt::format(
            "At the same height the {} view is {} {} than the {} view; it was {} to "
            "fit.",
            spoken(opposite), percent(std::abs(ratio - 1.)), ratio > 1. ? "wider" : "narrower",
            spoken(first), ratio > 1. ? "narrowed" : "widened"));
    }
    const int columns = static_cast<int>(std::ceil(width));
    Mask outline = place(main, width, columns);
    if (!both) return outline;
    const Mask other = place(opposite, width, columns);
    if (const double d = difference(outline, other); d >= kWorthSaying)
      result_.notes.push_back(fmt::format(
          "The outlines of the {} and the {} view differ by {}; only what both show was kept.",
          spoken(first), spoken(opposite), percent(d)));
    noteHoles(first, outline, opposite, other);
    for (std::size_t i = 0; i < outline.values.size(); ++i)
      outline.values[i] = std::min(outline.values[i], other.values[i]);
    return outline;
  }

  void noteHoles(Side first, const Mask& a, Side second, const Mask& b) {
    const auto holesA = lookAt(a, ctx_).count.holes, holesB = lookAt(b, ctx_).count.holes;
    if (holesA == holesB) return;
    const auto counted = [](std::int64_t n) {
      return n == 1 ? std::string("1 hole") : fmt::format("{} holes", n);
    };
    result_.notes.push_back(
        fmt::format("The {} view shows {}, the {} view {}; what one of them sees through is open.",
                    spoken(first), counted(holesA), spoken(second), counted(holesB)));
  }

  const std::array<const Mask*, 4>& cutouts_;
  const Context& ctx_;
  std::array<Box, 4> boxes_{};
  double rows_ = 1.;  // of the object in the common frame
  AlignedViews result_;
};

}  // namespace

bool AlignedViews::has(Side side) const {
  return std::ranges::any_of(views, [side](const AlignedView& v) { return v.side == side; });
}

AlignedViews alignViews(const std::array<const Mask*, 4>& cutouts, const Context& ctx) {
  return Aligner(cutouts, ctx).align();
}

}  // namespace maquette
