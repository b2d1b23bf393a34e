#include "classical/silhouette_grid.h"

#include <algorithm>
#include <cmath>

#include "core/base/error.h"
#include "core/jobs/parallel.h"
#include "imaging/scalar_image.h"

namespace maquette {
namespace {

constexpr std::uint8_t kInside = 128;
// Smoothing must not carry a pixel's centre over to the other side; a little more for the inside,
// so that pixels that touch at a corner stay joined by more than a point.
constexpr float kInsideAtLeast = 0.72f, kOutsideAtMost = 0.40f;
constexpr double kCoarse = 2.5;       // pixels a cell, beyond which single pixels do not matter
constexpr float kLeastValue = 0.02f;  // a node is never on the outline

/// The object with a margin, as pixels.
struct Crop {
  int left = 0, top = 0;  // of the crop in the picture
  BinaryGrid grid;
  ScalarImage coverage;  // [0, 1]
};

Crop cropped(const Silhouette& s, int margin) {
  Crop crop{s.left - margin, s.top - margin, {}, {}};
  const int w = s.width + 2 * margin, h = s.height + 2 * margin;
  crop.grid = {w, h, std::vector<std::uint8_t>(std::size_t(w) * std::size_t(h), 0)};
  crop.coverage = {w, h, std::vector<float>(crop.grid.inside.size(), 0.f)};
  for (int y = 0; y < h; ++y) {
    const int py = y + crop.top;
    if (py < 0 || py >= s.cutout->height) continue;
    for (int x = 0; x < w; ++x) {
      const int px = x + crop.left;
      if (px < 0 || px >= s.cutout->width) continue;
      const std::uint8_t v = s.cutout->at(px, py);
      crop.grid.inside[crop.grid.index(x, y)] = v >= kInside;
      crop.coverage.at(x, y) = static_cast<float>(v) / 255.f;
    }
  }
  return crop;
}

Mask maskOf(const BinaryGrid& grid, std::uint8_t side) {
  Mask mask{grid.width, grid.height, std::vector<std::uint8_t>(grid.inside.size())};
  std::ranges::transform(grid.inside, mask.values.begin(),
                         [side](std::uint8_t v) { return v == side ? 255 : 0; });
  return mask;
}

/// Marks what of `side` a disc of `radius` cannot reach and lies deeper than a corner would, and
/// around its middle everything within `radius`.
///
/// @return  an empty mask where there is no such thing
Mask widenedThinParts(const BinaryGrid& grid, std::uint8_t side, float radius, const Context& ctx) {
  const ScalarImage depth = distanceTo(maskOf(grid, 1 - side));  // to the other side
  Mask core = maskOf(grid, 0);
  for (std::size_t i = 0; i < core.values.size(); ++i)
    core.values[i] = depth.values[i] >= radius + 0.5f ? 255 : 0;
  ctx.check();
  const ScalarImage toCore = distanceTo(core);
  ctx.check();
  // Significant: deeper than the tip of a 30 degree corner, which a disc misses by 2.9 radii.
  const float deep = 4.f * (radius + 0.5f);
  Mask far = maskOf(grid, side);
  bool any = false;
  for (std::size_t i = 0; i < far.values.size(); ++i) {
    far.values[i] = far.values[i] && toCore.values[i] > deep ? 255 : 0;
    any = any || far.values[i];
  }
  if (!any) return {};
  const ScalarImage toFar = distanceTo(far);
  ctx.check();
  Mask middle{grid.width, grid.height, std::vector<std::uint8_t>(grid.inside.size(), 0)};
  for (int y = 1; y + 1 < grid.height; ++y)
    for (int x = 1; x + 1 < grid.width; ++x) {
      const std::size_t i = grid.index(x, y);
      // What hangs together with the far tip, back to where the disc fits again.
      if (grid.inside[i] != side || depth.values[i] >= radius + 0.5f) continue;
      if (toCore.values[i] < radius || toFar.values[i] > deep) continue;
      bool ridge = true;
      for (int dy = -1; dy <= 1 && ridge; ++dy)
        for (int dx = -1; dx <= 1 && ridge; ++dx)
          ridge = depth.at(x + dx, y + dy) <= depth.values[i] + 0.5f;
      if (ridge) middle.values[i] = 255;
    }
  ctx.check();
  const float reach = std::max(1.f, radius - 0.3f);  // from the middle of a pixel
  const ScalarImage toMiddle = distanceTo(middle);
  Mask wide = std::move(middle);
  for (std::size_t i = 0; i < wide.values.size(); ++i)
    wide.values[i] = toMiddle.values[i] <= reach ? 255 : 0;
  return wide;
}

/// Widens limbs and gaps that a lattice of this cell would lose. @return pixels that changed
double widenFineFeatures(Crop& crop, double cell, const Context& ctx) {
  const auto radius = static_cast<float>(0.75 * cell);
  const Mask limbs = widenedThinParts(crop.grid, 1, radius, ctx);
  ctx.check();
  const Mask gaps = widenedThinParts(crop.grid, 0, radius, ctx);
  ctx.check();
  if (limbs.empty() && gaps.empty()) return 0.;
  BinaryGrid target = crop.grid;
  for (int y = 1; y + 1 < target.height; ++y)
    for (int x = 1; x + 1 < target.width; ++x) {
      const std::size_t i = target.index(x, y);
      const bool limb = !limbs.empty() && limbs.values[i], gap = !gaps.empty() && gaps.values[i];
      if (limb != gap) target.inside[i] = limb;
    }
  const BinaryGrid before = crop.grid;
  double changed = 0.;
  deformTowards(crop.grid, target, ctx);
  for (std::size_t i = 0; i < before.inside.size(); ++i)
    if (before.inside[i] != crop.grid.inside[i]) {
      crop.coverage.values[i] = crop.grid.inside[i] ? 1.f : 0.f;
      changed += 1.;
    }
  return changed;
}

/// The outline without stairs, as the 0.5 level of a smooth field over the pixels.
ScalarImage smoothed(const Crop& crop, double cell) {
  const float sigma = std::max(cell > 1. ? 0.8f : 1.f, static_cast<float>(0.4 * cell));
  if (cell > kCoarse) return blurred(crop.coverage, sigma);
  ScalarImage field = crop.coverage;
  for (int round = cell > 1. ? 2 : 0; round < 3; ++round) {
    field = blurred(field, sigma);
    for (std::size_t i = 0; i < field.values.size(); ++i)
      field.values[i] = crop.grid.inside[i] ? std::max(field.values[i], kInsideAtLeast)
                                            : std::min(field.values[i], kOutsideAtMost);
  }
  return field;
}

float bilinear(const ScalarImage& field, double x, double y) {
  const double fx = std::clamp(x - 0.5, 0., field.width - 1.001);
  const double fy = std::clamp(y - 0.5, 0., field.height - 1.001);
  const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
  const auto tx = static_cast<float>(fx - ix), ty = static_cast<float>(fy - iy);
  const float* row = field.values.data() + field.index(ix, iy);
  const float* below = row + field.width;
  return (row[0] * (1 - tx) + row[1] * tx) * (1 - ty) + (below[0] * (1 - tx) + below[1] * tx) * ty;
}

}  // namespace

Silhouette lookAt(const Mask& cutout, const Context& ctx) {
  Silhouette s;
  s.cutout = &cutout;
  int right = -1, bottom = -1;
  s.left = cutout.width;
  s.top = cutout.height;
  for (int y = 0; y < cutout.height; ++y)
    for (int x = 0; x < cutout.width; ++x) {
      if (cutout.at(x, y) < kInside) continue;
      s.left = std::min(s.left, x);
      s.top = std::min(s.top, y);
      right = std::max(right, x);
      bottom = std::max(bottom, y);
      s.area += 1.;
    }
  if (right < 0)
    throw InvalidInput(
        "There is nothing to see in the picture: no pixel is opaque. Choose a picture that shows "
        "an object, or draw over the object to keep it.");
  s.width = right - s.left + 1;
  s.height = bottom - s.top + 1;
  const Crop crop = cropped(s, 1);
  s.count = countPieces(crop.grid, ctx);
  const ScalarImage depth = distanceTo(maskOf(crop.grid, 0));
  s.inradius = *std::ranges::max_element(depth.values);
  return s;
}

double widenThinParts(Mask& cutout, double width, const Context& ctx) {
  if (width <= 1.) return 0.;
  const auto margin = static_cast<int>(std::ceil(width)) + 2;
  Crop crop = cropped(lookAt(cutout, ctx), margin);
  const Mask limbs = widenedThinParts(crop.grid, 1, static_cast<float>(0.5 * width), ctx);
  if (limbs.empty()) return 0.;
  BinaryGrid target = crop.grid;
  for (int y = 1; y + 1 < target.height; ++y)
    for (int x = 1; x + 1 < target.width; ++x) {
      const int px = x + crop.left, py = y + crop.top;
      const bool inPicture = px >= 0 && py >= 0 && px < cutout.width && py < cutout.height;
      const std::size_t i = target.index(x, y);
      if (inPicture && limbs.values[i]) target.inside[i] = 1;
    }
  const BinaryGrid before = crop.grid;
  deformTowards(crop.grid, target, ctx);
  double changed = 0.;
  for (int y = 0; y < target.height; ++y)
    for (int x = 0; x < target.width; ++x) {
      const std::size_t i = target.index(x, y);
      if (before.inside[i] == crop.grid.inside[i]) continue;
      cutout.at(x + crop.left, y + crop.top) = 255;
      changed += 1.;
    }
  return changed;
}

double SilhouetteGrid::outlineAt(double x, double y) const {
  return static_cast<double>(bilinear(outline, x - outlineLeft, y - outlineTop));
}

double SilhouetteGrid::crossing(int ax, int ay, int bx, int by) const {
  const double a = value[index(ax, ay)], b = value[index(bx, by)];
  const auto valueAt = [&](double t) {
    return outlineAt(x0 + (ax + t * (bx - ax)) * cell, y0 + (ay + t * (by - ay)) * cell);
  };
  double low = 0., high = 1.;
  const bool rising = a < b;
  // A node that topology keeps on its side has no outline beside it.
  if ((valueAt(0.) > 0.) == rising || (valueAt(1.) > 0.) != rising) return a / (a - b);
  for (int step = 0; step < 12; ++step) {
    const double middle = 0.5 * (low + high);
    ((valueAt(middle) > 0.) == rising ? high : low) = middle;
  }
  return 0.5 * (low + high);
}

SilhouetteGrid sampleSilhouette(const Silhouette& silhouette, double cell, const Context& ctx) {
  ctx.check();
  Crop crop = cropped(silhouette, static_cast<int>(std::ceil(2. * cell)) + 3);
  ctx.check();
  SilhouetteGrid grid;
  if (cell > 1.) grid.widened = widenFineFeatures(crop, cell, ctx) / silhouette.area;
  ScalarImage& field = grid.outline;
  field = smoothed(crop, cell);
  for (float& v : field.values) v -= 0.5f;
  grid.outlineLeft = crop.left;
  grid.outlineTop = crop.top;
  ctx.check();

  grid.cell = cell;
  const double marginCells = 2.5;
  grid.nx = static_cast<int>(std::ceil(silhouette.width / cell + 2. * marginCells));
  grid.ny = static_cast<int>(std::ceil(silhouette.height / cell + 2. * marginCells));
  // Centred, so that a symmetric picture gives a symmetric lattice.
  grid.x0 = silhouette.left + 0.5 * silhouette.width - 0.5 * cell * (grid.nx - 1);
  grid.y0 = silhouette.top + 0.5 * silhouette.height - 0.5 * cell * (grid.ny - 1);
  const std::size_t count = std::size_t(grid.nx) * std::size_t(grid.ny);
  grid.value.assign(count, -kLeastValue);
  BinaryGrid sides{grid.nx, grid.ny, std::vector<std::uint8_t>(count, 0)};
  BinaryGrid target = sides;
  parallelFor(static_cast<std::size_t>(grid.ny), 16, [&](std::size_t begin, std::size_t end) {
    ctx.check();
    for (auto y = static_cast<int>(begin); y < static_cast<int>(end); ++y)
      for (int x = 0; x < grid.nx; ++x) {
        const double px = grid.x0 + x * cell - crop.left, py = grid.y0 + y * cell - crop.top;
        if (x == 0 || y == 0 || x + 1 == grid.nx || y + 1 == grid.ny) continue;
        const int ix = static_cast<int>(std::floor(px)), iy = static_cast<int>(std::floor(py));
        if (ix < 0 || iy < 0 || ix >= crop.grid.width || iy >= crop.grid.height) continue;
        const std::size_t i = grid.index(x, y);
        sides.inside[i] = crop.grid.at(ix, iy);
        grid.value[i] = bilinear(field, px, py);
        target.inside[i] = grid.value[i] > 0.f;
      }
  });
  deformTowards(sides, target, ctx);
  for (std::size_t i = 0; i < count; ++i)
    grid.value[i] = sides.inside[i] ? std::max(grid.value[i], kLeastValue)
                                    : std::min(grid.value[i], -kLeastValue);
  grid.count = countPieces(sides, ctx);
  return grid;
}

}  // namespace maquette
